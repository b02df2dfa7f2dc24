import { describe, expect, test } from 'vitest';
import { gathered, readEvidence } from '../../../src/analyst/model/evidence-files.ts';
import { objectPath } from '../../../src/analyst/model/evidence-paths.ts';
import { remediationOf } from '../../../src/analyst/remedy/steps.ts';
import { conclusion, type Step, step } from '../../../src/analyst/rules/rule.ts';
import { answerAbout } from '../answer-about.ts';
import { requestFor, TestCluster } from '../cluster.ts';

const cluster = new TestCluster();
const env = [
  { name: 'MODE', value: 'a b' },
  { name: 'FROM', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
];
const web = { name: 'web', image: 'web:1', env, resources: { limits: { memory: '64Mi' } } };
cluster.add('Deployment', 'shop', 'web', {
  metadata: { annotations: { 'deployment.kubernetes.io/revision': '7' } },
  spec: { replicas: 3, template: { spec: { containers: [web, { name: 'side', image: 'side:1' }] } } },
});
cluster.add('CronJob', 'shop', 'sync', { spec: { suspend: true, schedule: '* * * * *' } });
cluster.add('ConfigMap', 'shop', 'fixed', { immutable: true, data: {} });
cluster.add('ConfigMap', 'shop', 'conf', { data: { url: 'http://old' } });
cluster.add('Pod', 'shop', 'web-0', {
  metadata: {
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }],
  },
});
const kept = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
cluster.add('Deployment', 'shop', 'kept', {
  metadata: { labels: kept },
  spec: { template: { spec: { containers: [web] } } },
});
cluster.add('PersistentVolume', null, 'pv-1', { spec: { claimRef: { uid: 'u-1' } } });
const files = cluster.objects.map((it) => ({
  path: objectPath(it.kind, it.metadata.namespace ?? null, it.metadata.name),
  text: JSON.stringify(it, null, 2),
}));
const { graph } = gathered(readEvidence(files));

function finished(commands: readonly (string | null)[]) {
  return remediated(commands.map((command) => step('Do it', command, 'low')));
}

function remediated(remediation: readonly Step[]) {
  const cause = conclusion('test', {
    entity: { kind: 'Deployment', namespace: 'shop', name: 'web' },
    mechanism: 'other',
    statement: 's',
    weight: 1,
    evidence: [],
    remediation,
  });
  return remediationOf([{ conclusion: cause, chain: [] }], graph, requestFor('Deployment', 'shop', 'web'));
}

describe('QUA-1: a step says how it is taken back, from what is there', () => {
  test.each([
    ['set image deployment/web web=web:2', '-n shop set image deployment/web web=web:1'],
    ['set image deployment/web gone=web:2', '-n shop rollout undo deployment/web --to-revision=7'],
    ['set env deployment/web -c web MODE=c', "-n shop set env deployment/web -c web 'MODE=a b'"],
    ['set env deployment/web -c web NEW=c', '-n shop set env deployment/web -c web NEW-'],
    ['set env deployment/web -c web FROM=c', '-n shop rollout undo deployment/web --to-revision=7'],
    [
      'set resources deployment/web -c web --limits=memory=1Gi',
      '-n shop set resources deployment/web -c web --limits=memory=64Mi',
    ],
    ['set resources deployment/web -c web --limits=cpu=1', '-n shop rollout undo deployment/web --to-revision=7'],
    ['scale deployment web --replicas=<n>', '-n shop scale deployment/web --replicas=3'],
    ['rollout undo deployment/web', '-n shop rollout undo deployment/web --to-revision=7'],
    ['rollout resume deployment/web', '-n shop rollout pause deployment/web'],
    [
      `patch cronjob sync -p '{"spec":{"suspend":false}}'`,
      `-n shop patch cronjob sync --type merge -p '{"spec":{"suspend":true}}'`,
    ],
    [
      `patch cronjob sync -p '{"spec":{"timeZone":"UTC"}}'`,
      `-n shop patch cronjob sync --type merge -p '{"spec":{"timeZone":null}}'`,
    ],
    ['create secret generic keys --from-literal=<key>=<value>', '-n shop delete secret/keys'],
    ['create serviceaccount robot', '-n shop delete serviceaccount/robot'],
    ['expose deployment web --name=front --port=80', '-n shop delete service/front'],
  ])('%s', (command, undo) => {
    expect(finished([`kubectl -n shop ${command}`])[0]?.undo).toBe(`kubectl --context c1 ${undo}`);
  });

  test.each([
    ['kubectl uncordon n1', 'kubectl --context c1 cordon n1'],
    [
      `kubectl patch pv pv-1 --type json -p '[{"op":"remove","path":"/spec/claimRef/uid"}]'`,
      `kubectl --context c1 patch persistentvolume pv-1 --type json -p '[{"op":"add","path":"/spec/claimRef/uid","value":"u-1"}]'`,
    ],
    [
      'kubectl delete apiservice v1.x',
      'keep it before: kubectl --context c1 get apiservice/v1.x -o yaml; create it again from that, without its resourceVersion and uid',
    ],
    [
      'kubectl -n shop edit configmap conf',
      'keep it before: kubectl --context c1 -n shop get configmap/conf -o yaml; the same command puts back what stood there',
    ],
    [
      'kubectl -n shop edit deployment other',
      'keep it before: kubectl --context c1 -n shop get deployment/other -o yaml; the same command puts back what stood there',
    ],
    ['kubectl -n shop get pods', null],
    ['kubectl -n shop scale deployment unknown --replicas=1', null],
    ['kubectl a | kubectl b', null],
    [null, null],
  ])('%s', (command, undo) => {
    expect(finished([command]).at(-1)?.undo).toBe(undo);
  });
});

