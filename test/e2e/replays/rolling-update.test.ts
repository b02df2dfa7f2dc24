import { expect, test } from 'vitest';
import { faultId, type FaultSignal } from '../../../src/domain/fault.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { object, pod, warning } from '../../support/kube-objects.ts';
import { Replay } from '../../support/replay.ts';

const seconds = 1000;
const iso = (ms: number): string => new Date(ms).toISOString();
const owned = (kind: string, name: string) => [
  { apiVersion: 'apps/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true },
];

/** One Deployment whose rollout began at `began`: what it shows at `now`. Some have a bad start, as releases do. */
function rollout(index: number, began: number, now: number): KubeObject[] {
  const app = `app${index}`;
  const age = now - began;
  const isDone = age >= 110 * seconds;
  const labels = { app };
  const deployment = object('Deployment', app, {
    metadata: { generation: 2 },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels } } },
    status: { observedGeneration: 2, replicas: isDone ? 1 : 2, updatedReplicas: 1, availableReplicas: 1 },
  });
  if (age < 0)
    return [
      { ...deployment, status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } },
      oldPod(app, null),
    ];
  const young = newPod(index, app, began, age);
  const events = age > 60 * seconds && !isDone ? [probeFails(young, now)] : [];
  const old = age < 140 * seconds ? [oldPod(app, isDone ? began + 110 * seconds : null)] : [];
  return [deployment, young, ...old, ...events];
}

function oldPod(app: string, deletedAt: number | null): KubeObject {
  const ready = { type: 'Ready', status: 'True' };
  const deleted = deletedAt === null ? {} : { deletionTimestamp: iso(deletedAt), deletionGracePeriodSeconds: 30 };
  const metadata = { labels: { app }, ownerReferences: owned('ReplicaSet', `${app}-7876dd8dd7`), ...deleted };
  return pod(`${app}-7876dd8dd7-old`, { phase: 'Running', conditions: [ready] }, { metadata });
}

/** Waits for a node, then for a ConfigMap or for its image, crashes once or not, and takes its time to be ready. */
function newPod(index: number, app: string, began: number, age: number): KubeObject {
  const metadata = {
    labels: { app },
    ownerReferences: owned('ReplicaSet', `${app}-5c9f6d4b8d`),
    creationTimestamp: iso(began),
  };
  const taken = began + 45 * seconds;
  const make = (status: Record<string, unknown>): KubeObject => pod(`${app}-5c9f6d4b8d-new`, status, { metadata });
  const scheduled = (status: string, at: number) => ({
    type: 'PodScheduled',
    status,
    reason: status === 'False' ? 'Unschedulable' : undefined,
    lastTransitionTime: iso(at),
  });
  if (age < 45 * seconds) return make({ phase: 'Pending', conditions: [scheduled('False', began)] });
  const notReady = { type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: iso(taken) };
  const conditions = [scheduled('True', taken), notReady];
  const app1 = { name: 'app', ready: false, restartCount: 0 };
  const started = { startTime: iso(taken), conditions };
  if (age < 60 * seconds) {
    const reason = index % 4 === 0 ? 'CreateContainerConfigError' : 'ContainerCreating';
    const message = reason === 'ContainerCreating' ? undefined : `configmap "${app}" not found`;
    return make({
      phase: 'Pending',
      ...started,
      containerStatuses: [{ ...app1, state: { waiting: { reason, message } } }],
    });
  }
  if (index % 3 === 0 && age < 75 * seconds) {
    const terminated = { exitCode: 1, reason: 'Error', finishedAt: iso(began + 62 * seconds) };
    return make({ phase: 'Running', ...started, containerStatuses: [{ ...app1, state: { terminated } }] });
  }
  const restartCount = index % 3 === 0 ? 1 : 0;
  const running = { running: { startedAt: iso(began + 76 * seconds) } };
  if (age < 110 * seconds)
    return make({ phase: 'Running', ...started, containerStatuses: [{ ...app1, restartCount, state: running }] });
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: iso(began + 110 * seconds) };
  return make({
    phase: 'Running',
    startTime: iso(taken),
    conditions: [ready],
    containerStatuses: [{ ...app1, ready: true, restartCount, state: running }],
  });
}

function probeFails(young: KubeObject, now: number): KubeObject {
  const times = { firstTimestamp: iso(now - 30 * seconds), lastTimestamp: iso(now), count: 6 };
  return warning('Unhealthy', young, 'Readiness probe failed: HTTP probe failed with statuscode: 503', {
    ...times,
    metadata: { creationTimestamp: iso(now - 30 * seconds) },
  });
}

/** The crash at its start, as the push server tells it. */
function crash(young: KubeObject, at: number): FaultSignal {
  const { name, namespace = null, uid = '' } = young.metadata;
  return {
    cluster: 'prod',
    source: 'push',
    faultId: faultId('', 'PodCrash', uid, 'app'),
    faultType: 'PodCrash',
    severity: 'warning',
    resource: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    container: 'app',
    context: 'Container crashed with exit code 1, reason: Error',
    at,
    since: null,
    family: null,
  };
}

test('INT-5, INT-9: a rolling update of 200 Deployments tells nobody', async () => {
  const replay = await Replay.start();
  const start = replay.clock.now() + 60 * seconds;
  const began = Array.from({ length: 200 }, (_, index) => start + index * 2 * seconds);
  const objects = (now: number): KubeObject[] => began.flatMap((at, index) => rollout(index, at, now));
  const crashed = new Set<number>();
  let found = 0;
  for (let look = 0; look < 45; look += 1) {
    const now = replay.clock.now() + 15 * seconds;
    const shown = objects(now);
    replay.show(shown);
    const young = new Map(shown.map((one) => [one.metadata.name, one]));
    for (const [index, at] of began.entries()) {
      const subject = young.get(`app${index}-5c9f6d4b8d-new`);
      if (index % 3 !== 0 || crashed.has(index) || subject === undefined || now - at < 62 * seconds) continue;
      crashed.add(index);
      await replay.push([crash(subject, replay.clock.now())]);
    }
    await replay.pass(15 * seconds);
    found = Math.max(found, (await replay.store.activeFaults('prod')).length);
  }
  expect(found).toBeGreaterThan(20);
  const row = await replay.row();
  expect(row).toMatchObject({ incidents: 0, channelPosts: 0, open: 0 });
  expect(Object.keys(row.outcomes).toSorted()).toEqual(['repeated', 'self_resolved']);
}, 300_000);
