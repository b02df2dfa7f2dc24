import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sweeper } from '../../../src/cluster/sweep/sweeper.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { episodeOf } from '../../support/episode.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { type TestToolCaller, connectToolCaller } from '../../support/mcp-tool-caller.ts';
import { type StockServer, startStockServer } from '../../support/stock-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const namespace = 'shop';
const meta = (name: string) => ({ name, namespace });
const template = (app: string, labels: Record<string, string> = {}, spec: object = {}) => ({
  metadata: { labels: { app, ...labels } },
  spec: { containers: [{ name: 'main', image: 'registry.example/app:1.0' }], ...spec },
});
const workload = (kind: string, app: string, labels: Record<string, string>, extra: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: meta(app),
  spec: { selector: { matchLabels: { app } }, template: template(app, labels), ...extra },
});
const service = (name: string, app: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name),
  spec: { selector: { app }, ports: [{ port: 80 }] },
});

const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a', labels: { 'kubernetes.io/hostname': 'node-a' } } },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-b', labels: { kubelet: 'manual' } } },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-c', labels: { kubelet: 'manual' } } },
  workload('Deployment', 'well', {}, { replicas: 2 }),
  workload('Deployment', 'looping', { kubelet: 'crashloop' }, { replicas: 2 }),
  workload('Deployment', 'pulling', { kubelet: 'imagepull' }),
  workload('Deployment', 'asleep', {}, { replicas: 0 }),
  workload(
    'Deployment',
    'too-big',
    {},
    {
      template: template(
        'too-big',
        {},
        {
          containers: [{ name: 'main', image: 'x:1', resources: { requests: { cpu: '900' } } }],
        },
      ),
    },
  ),
  workload(
    'DaemonSet',
    'agent',
    {},
    {
      template: template('agent', { kubelet: 'crashloop' }, { nodeSelector: { 'kubernetes.io/hostname': 'node-a' } }),
    },
  ),
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: meta('export'),
    spec: { backoffLimit: 0, template: template('export', { kubelet: 'failed' }, { restartPolicy: 'Never' }) },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: meta('data'),
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast-ssd',
      resources: { requests: { storage: '1Gi' } },
    },
  },
  { apiVersion: 'v1', kind: 'ResourceQuota', metadata: meta('none-left'), spec: { hard: { 'count/secrets': '9' } } },
  service('well', 'well'),
  service('asleep', 'asleep'),
  service('nobody', 'somebody-else'),
];

// Faults that need to stand for a while: the sweep's clock is ahead by ten minutes.
const clock = {
  now: () => Date.now() + 10 * 60_000,
  monotonic: () => performance.now(),
  setTimer: () => ({ cancel: () => {} }),
};
const names = async (plane: ControlPlane, app: string): Promise<string[]> => {
  const text = await plane.kubectl(['-n', namespace, 'get', 'pods', '-l', `app=${app}`, '-o', 'name']);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace('pod/', ''));
};