test('QUA-1: what a command leaves open is said to be chosen first, and a command stands once', () => {
  const steps = finished([
    'kubectl -n shop scale deployment web --replicas=<n>',
    null,
    null,
    'kubectl uncordon n1',
    'kubectl uncordon n1',
  ]);
  expect(steps.map(({ action, command }) => [action, command])).toEqual([
    [
      'Do it. First choose <n>: the evidence does not say',
      'kubectl --context c1 -n shop scale deployment web --replicas=<n>',
    ],
    ['Do it', null],
    ['Do it', 'kubectl --context c1 uncordon n1'],
  ]);
});

test('QUA-1: a pod that its controller makes anew may be deleted first', () => {
  expect(finished(['kubectl -n shop delete pod web-0'])).toMatchObject([
    { action: 'Do it', undo: 'nothing to take back: its controller makes the pod anew' },
  ]);
  expect(finished(['kubectl -n shop delete pod alone'])).toHaveLength(2);
});

test('QUA-1: nothing is deleted before it was looked at', () => {
  const steps = finished(['kubectl delete apiservice v1.x', 'kubectl -n shop get pods']);
  expect(steps.map(({ action, command, risk }) => [action, command, risk])).toEqual([
    ['Look at APIService v1.x, and keep what it says', 'kubectl --context c1 get apiservice/v1.x -o yaml', 'none'],
    ['Do it', 'kubectl --context c1 delete apiservice v1.x', 'low'],
    ['Do it', 'kubectl --context c1 -n shop get pods', 'low'],
  ]);
  expect(finished([null, 'kubectl delete apiservice v1.x'])).toHaveLength(2);
});

test('QUA-1, TRI-6: the report gives each command with its cluster, its risk and how it is undone', async () => {
  const broken = new TestCluster();
  broken.deployment('shop', 'web', { ready: true });
  const set = broken.objects.find((it) => it.kind === 'Deployment');
  Object.assign((set?.['spec'] as object) ?? {}, { paused: true });
  Object.assign((set?.['status'] as object) ?? {}, {
    updatedReplicas: 0,
    conditions: [{ type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused' }],
  });
  const { markdown, summary } = await answerAbout(broken, 'Deployment', 'shop', 'web');
  expect(markdown).toContain('1. Resume the rollout of web (low risk)');
  expect(markdown).toContain('   `kubectl --context c1 -n shop rollout resume deployment/web`');
  expect(markdown).toContain('   To undo: `kubectl --context c1 -n shop rollout pause deployment/web`');
  expect(summary.nextSteps[0]?.undo).toBe('kubectl --context c1 -n shop rollout pause deployment/web');
});

describe('QUA-1: each change is told once', () => {
  const changes = [
    'set env deployment/web -c web MODE=c',
    'rollout undo deployment/web --to-revision=6',
    'edit deployment/web',
  ].map((command) => `kubectl -n shop ${command}`);

  test('as often as rules tell of it', () => {
    expect(finished([...changes, ...changes])).toHaveLength(3);
  });

  test('also where one command shows the source of all of them', () => {
    const steps = finished(changes.map((command) => command.replace('deployment/web', 'deployment/kept')));
    expect(steps).toHaveLength(3);
    expect(new Set(steps.map(({ command }) => command)).size).toBe(1);
    expect(steps[0]?.command).toContain('get kustomization.kustomize.toolkit.fluxcd.io apps');
  });

  test('also where the command opens or shows something, and the words say what to change', () => {
    for (const shown of [
      'edit deployment/web',
      'edit configmap/fixed',
      'edit deployment/kept',
      'get pods -A',
      'describe node n1',
    ]) {
      const command = `kubectl -n shop ${shown}`;
      const given = [step('Raise the limit', command, 'low'), step('Mend the probe', command, 'low')];
      const steps = remediated([...given, ...given]);
      expect(steps.map(({ action }) => /^(Raise the limit|Mend the probe)/.exec(action)?.[0])).toEqual([
        'Raise the limit',
        'Mend the probe',
      ]);
    }
  });
});
