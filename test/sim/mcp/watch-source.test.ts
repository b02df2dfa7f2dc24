import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { ClusterState } from '../../../src/sim/api/cluster-state.ts';
import type { PushFault } from '../../../src/sim/mcp/push-fault.ts';
import { startWatchingPushServer, startWatchSource, type WatchSource } from '../../../src/sim/mcp/watch-source.ts';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { type ClusterReader, type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { startControlPlane } from '../../support/control-plane.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { listenTo } from '../../support/push-listener.ts';
import { waitUntil } from '../../support/wait-until.ts';

const sources: WatchSource[] = [];

afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
});

const running = { running: { startedAt: '2026-11-20T08:59:00Z' } };
const ended = { terminated: { exitCode: 2, reason: 'Error', finishedAt: '2026-11-20T08:59:30Z' } };
const backOff = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } };

function pod(name: string, phase: string, state?: object, more: object = {}): KubeObject {
  const status = { name: 'api', ready: false, restartCount: 0, state, lastState: {}, ...more };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: '2026-11-20T08:58:00Z' },
    spec: { nodeName: 'n1', containers: [{ name: 'api', image: 'api:1' }] },
    status: { phase, ...(state && { containerStatuses: [status] }) },
  };
}

function node(ready: 'True' | 'False'): KubeObject {
  const condition = { type: 'Ready', status: ready, reason: 'KubeletNotReady', message: 'container runtime is down' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', uid: 'uid-n1' },
    status: { conditions: [condition] },
  };
}

async function watch(state: ClusterReader) {
  const clock = new ManualClock();
  const faults: PushFault[] = [];
  const degraded: string[] = [];
  const source = startWatchSource({
    reader: state,
    clock,
    onFault: (fault) => faults.push(fault),
    onDegraded: (error) => degraded.push(error),
  });
  sources.push(source);
  await source.ready;
  const look = async (): Promise<void> => {
    const before = source.looks();
    await waitUntil(() => clock.timers > 0, 'the next look to be planned');
    await clock.advance(1000);
    await waitUntil(() => source.looks() > before, 'a look');
  };
  return { faults, degraded, look, types: () => faults.map((fault) => fault.faultType) };
}

describe('what the push server would notice', () => {
  test('a pod that crashes, then loops', async () => {
    const state = new ClusterState();
    state.put(pod('a', 'Running', running));
    const { look, faults } = await watch(state);
    state.put(pod('a', 'Running', ended));
    await look();
    state.put(pod('a', 'Running', backOff, { restartCount: 4, lastState: ended }));
    await look();
    expect(faults).toMatchObject([
      { faultType: 'PodCrash', severity: 'warning', container: 'api', resource: { uid: 'uid-a', namespace: 'shop' } },
      { faultType: 'PodCrash' },
      { faultType: 'CrashLoop', severity: 'critical' },
    ]);
    expect(faults[0]!.context).toBe('Container crashed with exit code 2, reason: Error');
  });

  test('a crash between two looks is told by the restart count', async () => {
    const state = new ClusterState();
    state.put(pod('a', 'Running', running));
    const { look, types } = await watch(state);
    state.put(pod('a', 'Running', running, { restartCount: 1, lastState: ended }));
    await look();
    expect(types()).toEqual(['PodCrash']);
    await look();
    expect(types()).toEqual(['PodCrash']);
  });

  test('a node that turns bad, and again after it was well', async () => {
    const state = new ClusterState();
    state.put(node('True'));
    const { look, types } = await watch(state);
    for (const ready of ['False', 'False', 'True', 'False'] as const) {
      state.put(node(ready));
      await look();
    }
    expect(types()).toEqual(['NodeUnhealthy', 'NodeUnhealthy']);
  });
});

describe('what it would not', () => {
  test('a fault that stands at the start, and one of an object that is new', async () => {
    const state = new ClusterState();
    state.put(pod('old', 'Running', backOff, { restartCount: 9, lastState: ended }));
    state.put(node('False'));
    const { look, faults } = await watch(state);
    state.put(pod('new', 'Running', backOff, { restartCount: 1, lastState: ended }));
    await look();
    await look();
    expect(faults).toEqual([]);
  });

  test('a pod that goes from Pending to CrashLoopBackOff between two looks', async () => {
    const state = new ClusterState();
    state.put(pod('a', 'Pending'));
    const { look, types } = await watch(state);
    state.put(pod('a', 'Running', backOff, { restartCount: 0, lastState: {} }));
    await look();
    await look();
    expect(types()).toEqual([]);
  });

  test('image pulls, init containers and what is pending', async () => {
    const state = new ClusterState();
    state.put(pod('a', 'Pending'));
    const { look, types } = await watch(state);
    state.put(pod('a', 'Pending', { waiting: { reason: 'ImagePullBackOff', message: 'not found' } }));
    await look();
    expect(types()).toEqual([]);
  });
});

test('five failed looks in a row degrade it once; it goes on when the cluster is back', async () => {
  const state = new ClusterState();
  state.put(node('True'));
  let down = false;
  const reader: ClusterReader = {
    get: (...args) => state.get(...args),
    list: (...args) => (down ? Promise.reject(new ReadError('unreachable', 'refused')) : state.list(...args)),
    logs: (...args) => state.logs(...args),
  };
  const { look, degraded, types } = await watch(reader);
  down = true;
  for (let i = 0; i < 7; i += 1) await look();
  expect(degraded).toEqual(['refused']);
  down = false;
  state.put(node('False'));
  await look();
  expect(types()).toEqual(['NodeUnhealthy']);
});

describe.skipIf(cannotRun('the push server over a real control plane'))('over a real control plane', () => {
  test('a patched node and pod are pushed, and the read tools read the real API', async () => {
    const plane = await startControlPlane();
    onTestFinished(() => plane.stop());
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    const bare = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'shop' },
      spec: { nodeName: 'n1', automountServiceAccountToken: false, containers: [{ name: 'api', image: 'api:1' }] },
    };
    await plane.apply(namespace, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }, bare);
    const patch = (kind: string, name: string, status: unknown) =>
      plane.kubectl(['-n', 'shop', 'patch', kind, name, '--subresource=status', '-p', JSON.stringify({ status })]);
    await patch('node', 'n1', node('True')['status']);
    await patch('pod', 'a', pod('a', 'Running', running)['status']);

    const reader = await openApiReader(plane.kubeconfig, null);
    const server = await startWatchingPushServer({
      reader,
      serverCluster: 'real',
      intervalMs: 100,
      subscribeDelayMs: 0,
    });
    onTestFinished(() => server.close());
    const listener = await listenTo(server.endpoint);
    onTestFinished(() => listener.close());

    await patch('pod', 'a', pod('a', 'Running', ended)['status']);
    await patch('node', 'n1', node('False')['status']);
    await waitUntil(() => listener.faults.length === 2, 'two pushed faults', 10_000);
    const uid = await plane.kubectl(['-n', 'shop', 'get', 'pod', 'a', '-o', 'jsonpath={.metadata.uid}']);
    expect(new Set(listener.faults.map((fault) => fault.faultType))).toEqual(new Set(['PodCrash', 'NodeUnhealthy']));
    expect(listener.faults.map((fault) => fault.resource.uid)).toContain(uid);
    const table = await listener.callTool('resources_list', { apiVersion: 'v1', kind: 'Pod' });
    expect(table).toMatch(/shop +v1 +Pod +a +0\/1 +Error/);
  });
});
