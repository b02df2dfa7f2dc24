import { expect, test } from 'vitest';
import { answerAbout } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';

type Fields = Record<string, unknown>;

const noFile = 'FATAL open /etc/app/rules.yaml: no such file or directory';
const noVariable = 'ERROR required environment variable ORDERS_URL is not set';

/** The new pod says what it misses; a pod of the revision before is ready with `before`, unless `ready` is false. */
async function confidence(log: string, before: Fields, ready: boolean): Promise<string | undefined> {
  const cluster = new TestCluster();
  const made = (change: Fields): Fields => ({ name: 'app', image: 'registry.test/app:1.0', ...change });
  cluster.crash('ns', 'app', {
    spec: { containers: [made({})] },
    log: `${log}\n`,
  });
  amend(cluster, 'ReplicaSet', 'app', { metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } });
  const owner = (kind: string, name: string) => [
    { apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true },
  ];
  const spec = { containers: [made(before)] };
  cluster.add('ReplicaSet', 'ns', 'app-old', {
    metadata: {
      ownerReferences: owner('Deployment', 'app'),
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    },
    spec: { replicas: 1, template: { spec } },
    status: { readyReplicas: ready ? 1 : 0 },
  });
  cluster.add('Pod', 'ns', 'app-old-1', {
    metadata: { ownerReferences: owner('ReplicaSet', 'app-old'), labels: { app: 'app' } },
    spec: { nodeName: 'n1', ...spec },
    status: {
      phase: 'Running',
      startTime: '2026-01-01T09:00:00Z',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  });
  cluster.node('n1');
  const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
  const wanted = log === noFile ? 'missing_file' : 'missing_env';
  return verdict.causes.find(({ mechanism }) => mechanism === wanted)?.confidence;
}

const older = { image: 'registry.test/app:0.9' };
const variable = { env: [{ name: 'ORDERS_URL', value: 'http://orders' }] };

test.each<[string, string, Fields, boolean, string]>([
  ['only the image is another: not for sure', noFile, older, true, 'medium'],
  ['only the image is another, which asks for a variable by its name: for sure', noVariable, older, true, 'high'],
  ['the variable was taken away: for sure', noVariable, variable, true, 'high'],
  ['no pod of before runs: for sure', noFile, older, false, 'high'],
])('QUA-1: settings are blamed when %s', async (_title, log, before, ready, wanted) => {
  expect(await confidence(log, before, ready)).toBe(wanted);
});
