import { describe, expect, test } from 'vitest';
import { type CrashCase, crashCause, type More, runningCause } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const says = (account = 'app-sa', verb = 'list', resource = 'pods') =>
  `ERROR ${resource} is forbidden: User "system:serviceaccount:ns:${account}" cannot ${verb} resource "${resource}" in API group "" in the namespace "ns"`;
const rules = (verbs: string[], resources = ['pods']) => ({ rules: [{ apiGroups: [''], resources, verbs }] });
const all =
  (...steps: More[]): More =>
  (cluster) => {
    for (const step of steps) step(cluster);
  };
const role =
  (name: string, fields: Fields, namespace: string | null = 'ns'): More =>
  (cluster) => {
    cluster.add(namespace === null ? 'ClusterRole' : 'Role', namespace, name, fields);
  };
const binding =
  (name: string, roleRef: Fields, subject: Fields, namespace: string | null = 'ns'): More =>
  (cluster) => {
    const kind = namespace === null ? 'ClusterRoleBinding' : 'RoleBinding';
    cluster.add(kind, namespace, name, {
      roleRef,
      subjects: [{ kind: 'ServiceAccount', namespace: 'ns', ...subject }],
    });
  };
const account: More = (cluster) => {
  cluster.add('ServiceAccount', 'ns', 'app-sa');
};
const reader = { kind: 'Role', name: 'reader' };
const lacks = 'Role reader rbac_missing [list] high';
const wrong = (value: string) => `RoleBinding reads rbac_wrong_subject [${value}] high`;
const spec = { serviceAccountName: 'app-sa', containers: [{ name: 'app', image: 'a:1' }] };

