import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { ago, container, now, object, ownedBy, pod, warning, wellPod } from '../../support/kube-objects.ts';
import { kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

interface List {
  readonly items: readonly Record<string, unknown>[];
  readonly not_checked?: readonly string[];
}

const toolsOver = (...objects: KubeObject[]) => {
  const reader = new ObjectsReader(objects);
  return { reader, call: kubernetesTools(reader, { now: () => now }) };
};
const names = ({ items }: List): unknown[] => items.map(({ name }) => name);

const crashing = pod(
  'crash',
  {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      container(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { restartCount: 4, lastState: { terminated: { exitCode: 1, finishedAt: ago(90) } } },
      ),
    ],
  },
  {
    ...ownedBy('ReplicaSet', 'cart-5d4f', { labels: { 'pod-template-hash': '5d4f' } }),
    spec: { nodeName: 'n1', containers: [{ name: 'app' }] },
  },
);

describe('list_pods', () => {
  test('a pod with its owner and what is wrong with it', async () => {
    const { call } = toolsOver(crashing, wellPod('well', {}, { spec: { containers: [{ name: 'app' }] } }));
    const given = await call<List>('list_pods');
    expect(given).toMatchObject({ truncated: false, as_of: new Date(now).toISOString(), source: 'kubeconfig' });
    expect(given.items).toEqual([
      {
        name: 'crash',
        namespace: 'shop',
        phase: 'Running',
        status: 'CrashLoopBackOff',
        ready: '0/1',
        restarts: 4,
        last_restart: ago(90),
        node: 'n1',
        age: '60m',
        owner: 'Deployment/cart',
        problem: {
          type: 'CrashLoop',
          severity: 'critical',
          message: 'Container entered CrashLoopBackOff state, restart count: 4, last exit code: 1',
          container: 'app',
          since: ago(90),
        },
      },
      { name: 'well', namespace: 'shop', phase: 'Running', status: 'Running', ready: '1/1', restarts: 0, age: '60m' },
    ]);
    expect(await call('get_pods')).toEqual(given);
  });

  test('problem_only shows those with a fault, in pages, with how many there are', async () => {
    const { call } = toolsOver(
      wellPod('a'),
      { ...crashing, metadata: { ...crashing.metadata, name: 'b', uid: 'b' } },
      crashing,
    );
    const first = await call<List & { next_cursor: string }>('list_pods', { problem_only: true, limit: 1 });
    expect(first).toMatchObject({ total: 2, truncated: true });
    expect(names(first)).toEqual(['b']);
    const second = await call<List>('list_pods', { problem_only: true, limit: 1, cursor: first.next_cursor });
    expect(names(second)).toEqual(['crash']);
    expect(second).toMatchObject({ truncated: false });
  });

  test('what only an event tells is a problem; without the right to read events it says so', async () => {
    const waiting = pod('waits', {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(120) }],
      containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })],
    });
    const { reader, call } = toolsOver(waiting, warning('FailedMount', waiting, 'configmap "x" not found'));
    const { items } = await call<List>('list_pods', { namespace: 'shop' });
    expect(items).toMatchObject([{ status: 'ContainerCreating', problem: { type: 'MountFailed' } }]);
    reader.forbidden.add('Event');
    const blind = await call<List>('list_pods', { namespace: 'shop' });
    expect(blind.items[0]).not.toHaveProperty('problem');
    expect(blind.not_checked).toEqual([expect.stringMatching(/^Event list \(forbidden\): Event is forbidden\. /)]);
  });

  test('what is well asks for nothing else', async () => {
    const { reader, call } = toolsOver(wellPod('a'), wellPod('b'));
    await call('list_pods', { namespace: 'shop' });
    expect(reader.calls).toEqual(['list Pod shop']);
  });

  test('an ended pod that was replaced is no problem, whatever page it stands on', async () => {
    const template = { metadata: { labels: { app: 'cart' } } };
    const cart = object('Deployment', 'cart', {
      metadata: { generation: 1 },
      spec: { replicas: 1, selector: { matchLabels: { app: 'cart' } }, template },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    });
    const ended = pod(
      'ended',
      { phase: 'Failed', reason: 'Evicted', startTime: ago(600) },
      ownedBy('ReplicaSet', 'cart-1', { labels: { app: 'cart' } }),
    );
    const { call } = toolsOver(cart, ended, wellPod('other'));
    const { items } = await call<List>('list_pods', { limit: 1 });
    expect(items).toMatchObject([{ name: 'ended', status: 'Evicted' }]);
    expect(items[0]).not.toHaveProperty('problem');
    expect(names(await call<List>('list_pods', { problem_only: true }))).toEqual([]);
  });

  test('by label and by field', async () => {
    const labelled = wellPod('a', {}, { metadata: { labels: { app: 'cart' } } });
    const { call } = toolsOver(labelled, crashing);
    expect(names(await call<List>('list_pods', { label_selector: 'app=cart' }))).toEqual(['a']);
    expect(names(await call<List>('list_pods', { field_selector: 'metadata.name=crash' }))).toEqual(['crash']);
  });

  test.each([
    [{ namespace: 'Shop' }, 'a name of a namespace'],
    [{ namespace: '../x' }, 'a name of a namespace'],
    [{ label_selector: 'a\nb' }, 'on one line'],
    [{ limit: 501 }, '<=500'],
    [{ nmspace: 'x' }, 'nmspace'],
  ])('%j is refused', async (args, message) => {
    await expect(toolsOver().call('list_pods', args)).rejects.toThrow(message);
  });
});

