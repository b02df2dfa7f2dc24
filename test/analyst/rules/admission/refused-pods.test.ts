import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { remove } from '../amend.ts';

type Build = (cluster: TestCluster) => void;

const none: Build = () => {};
const forbidden = 'Error creating: pods "app-5d8f-x1y2z" is forbidden: ';
const quota = (used: string): string =>
  `${forbidden}exceeded quota: team, requested: limits.memory=1Gi, used: limits.memory=${used}, limited: limits.memory=4Gi`;
const strict = (what: string): string => `${forbidden}violates PodSecurity "restricted:latest": ${what}`;
const hard =
  (limits: Record<string, string> = { 'limits.memory': '4Gi' }, name = 'team'): Build =>
  (cluster) =>
    cluster.add('ResourceQuota', 'ns', name, { spec: { hard: limits } });
const range =
  (limit: Record<string, unknown>, name = 'bounds'): Build =>
  (cluster) =>
    cluster.add('LimitRange', 'ns', name, { spec: { limits: [{ type: 'Container', ...limit }] } });

/** A Deployment without pods whose ReplicaSet was refused with a message. */
function refused(message: string, build: Build): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', { replicas: 1 });
  remove(cluster, 'Pod', 'app');
  cluster.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedCreate', message);
  build(cluster);
  return cluster;
}

describe('QUA-1: pods that the API server does not let in', () => {
  const most = 'maximum memory usage per Container is 256Mi, but limit is 1Gi';
  const least = 'minimum cpu usage per Container is 100m, but request is 10m';
  test.each<[string, string, Build, string]>([
    ['a used-up quota', quota('4Gi'), hard(), 'ResourceQuota team quota_exceeded [limits.memory] high'],
    [
      'a used-up quota of objects',
      `${forbidden}exceeded quota: team.pods, requested: pods=1, used: pods=10, limited: pods=10`,
      hard({ pods: '10' }, 'team.pods'),
      'ResourceQuota team.pods quota_exceeded [pods] high',
    ],
    [
      'a quota that demands a limit',
      `${forbidden}failed quota: team: must specify limits.cpu for: app; limits.memory for: app`,
      none,
      'Deployment app quota_requires_limits [limits.cpu] high',
    ],
    [
      'a quota that demands a limit, in old words',
      `${forbidden}failed quota: team: must specify limits.cpu,limits.memory`,
      none,
      'Deployment app quota_requires_limits [limits.cpu] high',
    ],
    [
      'privilege escalation',
      strict(
        'allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false)',
      ),
      none,
      'Deployment app pod_security [allowPrivilegeEscalation] high',
    ],
    [
      'the network of the host',
      strict('host namespaces (hostNetwork=true)'),
      none,
      'Deployment app pod_security [host namespaces] high',
    ],
    [
      'root',
      strict('runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true)'),
      none,
      'Deployment app pod_security [runAsNonRoot] high',
    ],
    [
      'a rule that has no field here',
      strict('procMount (container "app" must not set it)'),
      none,
      'Deployment app pod_security [restricted] high',
    ],
    [
      'an account that does not exist',
      `Error creating: pods "app-5d8f-" is forbidden: error looking up service account ns/runner: serviceaccount "runner" not found`,
      none,
      'ServiceAccount runner missing_serviceaccount [runner] high',
    ],
    [
      'over the maximum',
      `${forbidden}${most}`,
      range({ max: { memory: '256Mi' } }),
      `LimitRange bounds limitrange [${most}] high`,
    ],
    [
      'under the minimum',
      `${forbidden}${least}`,
      range({ min: { cpu: '100m' } }),
      `LimitRange bounds limitrange [${least}] high`,
    ],
    [
      'of two ranges the one of the resource',
      `${forbidden}${least}`,
      (c) => {
        range({ max: { memory: '256Mi' } }, 'a-memory')(c);
        range({ min: { cpu: '100m' } }, 'b-cpu')(c);
      },
      `LimitRange b-cpu limitrange [${least}] high`,
    ],
    ['a range that was not read', `${forbidden}${most}`, none, `Deployment app limitrange [${most}] high`],
  ])('%s', async (_title, message, build, wanted) => {
    expect(await causeOf(refused(message, build), 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('a default of a LimitRange that uses the quota up is told', async () => {
    const { verdict } = await answerAbout(
      refused(quota('4Gi'), (c) => (hard()(c), range({ default: { memory: '1Gi' } })(c))),
      'Deployment',
      'ns',
      'app',
    );
    expect(verdict.causes[0]?.statement).toContain(
      'LimitRange bounds gives containers without an own value memory=1Gi',
    );
  });

  test.each<[string, string]>([
    ['a StatefulSet', 'StatefulSet'],
    ['a DaemonSet', 'DaemonSet'],
  ])('the refusal of %s itself', async (_title, kind) => {
    const cluster = new TestCluster();
    const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'd:1' }] } };
    cluster.add(kind, 'ns', 'db', {
      spec: { replicas: 2, selector: { matchLabels: { app: 'db' } }, template },
      status: { replicas: 0, desiredNumberScheduled: 2, numberReady: 0 },
    });
    hard()(cluster);
    cluster.event(
      kind,
      'ns',
      'db',
      'FailedCreate',
      `create Pod db-0 in ${kind} db failed error: ${quota('4Gi').slice(16)}`,
    );
    expect(await causeOf(cluster, kind, 'ns', 'db')).toBe('ResourceQuota team quota_exceeded [limits.memory] high');
  });

  test('a quota that was not read is no cause', async () => {
    expect(await causeOf(refused(quota('4Gi'), none), 'Deployment', 'ns', 'app')).toBe('no cause');
  });

  const mechanisms = /quota|pod_security|serviceaccount|limitrange/;
  test.each<[string, (cluster: TestCluster) => void]>([
    [
      'the pods are there since',
      (c) => (
        c.deployment('ns', 'app', { ready: true }),
        c.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedCreate', quota('4Gi'))
      ),
    ],
    [
      'the refused one is another workload',
      (c) => (c.deployment('ns', 'app'), c.event('ReplicaSet', 'ns', 'web-5d8f', 'FailedCreate', quota('4Gi'))),
    ],
    [
      'the refused one is in another namespace',
      (c) => (c.deployment('ns', 'app'), c.event('ReplicaSet', 'other', 'app-5d8f', 'FailedCreate', quota('4Gi'))),
    ],
    [
      'a near name',
      (c) => (c.deployment('ns', 'app'), c.event('ReplicaSet', 'ns', 'apple-5d8f', 'FailedCreate', quota('4Gi'))),
    ],
    [
      'another reason with these words',
      (c) => (c.deployment('ns', 'app'), c.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedDelete', quota('4Gi'))),
    ],
  ])('not: %s', async (_title, build) => {
    const cluster = new TestCluster();
    build(cluster);
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).not.toMatch(mechanisms);
  });

  test.each<[string, string]>([
    ['a server that was busy', 'Error creating: Timeout: request did not complete within requested timeout'],
    ['a name that is too long', `${forbidden}metadata.name: Too long`],
  ])('not: %s', async (_title, message) => {
    expect(await causeOf(refused(message, none), 'Deployment', 'ns', 'app')).not.toMatch(mechanisms);
  });
});