describe('QUA-1: a right that a ServiceAccount lacks', () => {
  test.each<CrashCase>([
    [
      'the verb',
      { log: says(), spec },
      lacks,
      all(account, role('reader', rules(['get'])), binding('reads', reader, { name: 'app-sa' })),
    ],
    [
      'client-go in a JSON log',
      { log: `{"level":"error","msg":"watch","error":${JSON.stringify(says().slice(6))}}`, spec },
      lacks,
      all(account, role('reader', rules(['get'])), binding('reads', reader, { name: 'app-sa' })),
    ],
    [
      'klog',
      { log: `E0101 10:00:00.000000       1 reflector.go:147] ${says().slice(6)}`, spec },
      lacks,
      all(account, role('reader', rules(['get'])), binding('reads', reader, { name: 'app-sa' })),
    ],
    [
      'the resource',
      { log: says(), spec },
      'Role reader rbac_missing [pods] high',
      all(account, role('reader', rules(['list'], ['services'])), binding('reads', reader, { name: 'app-sa' })),
    ],
    [
      'of a ClusterRole',
      { log: says(), spec },
      'ClusterRole reader rbac_missing [list] high',
      all(
        account,
        role('reader', rules(['get']), null),
        binding('reads', { kind: 'ClusterRole', name: 'reader' }, { name: 'app-sa' }),
      ),
    ],
    [
      'the role that speaks of it, of two',
      { log: says(), spec },
      lacks,
      all(
        account,
        role('other', rules(['list'], ['services'])),
        role('reader', rules(['get'])),
        binding('a', { kind: 'Role', name: 'other' }, { name: 'app-sa' }),
        binding('b', reader, { name: 'app-sa' }),
      ),
    ],
    [
      'bound to another account',
      { log: says(), spec },
      wrong('app'),
      all(account, role('reader', rules(['list'])), binding('reads', reader, { name: 'app' })),
    ],
    [
      'bound to that name in another namespace',
      { log: says(), spec },
      wrong('prod'),
      all(account, role('reader', rules(['*'])), binding('reads', reader, { name: 'app-sa', namespace: 'prod' })),
    ],
    [
      'nothing is bound, and a role would do',
      { log: says(), spec },
      'Role reader rbac_missing [list] medium',
      all(account, role('reader', rules(['list']))),
    ],
    ['nothing is there', { log: says(), spec }, 'ServiceAccount app-sa rbac_missing [list] medium', account],
    [
      'what is bound is for others',
      { log: says(), spec },
      'ServiceAccount app-sa rbac_missing [list] high',
      all(
        account,
        role('writer', rules(['create'])),
        binding('writes', { kind: 'Role', name: 'writer' }, { name: 'app' }),
      ),
    ],
    [
      'a ClusterRoleBinding of others is not to blame',
      { log: says(), spec },
      'ServiceAccount app-sa rbac_missing [list] medium',
      all(
        account,
        role('admin', rules(['*'], ['*']), null),
        binding('admins', { kind: 'ClusterRole', name: 'admin' }, { name: 'x', namespace: 'sys' }, null),
      ),
    ],
    [
      'a ClusterRoleBinding names the account in the namespace in which it was before',
      { log: says(), spec },
      'ClusterRoleBinding reads rbac_wrong_subject [default] high',
      all(
        account,
        role('reader', rules(['list']), null),
        binding('reads', { kind: 'ClusterRole', name: 'reader' }, { name: 'app-sa', namespace: 'default' }, null),
      ),
    ],
    [
      'a ClusterRoleBinding names a user of that name',
      { log: says(), spec },
      'ClusterRoleBinding reads rbac_wrong_subject [User] high',
      all(
        account,
        role('reader', rules(['list']), null),
        binding(
          'reads',
          { kind: 'ClusterRole', name: 'reader' },
          { kind: 'User', name: 'app-sa', namespace: '' },
          null,
        ),
      ),
    ],
    [
      'a namesake whose role does not hold the right',
      { log: says(), spec },
      'ServiceAccount app-sa rbac_missing [list] medium',
      all(
        account,
        role('reader', rules(['get'], ['services']), null),
        binding('reads', { kind: 'ClusterRole', name: 'reader' }, { name: 'app-sa', namespace: 'default' }, null),
      ),
    ],
    // What looks like it.
    [
      'a 403 of another server',
      { log: 'ERROR POST https://pay.test/: 403 Forbidden', spec },
      'Deployment app app_exit [1] medium',
      all(account, role('reader', rules(['get'])), binding('reads', reader, { name: 'app-sa' })),
    ],
    [
      'a person is refused',
      { log: 'ERROR User "ann" cannot list resource "pods" in API group ""', spec },
      'Deployment app app_exit [1] medium',
      account,
    ],
    [
      'the right is lacking, and nobody asks',
      { log: 'ERROR giving up', spec },
      'Deployment app app_exit [1] medium',
      all(account, role('reader', rules(['get'])), binding('reads', reader, { name: 'app-sa' })),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('a container that goes without it is well', async () => {
    expect(await runningCause(`${says()}\n${'INFO serving\n'.repeat(20)}`)).toBe('no fault');
  });
});

const noToken = (text: string) => ({ log: `FATAL ${text}` });
const path = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const off = { automountServiceAccountToken: false };
const ofPod = 'Deployment app no_sa_token [automountServiceAccountToken] high';
const ofAccount = (name: string) => `ServiceAccount ${name} no_sa_token [automountServiceAccountToken] high`;
const sa =
  (name: string, fields: Fields, namespace = 'ns'): More =>
  (cluster) => {
    cluster.add('ServiceAccount', namespace, name, fields);
  };

describe('QUA-1: no token of the ServiceAccount', () => {
  test.each<CrashCase>([
    ['Go', { ...noToken(`open ${path}: no such file or directory`), spec: off }, ofPod],
    [
      'Python',
      {
        log: 'kubernetes.config.config_exception.ConfigException: Service host/port is not set: in-cluster config',
        spec: off,
      },
      ofPod,
    ],
    [
      'client-go',
      {
        ...noToken(
          'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
        ),
        spec: off,
      },
      ofPod,
    ],
    [
      'of the account',
      { ...noToken(`open ${path}: no such file or directory`), spec: { serviceAccountName: 'bot' } },
      ofAccount('bot'),
      sa('bot', off),
    ],
    [
      'of the default account',
      noToken(`open ${path}: no such file or directory`),
      ofAccount('default'),
      sa('default', off),
    ],
    // What looks like it.
    [
      'nothing takes it away',
      noToken(`open ${path}: no such file or directory`),
      'Deployment app app_exit [1] medium',
      sa('default', {}),
    ],
    [
      'an account of another namespace',
      noToken(`open ${path}: no such file or directory`),
      'Deployment app app_exit [1] medium',
      sa('default', off, 'other'),
    ],
    [
      'an account that it does not use',
      { ...noToken(`open ${path}: no such file or directory`), spec: { serviceAccountName: 'bot' } },
      'Deployment app app_exit [1] medium',
      (cluster) => {
        sa('bot', {})(cluster);
        sa('default', off)(cluster);
      },
    ],
    [
      'the field is true',
      { ...noToken(`open ${path}: no such file or directory`), spec: { automountServiceAccountToken: true } },
      'Deployment app app_exit [1] medium',
    ],
    ['nobody misses it', { log: 'ERROR giving up', spec: off }, 'Deployment app app_exit [1] medium'],
    [
      'another token',
      { log: 'ERROR open /opt/token: permission denied', spec: off },
      'Deployment app app_exit [1] medium',
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});

describe('QUA-1: how far a role is from what was refused', () => {
  const bound = (fields: Fields): More =>
    all(account, role('reader', fields), binding('reads', reader, { name: 'app-sa' }));
  const clusterWide = (resource = 'pods') =>
    `ERROR ${resource} is forbidden: User "system:serviceaccount:ns:app-sa" cannot list resource "${resource}" in API group "" at the cluster scope`;
  test.each<CrashCase>([
    [
      'a subresource',
      { log: says('app-sa', 'get', 'pods/log'), spec },
      'Role reader rbac_missing [pods/log] high',
      bound(rules(['get'])),
    ],
    [
      'the API group',
      { log: says().replace('API group ""', 'API group "apps"').replaceAll('pods', 'deployments'), spec },
      'Role reader rbac_missing [extensions] high',
      bound({ rules: [{ apiGroups: ['extensions'], resources: ['deployments'], verbs: ['*'] }] }),
    ],
    [
      'the names of objects',
      { log: says('app-sa', 'get', 'secrets'), spec },
      'Role reader rbac_missing [only-this] high',
      bound({ rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['only-this'], verbs: ['get'] }] }),
    ],
    [
      'labels that gather no ClusterRole',
      { log: says(), spec },
      'ClusterRole view-all rbac_missing [app.test/aggregate] high',
      all(
        account,
        role(
          'view-all',
          { rules: [], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'app.test/aggregate': 'true' } }] } },
          null,
        ),
        binding('reads', { kind: 'ClusterRole', name: 'view-all' }, { name: 'app-sa' }, null),
      ),
    ],
    [
      'bound in its namespace, asked for the whole cluster',
      { log: clusterWide(), spec },
      'RoleBinding reads rbac_missing [ns] high',
      bound(rules(['list'])),
    ],
    [
      'a ClusterRoleBinding for the account of that name in another namespace',
      { log: clusterWide(), spec },
      'ClusterRoleBinding app-sa rbac_wrong_subject [default] high',
      all(
        account,
        role('app-sa', rules(['list']), null),
        binding('app-sa', { kind: 'ClusterRole', name: 'app-sa' }, { name: 'app-sa', namespace: 'default' }, null),
      ),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});
