import { describe, expect, test } from 'vitest';
import { type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { podResources } from '../../../src/mcp/kubernetes/read/pod-resources.ts';
import { now, object, pod } from '../../support/kube-objects.ts';
import { kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

const Mi = 1024 * 1024;
const asks = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { memory } });
const podWith = (name: string, spec: Record<string, unknown>, namespace = 'shop', phase = 'Running') =>
  pod(name, { phase }, { metadata: { namespace }, spec: { nodeName: 'n1', ...spec } });
const node = (name: string) => object('Node', name, { status: { allocatable: { cpu: '2', memory: '1Gi' } } });

const plain = podWith('plain', {
  containers: [
    { name: 'a', resources: { ...asks('250m', '64Mi'), limits: { cpu: '1', memory: '512Mi' } } },
    { name: 'b', resources: asks('1500m', '64Mi') },
  ],
});
const other = podWith('other', { containers: [{ name: 'a' }] }, 'pay');
const ended = podWith('ended', { containers: [{ name: 'a', resources: asks('8', '8Gi') }] }, 'pay', 'Succeeded');
const waiting = podWith(
  'waiting',
  { nodeName: undefined, containers: [{ name: 'a', resources: asks('1', '2Gi') }] },
  'pay',
  'Pending',
);

const metrics = (kind: string, name: string, fields: object): KubeObject => ({
  apiVersion: 'metrics.k8s.io/v1beta1',
  kind,
  metadata: { name, ...(kind === 'PodMetrics' ? { namespace: 'shop' } : {}) },
  ...fields,
});

const toolsOver = (...objects: KubeObject[]) => kubernetesTools(new ObjectsReader(objects), { now: () => now });

describe('get_resource_usage', () => {
  test('nodes: what their pods ask for of what they have, without what has ended or waits', async () => {
    const given = await toolsOver(
      plain,
      other,
      ended,
      waiting,
      node('n1'),
      node('n2'),
    )('get_resource_usage', { by: 'node' });
    expect(given).toMatchObject({ total: 2, truncated: false, usage: null });
    expect(given['usage_reason']).toBe('the cluster has no metrics API: metrics-server is not installed');
    expect(given['items']).toEqual([
      {
        name: 'n1',
        cpu: { requests: 1.75, limits: 1, allocatable: 2 },
        memory: { requests: 128 * Mi, limits: 576 * Mi, allocatable: 1024 * Mi },
        overcommit: { cpu: 0.5, memory: 0.56 },
        no_limits: 2,
      },
      expect.objectContaining({ name: 'n2', cpu: { requests: 0, limits: 0, allocatable: 2 }, no_limits: 0 }),
    ]);
  });

  test('namespaces and pods, the largest first, so many', async () => {
    const call = toolsOver(plain, other, ended, waiting);
    const names = async (args: object) =>
      (await call<{ items: { name: string }[] }>('get_resource_usage', { ...args })).items.map(({ name }) => name);
    expect(await names({ by: 'namespace' })).toEqual(['pay', 'shop']);
    expect(await names({ by: 'pod' })).toEqual(['waiting', 'plain', 'other']);
    expect(await names({ by: 'pod', namespace: 'shop' })).toEqual(['plain']);
    expect(await call('get_resource_usage', { by: 'pod', top: 1 })).toMatchObject({ total: 3, truncated: true });
  });

  test('a part of the pods of a node is not set against all of the node', async () => {
    const refused = toolsOver(plain, node('n1'))('get_resource_usage', { by: 'node', namespace: 'shop' });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('with what is measured', async () => {
    const measured = [
      metrics('NodeMetrics', 'n1', { usage: { cpu: '123456789n', memory: '204800Ki' } }),
      metrics('PodMetrics', 'plain', {
        containers: [
          { name: 'a', usage: { cpu: '100m', memory: '10Mi' } },
          { name: 'b', usage: { cpu: '50m', memory: '5Mi' } },
        ],
      }),
    ];
    const call = toolsOver(plain, node('n1'), ...measured);
    const byNode = await call('get_resource_usage', { by: 'node' });
    expect(byNode).toMatchObject({
      usage: 'measured',
      items: [{ name: 'n1', cpu: { usage: 0.123 }, memory: { usage: 200 * Mi } }],
    });
    expect(byNode).not.toHaveProperty('usage_reason');
    for (const by of ['pod', 'namespace']) {
      expect(await call('get_resource_usage', { by })).toMatchObject({
        items: [{ cpu: { usage: 0.15 }, memory: { usage: 15 * Mi } }],
      });
    }
  });

  test('a metrics API that is away or forbidden says so', async () => {
    const reader = new ObjectsReader([plain]);
    const list = reader.list.bind(reader);
    let failure = new ReadError('unreachable', '503: the server is currently unable to handle the request');
    reader.list = (apiVersion, ...rest) =>
      apiVersion.startsWith('metrics') ? Promise.reject(failure) : list(apiVersion, ...rest);
    const reason = async () =>
      (await kubernetesTools(reader)<{ usage_reason: string }>('get_resource_usage', { by: 'pod' })).usage_reason;
    expect(await reason()).toMatch(/^the metrics API gives nothing \(503: the server is currently unable/);
    failure = new ReadError(
      'forbidden',
      '403: pods.metrics.k8s.io is forbidden: User "x" cannot list resource "pods" in API group "metrics.k8s.io" at the cluster scope',
    );
    expect(await reason()).toContain('{apiGroups: ["metrics.k8s.io"], resources: ["pods"], verbs: ["list"]}');
  });
});

describe('what a pod asks for', () => {
  const inits = (...given: (readonly [cpu: string, restartPolicy?: string])[]) =>
    given.map(([cpu, restartPolicy], at) => ({ name: `i${at}`, restartPolicy, resources: { requests: { cpu } } }));
  const main = { name: 'a', resources: { requests: { cpu: '1' } } };
  const cpuOf = (spec: Record<string, unknown>) => podResources(podWith('p', spec)).requests['cpu'];

  test.each([
    ['the sum of its containers', { containers: [main, main] }, 2],
    ['the largest init container where that is more', { containers: [main], initContainers: inits(['3'], ['2']) }, 3],
    ['sidecars beside the containers', { containers: [main], initContainers: inits(['3', 'Always'], ['2']) }, 5],
    [
      'an init container beside the sidecars before it alone',
      { containers: [main], initContainers: inits(['3'], ['1', 'Always']) },
      3,
    ],
    ['what its runtime takes', { containers: [main], overhead: { cpu: '250m' } }, 1.25],
    ['what it bounds as a whole', { containers: [main], resources: { requests: { cpu: '7' } } }, 7],
  ])('%s', (_, spec, cpu) => {
    expect(cpuOf(spec)).toBe(cpu);
  });

  test('containers without a limit are counted, sidecars too', () => {
    const limited = { name: 'a', resources: { limits: { cpu: '1', memory: '1Gi' } } };
    const half = { name: 'b', resources: { limits: { cpu: '1' } } };
    const spec = {
      containers: [limited, half],
      initContainers: [{ name: 's', restartPolicy: 'Always' }, { name: 'i' }],
    };
    expect(podResources(podWith('p', spec)).unlimited).toBe(2);
    const resources = { limits: { cpu: '2', memory: '2Gi' } };
    expect(podResources(podWith('p', { ...spec, resources })).unlimited).toBe(0);
  });
});
