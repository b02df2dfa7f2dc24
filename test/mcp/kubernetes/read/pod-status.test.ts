import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kubectlAge } from '../../../../src/lib/format.ts';
import { podColumns } from '../../../../src/mcp/kubernetes/read/pod-status.ts';
import { parseTable } from '../../../../src/kube/read/tool-list.ts';
import { startControlPlane } from '../../../support/control-plane.ts';
import { putInEtcd } from '../../../support/etcd.ts';
import { cannotRun } from '../../../support/kube-assets.ts';
import { ago, container, pod } from '../../../support/kube-objects.ts';

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const time = fc.integer({ min: 1, max: 9 }).map((days) => new Date(Date.UTC(2025, 0, days)).toISOString());

const terminated = fc.record({
  exitCode: oneOf(0, 0, 1, 137),
  signal: oneOf(undefined, undefined, 9),
  reason: oneOf('', 'Completed', 'Error', 'OOMKilled'),
  startedAt: time,
  finishedAt: time,
});
const state = fc.oneof(
  fc.record({ running: fc.record({ startedAt: time }) }),
  fc.record({ waiting: fc.record({ reason: oneOf('', 'PodInitializing', 'CrashLoopBackOff', 'ImagePullBackOff') }) }),
  fc.record({ terminated }),
  fc.constant({}),
);
const statusOf = (name: string) =>
  fc.record({
    name: fc.constant(name),
    image: fc.constant('x'),
    imageID: fc.constant(''),
    ready: fc.boolean(),
    started: oneOf(undefined, true, false),
    restartCount: fc.integer({ min: 0, max: 3 }),
    state,
    lastState: fc.oneof(fc.constant({}), fc.record({ terminated })),
  });
const condition = (type: string, ...reasons: (string | undefined)[]) =>
  fc.record({ type: fc.constant(type), status: oneOf('True', 'False'), reason: oneOf(...reasons) });

/** A pod in any state that the API can keep, also those that no kubelet writes. */
const anyPod = fc.record({
  init: fc.tuple(oneOf(undefined, 'Always'), oneOf(undefined, 'Always')),
  deleted: fc.boolean(),
  phase: oneOf('Pending', 'Running', 'Running', 'Succeeded', 'Failed', 'Unknown'),
  reason: oneOf(undefined, undefined, undefined, 'Evicted', 'NodeLost', 'Completed'),
  conditions: fc.tuple(
    condition('PodScheduled', undefined, undefined, 'SchedulingGated'),
    condition('Initialized', undefined),
    condition('Ready', undefined),
  ),
  initStatuses: fc.oneof(fc.constant([]), fc.tuple(statusOf('i0'), statusOf('i1'))),
  statuses: fc.oneof(fc.constant([]), fc.tuple(statusOf('c0'), statusOf('c1'))),
});

type AnyPod = typeof anyPod extends fc.Arbitrary<infer T> ? T : never;

function podOf(name: string, any: AnyPod) {
  const { init, deleted, phase, reason, conditions, initStatuses, statuses } = any;
  return pod(
    name,
    { phase, reason, conditions, initContainerStatuses: initStatuses, containerStatuses: statuses },
    {
      metadata: { namespace: 'default', ...(deleted ? { deletionTimestamp: ago(60), finalizers: ['a/b'] } : {}) },
      spec: {
        nodeName: 'n1',
        initContainers: init.map((restartPolicy, at) => ({ name: `i${at}`, image: 'x', restartPolicy })),
        containers: ['c0', 'c1'].map((of) => ({ name: of, image: 'x' })),
      },
    },
  );
}

describe.skipIf(cannotRun('the columns of pods'))('K8S-1: a real API server', () => {
  test("READY, STATUS and RESTARTS are kubectl's, for pods in 500 random states", async () => {
    const plane = await startControlPlane();
    try {
      const pods = fc
        .sample(anyPod, { numRuns: 500, seed: 20_261_120 })
        .map((any, at) => podOf(`p${String(at).padStart(3, '0')}`, any));
      for (const one of pods) await putInEtcd(plane, one);
      const rows = parseTable(await plane.kubectl(['get', 'pods', '-n', 'default']));
      const asked = Date.now();
      expect(rows).toHaveLength(500);
      const shown = pods.map((one) => {
        const { status, ready, restarts, lastRestart } = podColumns(one);
        const since = restarts === 0 || lastRestart === null ? '' : ` (${kubectlAge(asked - lastRestart)} ago)`;
        return { name: one.metadata.name, ready, status, restarts: `${restarts}${since}` };
      });
      expect(shown).toEqual(rows.map(({ name, ready, status, restarts }) => ({ name, ready, status, restarts })));
      expect(new Set(shown.map(({ status }) => status)).size).toBeGreaterThan(15);
    } finally {
      await plane.stop();
    }
  }, 120_000);
});

test.each([
  ['of two containers the first that says something', { waiting: { reason: 'CrashLoopBackOff' } }, 'CrashLoopBackOff'],
  ['a container that ended with a signal', { terminated: { exitCode: 0, signal: 9 } }, 'Signal:9'],
  ['a container that ended without a reason', { terminated: { exitCode: 3 } }, 'ExitCode:3'],
])('STATUS: %s', (_, given, status) => {
  const containerStatuses = [container(given), container({ waiting: { reason: 'ContainerCreating' } })];
  expect(podColumns(pod('p', { phase: 'Running', containerStatuses })).status).toBe(status);
});

test('a pod of which the API says nothing but its name', () => {
  expect(podColumns({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } })).toEqual({
    status: '',
    ready: '0/0',
    restarts: 0,
    lastRestart: null,
  });
});