describe('QUA-1: refusals in other words', () => {
  const invalid = 'Error creating: Pod "app-5d8f-x1y2z" is invalid: ';
  const fallback = 'Error creating: Internal error occurred: etcdserver: request timed out';
  test.each<[string, string, Build, string]>([
    [
      'a field that is not valid',
      `${invalid}spec.hostname: Invalid value: "app_1": a lowercase RFC 1123 label must consist of lower case characters`,
      none,
      'Deployment app bad_config_value [app_1] high',
    ],
    [
      'a RuntimeClass',
      'Error creating: pods "app-5d8f-" is forbidden: pod rejected: RuntimeClass "kata" not found',
      none,
      'Deployment app dependency_missing [kata] high',
    ],
    [
      'no constraint that allows it',
      `${forbidden}unable to validate against any security context constraint: [provider "restricted-v2": Forbidden: not usable by user, spec.containers[0].securityContext.runAsUser: Invalid value: 0: must be in the ranges: [1000, 2000]]`,
      none,
      'Deployment app pod_security [runAsUser] high',
    ],
    [
      'a namespace that goes',
      `${forbidden}unable to create new content in namespace ns because it is being terminated`,
      (c) => c.add('Namespace', null, 'ns', { status: { phase: 'Terminating' } }),
      'Namespace ns other [Terminating] high',
    ],
    ['words that no rule knows', fallback, none, 'Deployment app other [null] medium'],
  ])('%s', async (_title, message, build, wanted) => {
    expect(await causeOf(refused(message, build), 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('a PriorityClass that does not exist', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      spec: { priorityClassName: 'urgent', containers: [{ name: 'app', image: 'r.test/a:1' }] },
    });
    remove(cluster, 'Pod', 'app');
    cluster.event(
      'ReplicaSet',
      'ns',
      'app-5d8f',
      'FailedCreate',
      'Error creating: pods "app-5d8f-" is forbidden: no PriorityClass with name urgent was found',
    );
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(
      'PriorityClass urgent dependency_missing [urgent] high',
    );
  });

  test('of a Deployment that wants more pods the others are none of a revision before', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { ready: true });
    const [set] = cluster.objects.filter((one) => one.kind === 'ReplicaSet');
    const [deployment] = cluster.objects.filter((one) => one.kind === 'Deployment');
    for (const object of [set, deployment]) {
      Object.assign(object?.['spec'] ?? {}, { replicas: 3 });
      Object.assign(object ?? {}, { status: { replicas: 1, readyReplicas: 1, updatedReplicas: 1 } });
    }
    cluster.event('ReplicaSet', 'ns', set?.metadata.name ?? '', 'FailedCreate', quota('4Gi'));
    hard()(cluster);
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]).toMatchObject({ mechanism: 'quota_exceeded', entity: { name: 'team' } });
    expect(verdict.causes[0]?.statement).toMatch(/gets no new pod.* The one that is there serves on\.$/);
  });

  test('a rollout whose new pods are refused while the old ones serve', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { ready: true });
    const [set] = cluster.objects.filter((one) => one.kind === 'ReplicaSet');
    cluster.add('ReplicaSet', 'ns', 'app-new', {
      metadata: {
        ownerReferences: set?.metadata.ownerReferences,
        annotations: { 'deployment.kubernetes.io/revision': '2' },
      },
      spec: { replicas: 1, template: {} },
      status: { replicas: 0 },
    });
    const [deployment] = cluster.objects.filter((one) => one.kind === 'Deployment');
    Object.assign(deployment ?? {}, {
      status: {
        replicas: 1,
        readyReplicas: 1,
        updatedReplicas: 0,
        conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
      },
    });
    cluster.event('ReplicaSet', 'ns', 'app-new', 'FailedCreate', quota('4Gi'));
    hard()(cluster);
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]).toMatchObject({ mechanism: 'quota_exceeded', entity: { name: 'team' } });
    expect(verdict.causes[0]?.statement).toContain('Its old pods serve on');
  });
});
