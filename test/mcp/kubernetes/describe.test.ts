import { describe, expect, test } from 'vitest';
import { type ClusterReader, type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ago, container, now, object, ownedBy, pod, warning } from '../../support/kube-objects.ts';
import { kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

const toolsOver = (...objects: KubeObject[]) => {
  const reader = new ObjectsReader(objects);
  return { reader, call: kubernetesTools(reader, { now: () => now }) };
};

const deployment = object('Deployment', 'cart');
const replicaSet = object('ReplicaSet', 'cart-5d4f', ownedBy('Deployment', 'cart'));
const cart = pod(
  'cart-5d4f-x7k2p',
  {
    phase: 'Running',
    podIP: '10.0.0.7',
    qosClass: 'Burstable',
    startTime: ago(3500),
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: ago(300) }],
    initContainerStatuses: [
      container({ terminated: { exitCode: 0, reason: 'Completed', finishedAt: ago(3400) } }, { name: 'migrate' }),
    ],
    containerStatuses: [
      container(
        { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
        {
          restartCount: 6,
          lastState: {
            terminated: { exitCode: 137, signal: 9, reason: 'OOMKilled', startedAt: ago(200), finishedAt: ago(100) },
          },
        },
      ),
    ],
  },
  {
    ...ownedBy('ReplicaSet', 'cart-5d4f', { labels: { app: 'cart' } }),
    spec: {
      nodeName: 'n1',
      serviceAccountName: 'cart',
      restartPolicy: 'Always',
      nodeSelector: { disk: 'ssd' },
      tolerations: [
        { key: 'dedicated', operator: 'Equal', value: 'web', effect: 'NoSchedule' },
        { operator: 'Exists' },
      ],
      initContainers: [{ name: 'migrate', image: 'cart:1' }],
      containers: [
        {
          name: 'app',
          image: 'cart:1',
          command: ['cart'],
          args: ['--port', '8080'],
          ports: [{ containerPort: 8080 }],
          livenessProbe: {
            httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' },
            periodSeconds: 10,
            timeoutSeconds: 1,
          },
          resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
          env: [
            { name: 'PLAIN', value: 'leaks' },
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
          ],
          envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys' } }],
          volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
        },
      ],
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: 'cart-data' } },
        { name: 'all', projected: { sources: [{ configMap: { name: 'a' } }, { secret: { name: 'b' } }] } },
        { name: 'tmp', emptyDir: {} },
      ],
    },
  },
);