describe.skipIf(cannotRun('sweeps of a real cluster', 'kubelets'))('a sweep through the stock server', () => {
  let plane: ControlPlane;
  const servers: StockServer[] = [];
  const callers: Record<string, TestToolCaller> = {};

  const patchNode = (name: string, conditions: object[]): Promise<string> => {
    const patch = JSON.stringify({ status: { conditions } });
    return plane.kubectl(['patch', 'node', name, '--subresource=status', '--type=strategic', '-p', patch]);
  };

  beforeAll(async () => {
    plane = await startControlPlane({ level: 'kubelets' });
    await plane.apply(...objects);
    await patchNode('node-b', [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'down' }]);
    await patchNode('node-c', [
      { type: 'Ready', status: 'True', reason: 'KubeletReady' },
      { type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' },
    ]);
    for (const form of ['table', 'yaml'] as const) {
      const server = await startStockServer(plane.kubeconfig, form);
      servers.push(server);
      callers[form] = await connectToolCaller(server.endpoint);
    }
    await waitUntil(
      async () => {
        const pods = await plane.kubectl(['-n', namespace, 'get', 'pods', '--no-headers']);
        const job = await plane.kubectl([
          '-n',
          namespace,
          'get',
          'job',
          'export',
          '-o',
          'jsonpath={.status.conditions}',
        ]);
        const slices = await plane.kubectl(['-n', namespace, 'get', 'endpointslices', '-o', 'name']);
        return (
          (pods.match(/CrashLoopBackOff/g) ?? []).length >= 3 &&
          /ImagePullBackOff/.test(pods) &&
          (pods.match(/1\/1 +Running/g) ?? []).length >= 2 &&
          job.includes('"Failed"') &&
          slices.split('\n').filter(Boolean).length === 3
        );
      },
      'the simulated kubelets',
      60_000,
    );
  }, 120_000);

  afterAll(async () => {
    await Promise.all(Object.values(callers).map((caller) => caller.close()));
    await Promise.all(servers.map((server) => server.stop()));
    await plane?.stop();
  });

  for (const form of ['table', 'yaml'] as const) {
    test(`CON-5: ${form}: finds each active fault once and nothing that is well`, async () => {
      const caller = callers[form]!;
      const end = await new Sweeper({ clock }).run('c', caller, 'test', [], AbortSignal.timeout(60_000));
      expect(end.warnings).toEqual([]);
      expect(end.result).toBe('ok');
      const found = end.report.findings.map(
        ({ faultType, resource }) => `${faultType} ${resource.kind} ${resource.name}`,
      );
      const looping = await names(plane, 'looping');
      const [agent] = await names(plane, 'agent');
      const [pulling] = await names(plane, 'pulling');
      const [tooBig] = await names(plane, 'too-big');
      expect(found.toSorted()).toEqual(
        [
          `CrashLoop Pod ${looping[0]}`,
          `CrashLoop Pod ${looping[1]}`,
          `CrashLoop Pod ${agent}`,
          `ImagePull Pod ${pulling}`,
          `Unschedulable Pod ${tooBig}`,
          'DaemonSetIncomplete DaemonSet agent',
          'NodeUnhealthy Node node-b',
          'NodePressure Node node-c',
          'JobFailure Job export',
          'ClaimPending PersistentVolumeClaim data',
          'ServiceWithoutEndpoints Service nobody',
        ].toSorted(),
      );
      expect(end.report.findings.every((one) => one.resource.uid !== null && one.cluster === 'c')).toBe(true);
    });

    test(`CON-5: ${form}: what stands, what is gone and what is well again is told apart`, async () => {
      const caller = callers[form]!;
      const sweeper = new Sweeper({ clock });
      const first = await sweeper.run('c', caller, 'test', [], AbortSignal.timeout(60_000));
      const active = first.report.findings.map((signal, id) => episodeOf(signal, { id }));
      const well = (await names(plane, 'well'))[0] ?? '';
      const uid = await plane.kubectl(['-n', namespace, 'get', 'pod', well, '-o', 'jsonpath={.metadata.uid}']);
      const sample = active.find((episode) => episode.faultType === 'CrashLoop')!;
      const recovered = { ...sample, id: 100, faultId: 'recovered', resource: { ...sample.resource, name: well, uid } };
      const replaced = {
        ...recovered,
        id: 101,
        faultId: 'replaced',
        resource: { ...recovered.resource, uid: 'other' },
      };
      const gone = { ...sample, id: 102, faultId: 'gone', resource: { ...sample.resource, name: 'gone' } };
      const all = [...active, recovered, replaced, gone];
      const end = await sweeper.run('c', caller, 'test', all, AbortSignal.timeout(60_000));
      const seen = new Map(end.report.observations.map((one) => [one.episodeId, one.observation]));
      expect(active.map((episode) => seen.get(episode.id))).toEqual(active.map(() => 'active'));
      expect([100, 101, 102].map((id) => seen.get(id))).toEqual(['healthy', 'absent', 'absent']);
    });
  }
});