describe('list_deployments', () => {
  const conditions = [
    { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', lastTransitionTime: ago(60) },
  ];
  const stuck = object('Deployment', 'stuck', {
    spec: { replicas: 3, template: { spec: { containers: [{ image: 'a:1' }, { image: 'b:2' }] } } },
    status: { replicas: 3, readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1, conditions },
  });
  const idle = object('Deployment', 'idle', { spec: { replicas: 0, paused: true }, status: {} });

  test('numbers, images and what is wrong', async () => {
    const { call } = toolsOver(stuck, idle);
    const { items } = await call<List>('list_deployments');
    expect(items).toMatchObject([
      { name: 'idle', desired: 0, ready: 0, updated: 0, available: 0, paused: true, images: [] },
      {
        name: 'stuck',
        namespace: 'shop',
        desired: 3,
        ready: 1,
        updated: 2,
        available: 1,
        paused: false,
        images: ['a:1', 'b:2'],
        age: '60m',
        problem: { type: 'DeploymentFailure', severity: 'critical' },
      },
    ]);
    expect(names(await call<List>('list_deployments', { problem_only: true }))).toEqual(['stuck']);
  });
});

describe('list_services', () => {
  const service = (name: string, spec: object, status: object = {}) => object('Service', name, { spec, status });
  const slice = (of: string, at: number, endpoints: object[]) =>
    object('EndpointSlice', `${of}-${at}`, {
      metadata: { labels: { 'kubernetes.io/service-name': of } },
      endpoints,
      ports: [{ port: 80 }],
    });

  test('ports, outside addresses and endpoints, each pod once', async () => {
    const ports = [
      { name: 'http', port: 80, protocol: 'TCP', targetPort: 'web', nodePort: 30_080 },
      { port: 53, protocol: 'UDP', targetPort: 53 },
    ];
    const lb = service(
      'lb',
      { type: 'LoadBalancer', clusterIP: '10.96.0.9', selector: { app: 'x' }, ports, externalIPs: ['1.2.3.4'] },
      { loadBalancer: { ingress: [{ hostname: 'lb.example' }, { ip: '9.9.9.9' }] } },
    );
    const endpoint = (uid: string, address: string, ready?: boolean) => ({
      addresses: [address],
      targetRef: { uid },
      conditions: { ready },
    });
    const { call } = toolsOver(
      lb,
      slice('lb', 1, [endpoint('a', '10.0.0.1', true), endpoint('b', '10.0.0.2', false), endpoint('c', '10.0.0.3')]),
      slice('lb', 2, [endpoint('a', 'fd00::1', true)]),
    );
    expect((await call<List>('list_services')).items).toEqual([
      {
        name: 'lb',
        namespace: 'shop',
        type: 'LoadBalancer',
        cluster_ip: '10.96.0.9',
        ports: [
          { name: 'http', port: 80, protocol: 'TCP', target_port: 'web', node_port: 30_080 },
          { port: 53, protocol: 'UDP', target_port: '53' },
        ],
        external: '9.9.9.9,lb.example,1.2.3.4',
        endpoints: { ready: 2, not_ready: 1 },
        age: '60m',
      },
    ]);
  });

  test('a selector that fits nothing is a problem, unless what it selects is scaled to zero', async () => {
    const lost = service('lost', { clusterIP: '10.96.0.1', selector: { app: 'gone' } });
    const asleep = service('asleep', { clusterIP: '10.96.0.2', selector: { app: 'sleeps' } });
    const deployment = object('Deployment', 'sleeps', {
      spec: { replicas: 0, template: { metadata: { labels: { app: 'sleeps' } } } },
    });
    const { call, reader } = toolsOver(lost, asleep, deployment);
    const { items } = await call<List>('list_services', { namespace: 'shop' });
    expect(items).toMatchObject([
      { name: 'asleep', external: '<none>', endpoints: { ready: 0 } },
      { name: 'lost', problem: { type: 'ServiceWithoutEndpoints' } },
    ]);
    expect(items[0]).not.toHaveProperty('problem');
    reader.forbidden.add('EndpointSlice');
    const blind = await call<List>('list_services', { namespace: 'shop' });
    expect(blind.items.some((one) => 'endpoints' in one || 'problem' in one)).toBe(false);
    expect(blind.not_checked).toEqual([expect.stringContaining('EndpointSlice list (forbidden)')]);
  });
});

describe('list_namespaces', () => {
  test('with pods, quota, and a deletion that does not end', async () => {
    const quota = object('ResourceQuota', 'compute', {
      status: { hard: { pods: '2', 'limits.cpu': '4' }, used: { pods: '1' } },
    });
    const ending = object('Namespace', 'old', {
      metadata: { deletionTimestamp: ago(3600) },
      status: { phase: 'Terminating' },
    });
    const shop = object('Namespace', 'shop', {
      metadata: { labels: { team: 'web' } },
      status: { phase: 'Active' },
    });
    const { call, reader } = toolsOver(shop, ending, quota, wellPod('a'), wellPod('b'));
    expect((await call<List>('list_namespaces')).items).toMatchObject([
      { name: 'old', phase: 'Terminating', pods: 0, problem: { type: 'Stuck' } },
      {
        name: 'shop',
        phase: 'Active',
        age: '60m',
        labels: { team: 'web' },
        pods: 2,
        quota: [
          { name: 'compute', resource: 'limits.cpu', used: '0', hard: '4' },
          { name: 'compute', resource: 'pods', used: '1', hard: '2' },
        ],
      },
    ]);
    reader.forbidden.add('Pod');
    expect((await call<List>('list_namespaces')).items[1]).not.toHaveProperty('pods');
  });
});

describe('get_node_status', () => {
  const node = (name: string, spec: object = {}, ready = 'True') =>
    object('Node', name, {
      spec,
      status: {
        conditions: [{ type: 'Ready', status: ready, reason: 'KubeletReady', lastTransitionTime: ago(60) }],
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '3900m', memory: '7Gi', pods: '110' },
        nodeInfo: { kubeletVersion: 'v1.34.4' },
      },
    });
  const asks = (name: string, cpu: string, phase = 'Running') =>
    pod(
      name,
      { phase },
      { spec: { nodeName: 'n1', containers: [{ name: 'app', resources: { requests: { cpu, memory: '64Mi' } } }] } },
    );

  test('conditions, taints, what pods ask for', async () => {
    const taints = [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }];
    const { call } = toolsOver(
      node('n1', { taints, unschedulable: true }),
      asks('a', '250m'),
      asks('b', '0.1'),
      asks('ended', '1', 'Succeeded'),
      node('n2', {}, 'Unknown'),
    );
    const { items } = await call<List>('get_node_status');
    expect(items).toMatchObject([
      {
        name: 'n1',
        ready: true,
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', since: ago(60) }],
        taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }],
        cordoned: true,
        capacity: { cpu: '4', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '3900m' },
        requested: { cpu_cores: 0.35, memory_bytes: 128 * 1024 * 1024 },
        pods: 2,
        version: 'v1.34.4',
        age: '60m',
      },
      { name: 'n2', ready: false, cordoned: false, pods: 0, problem: { type: 'NodeUnhealthy' } },
    ]);
    const one = await call<List>('get_node_status', { node: 'n1' });
    expect(one.items).toEqual([items[0]]);
    expect((await call<List>('get_node_status', { node: 'n2' })).items).toEqual([items[1]]);
  });

  test('a node that is not there is not found, and the nearest is named', async () => {
    const { call } = toolsOver(node('node-a'), node('worker'));
    await expect(call('get_node_status', { node: 'node-b' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no Node node-b',
      fix: { steps: ['The nearest name is node-a.'] },
    });
  });

  test('K8S-3: without the right it says which ClusterRole is missing', async () => {
    const { call, reader } = toolsOver(node('n1'));
    reader.forbidden.add('Node');
    for (const args of [{}, { node: 'n1' }]) {
      await expect(call('get_node_status', args)).rejects.toMatchObject({
        code: 'forbidden',
        fix: { steps: [expect.stringContaining('resources: [nodes], verbs: [get, list, watch]'), expect.anything()] },
      });
    }
  });
});
