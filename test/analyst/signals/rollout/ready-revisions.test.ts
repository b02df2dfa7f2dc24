import { expect, test } from 'vitest';
import { readyRevisions } from '../../../../src/analyst/signals/rollout/ready-revisions.ts';
import { createAnalyst } from '../../../../src/analyst/create-analyst.ts';
import { analyse } from '../../../../src/analyst/answer.ts';
import { createRedactor } from '../../../../src/lib/redact/redact.ts';
import { requestFor, TestCluster } from '../../cluster.ts';

const owner = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true }],
});

async function readyIn(cluster: TestCluster, kind: string): Promise<string | null> {
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const request = requestFor(kind, 'ns', 'app');
  const evidence = await analyst.collect(request, createRedactor(), AbortSignal.timeout(20_000));
  const [workload] = analyse(request, evidence).focus.workloads;
  if (workload === undefined) throw new Error('no workload');
  const found = readyRevisions(workload);
  return found && `${found.before} before, ${found.newest} newest`;
}

/** Revisions of a Deployment, the oldest first: pods that each wants and has ready; `ready` is what the Deployment says. */
function deployment(ready: number, revisions: readonly (readonly [number, number])[]): TestCluster {
  const cluster = new TestCluster();
  cluster.add('Deployment', 'ns', 'app', { spec: { replicas: 3 }, status: { readyReplicas: ready } });
  revisions.forEach(([replicas, readyReplicas], at) => {
    const annotations = { 'deployment.kubernetes.io/revision': String(at + 1) };
    cluster.add('ReplicaSet', 'ns', `app-${at}`, {
      metadata: { ...owner('Deployment', 'app'), annotations },
      spec: { replicas },
      status: { readyReplicas },
    });
  });
  return cluster;
}

test.each<[string, TestCluster, string | null]>([
  [
    'all of the one before',
    deployment(3, [
      [3, 3],
      [1, 0],
    ]),
    '3 before, 0 newest',
  ],
  [
    'some of both',
    deployment(3, [
      [2, 2],
      [2, 1],
    ]),
    '2 before, 1 newest',
  ],
  [
    'of two older ones',
    deployment(3, [
      [1, 1],
      [2, 2],
      [1, 0],
    ]),
    '3 before, 0 newest',
  ],
  [
    'more than are wanted, as while a rollout goes on',
    deployment(4, [
      [3, 3],
      [2, 1],
    ]),
    '3 before, 1 newest',
  ],
  [
    'none of the one before',
    deployment(0, [
      [1, 0],
      [3, 0],
    ]),
    '0 before, 0 newest',
  ],
  [
    'the newest lacks none',
    deployment(3, [
      [0, 0],
      [3, 3],
    ]),
    null,
  ],
  ['one revision alone', deployment(0, [[3, 0]]), null],
  [
    'a status that does not fit its ReplicaSets',
    deployment(2, [
      [3, 3],
      [1, 0],
    ]),
    null,
  ],
])('QUA-4: ready pods of an older revision of a Deployment: %s', async (_what, cluster, wanted) => {
  expect(await readyIn(cluster, 'Deployment')).toBe(wanted);
});

/** Pods of a StatefulSet, by their revision and whether they are ready; `ready` is what its status says. */
function statefulSet(ready: number, pods: readonly (readonly [string, boolean])[]): TestCluster {
  const cluster = new TestCluster();
  cluster.add('StatefulSet', 'ns', 'app', {
    spec: { replicas: pods.length, template: { spec: {} } },
    status: { replicas: pods.length, readyReplicas: ready, currentRevision: 'app-a', updateRevision: 'app-b' },
  });
  pods.forEach(([revision, isReady], at) => {
    cluster.add('Pod', 'ns', `app-${at}`, {
      metadata: { ...owner('StatefulSet', 'app'), labels: { 'controller-revision-hash': revision } },
      spec: { containers: [] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
    });
  });
  return cluster;
}

test.each<[string, TestCluster, string | null]>([
  [
    'all of the one before',
    statefulSet(2, [
      ['app-a', true],
      ['app-a', true],
      ['app-b', false],
    ]),
    '2 before, 0 newest',
  ],
  [
    'some of both',
    statefulSet(2, [
      ['app-a', true],
      ['app-b', false],
      ['app-b', true],
    ]),
    '1 before, 1 newest',
  ],
  [
    'no pod of the newest, as where each is updated by hand',
    statefulSet(2, [
      ['app-a', true],
      ['app-a', true],
    ]),
    null,
  ],
  [
    'pods that do not fit the status',
    statefulSet(3, [
      ['app-a', true],
      ['app-b', false],
    ]),
    null,
  ],
])('QUA-4: ready pods of an older revision of a StatefulSet: %s', async (_what, cluster, wanted) => {
  expect(await readyIn(cluster, 'StatefulSet')).toBe(wanted);
});

test('QUA-4: a DaemonSet does not tell its revisions apart', async () => {
  const cluster = new TestCluster();
  const status = { desiredNumberScheduled: 3, numberReady: 2, updatedNumberScheduled: 1 };
  cluster.add('DaemonSet', 'ns', 'app', { spec: { template: { spec: {} } }, status });
  expect(await readyIn(cluster, 'DaemonSet')).toBeNull();
});