describe('describe_pod', () => {
  test('containers, volumes, conditions, owners up to the root, events', async () => {
    const { call } = toolsOver(cart, replicaSet, deployment, warning('BackOff', cart, 'Back-off restarting'));
    const given = await call('describe_pod', { namespace: 'shop', pod: 'cart-5d4f-x7k2p' });
    expect(given).toMatchObject({
      status: 'CrashLoopBackOff',
      phase: 'Running',
      ready: '0/1',
      restarts: 6,
      node: 'n1',
      pod_ip: '10.0.0.7',
      created: ago(3600),
      started: ago(3500),
      age: '60m',
      labels: { app: 'cart' },
      service_account: 'cart',
      qos: 'Burstable',
      node_selector: { disk: 'ssd' },
      tolerations: ['dedicated=web:NoSchedule', '*'],
      volumes: [
        { name: 'data', type: 'persistentVolumeClaim', from: 'cart-data' },
        { name: 'all', type: 'projected', from: 'a, b' },
        { name: 'tmp', type: 'emptyDir' },
      ],
      conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', since: ago(300) }],
      owners: [
        { kind: 'ReplicaSet', name: 'cart-5d4f' },
        { kind: 'Deployment', name: 'cart' },
      ],
      problem: { type: 'CrashLoop' },
      events: [{ reason: 'BackOff', count: 5, object: 'Pod/shop/cart-5d4f-x7k2p' }],
    });
    expect(given['containers']).toMatchObject([
      { name: 'migrate', kind: 'init', state: { state: 'terminated', exit_code: 0, reason: 'Completed' } },
      {
        name: 'app',
        kind: 'container',
        image: 'cart:1',
        ready: false,
        restarts: 6,
        state: { state: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off 5m0s' },
        last_state: { state: 'terminated', reason: 'OOMKilled', exit_code: 137, signal: 9, finished: ago(100) },
        command: ['cart'],
        args: ['--port', '8080'],
        ports: ['8080/TCP'],
        probes: ['liveness http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=0 #failure=0'],
        resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
        env: [{ name: 'PLAIN' }, { name: 'PASSWORD', from: 'Secret/db key password' }],
        env_from: ['ConfigMap/settings', 'Secret/keys'],
        mounts: [{ path: '/data', volume: 'data', read_only: true }],
      },
    ]);
    expect(JSON.stringify(given)).not.toContain('leaks');
  });

  test('what cannot be read is said: events, owners', async () => {
    const { call, reader } = toolsOver(cart, replicaSet, deployment);
    reader.forbidden.add('Event').add('ReplicaSet');
    const given = await call('describe_pod', { namespace: 'shop', pod: 'cart-5d4f-x7k2p' });
    expect(given).toMatchObject({ owners: [{ kind: 'ReplicaSet', name: 'cart-5d4f' }], events: [] });
    expect(given['not_checked']).toEqual([
      expect.stringContaining('Event list (forbidden)'),
      expect.stringContaining('ReplicaSet cart-5d4f (forbidden)'),
    ]);
  });

  test('a pod that is not there is not found, and the nearest is named', async () => {
    const { call } = toolsOver(cart);
    await expect(call('describe_pod', { namespace: 'shop', pod: 'cart-5d4f-x7k2' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no Pod cart-5d4f-x7k2 in namespace shop',
      fix: { steps: ['The nearest name is cart-5d4f-x7k2p.'] },
    });
  });
});

describe('get_pod_events, get_events', () => {
  const old = warning('Failed', cart, 'of an earlier pod', {
    involvedObject: { kind: 'Pod', namespace: 'shop', name: cart.metadata.name, uid: 'other' },
  });
  const others = warning('FailedCreate', deployment, 'refused', { lastTimestamp: ago(1000) });
  const normal = { ...warning('Pulled', cart, 'pulled', { type: 'Normal' }) };

  test('of a pod: its own, newest first, since then', async () => {
    const { call } = toolsOver(cart, old, others, normal, warning('BackOff', cart, 'late', { lastTimestamp: ago(10) }));
    const args = { namespace: 'shop', pod: cart.metadata.name };
    const reasons = async (more: object = {}) =>
      (await call<{ items: { reason: string }[] }>('get_pod_events', { ...args, ...more })).items.map(
        ({ reason }) => reason,
      );
    expect(await reasons()).toEqual(['BackOff', 'Pulled']);
    expect(await reasons({ since: '30s' })).toEqual(['BackOff']);
  });

  test('of a pod that is gone, as long as there are some', async () => {
    const args = { namespace: 'shop', pod: cart.metadata.name };
    expect(await toolsOver(old).call('get_pod_events', args)).toMatchObject({ items: [{ reason: 'Failed' }] });
    await expect(toolsOver(others).call('get_pod_events', args)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of a namespace, by type, in pages', async () => {
    const { call } = toolsOver(cart, others, normal, warning('BackOff', cart, 'late', { lastTimestamp: ago(10) }));
    const first = await call<{ items: unknown[]; next_cursor: string }>('get_events', { namespace: 'shop', limit: 2 });
    expect(first).toMatchObject({ total: 3, items: [{ reason: 'BackOff' }, { reason: 'Pulled' }] });
    const next = await call('get_events', { namespace: 'shop', limit: 2, cursor: first.next_cursor });
    expect(next).toMatchObject({
      items: [{ reason: 'FailedCreate', object: 'Deployment/shop/cart' }],
      truncated: false,
    });
    expect(await call('get_events', { type: 'Normal' })).toMatchObject({ items: [{ reason: 'Pulled' }] });
    expect(await call('get_events', { namespace: 'other' })).toMatchObject({ items: [] });
  });
});

/** An API server that serves a group of its own, and one whose backend is away. */
function withDiscovery(reader: ObjectsReader): ClusterReader {
  const documents: Record<string, unknown> = {
    '/apis': {
      groups: [
        {
          versions: [{ groupVersion: 'example.com/v1' }, { groupVersion: 'example.com/v2' }],
          preferredVersion: { groupVersion: 'example.com/v2' },
        },
        { versions: [{ groupVersion: 'down.example/v1' }], preferredVersion: { groupVersion: 'down.example/v1' } },
      ],
    },
    '/api/v1': { resources: [] },
    '/apis/example.com/v1': {
      resources: [{ name: 'widgets', singularName: 'widget', kind: 'Widget', namespaced: true, shortNames: ['wg'] }],
    },
    '/apis/example.com/v2': {
      resources: [
        { name: 'widgets', singularName: 'widget', kind: 'Widget', namespaced: true, shortNames: ['wg'] },
        { name: 'widgets/status', kind: 'Widget', namespaced: true },
        { name: 'fleets', singularName: 'fleet', kind: 'Fleet', namespaced: false },
      ],
    },
  };
  const document = (path: string): Promise<unknown> => {
    if (path.includes('down')) return Promise.reject(new ReadError('unreachable', 'the backend is away'));
    return Promise.resolve(documents[path] ?? null);
  };
  return Object.assign(reader, { document });
}

describe('describe_resource', () => {
  const widget = {
    apiVersion: 'example.com/v2',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'shop', uid: 'w', creationTimestamp: ago(3600) },
    spec: { env: [{ name: 'A', value: 'leaks' }] },
    status: { conditions: [{ type: 'Ready', status: true, message: { odd: 1 } }] },
  };
  const fleet = { apiVersion: 'example.com/v2', kind: 'Fleet', metadata: { name: 'f' } };
  const call = kubernetesTools(
    withDiscovery(new ObjectsReader([widget, fleet, deployment, warning('Stuck', widget, 'waits')])),
    { now: () => now },
  );

  test.each(['widget', 'wg', 'Widgets', 'widget.example.com', 'widgets.v2.example.com'])('%s', async (word) => {
    const given = await call('describe_resource', { resource_type: word, name: 'w', namespace: 'shop' });
    expect(given).toMatchObject({
      api_version: 'example.com/v2',
      kind: 'Widget',
      name: 'w',
      namespace: 'shop',
      age: '60m',
      conditions: [{ type: 'Ready', status: 'true', message: '{"odd":1}' }],
      object: { spec: { env: [{ name: 'A', value: '<redacted:env>' }] } },
      events: [{ reason: 'Stuck', message: 'waits' }],
    });
  });

  test('a kind of our own needs no look-up; one without a namespace takes none', async () => {
    expect(await call('describe_resource', { resource_type: 'deploy', name: 'cart', namespace: 'shop' })).toMatchObject(
      {
        kind: 'Deployment',
      },
    );
    expect(await call('describe_resource', { resource_type: 'fleets', name: 'f', namespace: 'shop' })).toMatchObject({
      kind: 'Fleet',
    });
  });

  test.each([
    [
      { resource_type: 'wigdet', name: 'w' },
      'invalid_argument',
      /has no kind of object called wigdet.*nearest is widget/,
    ],
    [{ resource_type: 'widget.other.com', name: 'w' }, 'invalid_argument', /widget.other.com/],
    [{ resource_type: 'widget', name: 'w' }, 'invalid_argument', /a Widget is in a namespace/],
    [
      { resource_type: 'widget', name: 'v', namespace: 'shop' },
      'not_found',
      /no Widget v in namespace shop.*nearest name is w/,
    ],
  ])('%j', async (args, code, text) => {
    const error = await call('describe_resource', args).catch((thrown: unknown) => thrown);
    const { message, fix } = error as { message: string; fix: { steps: string[] } };
    expect(error).toMatchObject({ code });
    expect([message, ...fix.steps].join(' ')).toMatch(text);
  });

  test('no more is asked of what the API serves than it takes, and not again soon', async () => {
    const groups = Array.from({ length: 45 }, (_, at) => `g${at}.example`);
    const asked: string[] = [];
    let monotonic = 0;
    let served = 'Widget';
    const document = async (path: string): Promise<unknown> => {
      asked.push(path);
      await Promise.resolve();
      const versions = (group: string) => ['v2', 'v1'].map((version) => ({ groupVersion: `${group}/${version}` }));
      if (path === '/apis') return { groups: groups.map((group) => ({ versions: versions(group) })) };
      const kind = path === '/apis/g3.example/v2' ? served : 'Other';
      return { resources: [{ name: `${kind.toLowerCase()}s`, kind, namespaced: true }] };
    };
    const objects = ['Widget', 'Gadget'].map((kind) => ({
      apiVersion: 'g3.example/v2',
      kind,
      metadata: { name: 'w', namespace: 'shop' },
    }));
    const clock = { ...systemClock, monotonic: () => monotonic };
    const tools = kubernetesTools(Object.assign(new ObjectsReader(objects), { document }), { clock });
    const describeIt = async (word: string): Promise<number> => {
      asked.length = 0;
      await tools('describe_resource', { resource_type: word, name: 'w', namespace: 'shop' });
      return asked.length;
    };
    // The list of groups, and eight of them.
    expect(await describeIt('widgets')).toBe(9);
    expect(await describeIt('widget.g3.example')).toBe(0);
    monotonic += 61_000;
    expect(await describeIt('widget.v2.g3.example')).toBe(2);
    // Installed since: it is looked for anew.
    served = 'Gadget';
    expect(await describeIt('gadget.g3.example')).toBeLessThanOrEqual(4);
    await expect(describeIt('gizmo')).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('where nobody can be asked, a kind that is written in full is', async () => {
    const bare = kubernetesTools(new ObjectsReader([widget]), { now: () => now });
    const full = { resource_type: 'Widget.v2.example.com', name: 'w', namespace: 'shop' };
    expect(await bare('describe_resource', full)).toMatchObject({ kind: 'Widget' });
    await expect(bare('describe_resource', { ...full, resource_type: 'widget' })).rejects.toMatchObject({
      code: 'invalid_argument',
      fix: { steps: ['Write the kind as KIND.VERSION.GROUP, such as Certificate.v1.cert-manager.io.'] },
    });
  });

  test.each([
    { resource_type: 'deploy', name: '../secrets/x' },
    { resource_type: 'deploy', name: '..' },
    { resource_type: 'deploy', name: 'a%2fb' },
  ])('%j is refused', async (args) => {
    await expect(call('describe_resource', { ...args, namespace: 'shop' })).rejects.toThrow('a name of an object');
  });
});
