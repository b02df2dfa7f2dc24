import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { now, object } from '../../support/kube-objects.ts';
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

  test('what else is read is of the namespaces on the page, where they are few', async () => {
    const lost = Array.from({ length: 6 }, (_, at) =>
      object('Service', `lost${at}`, {
        metadata: { namespace: `ns${at}` },
        spec: { clusterIP: '10.96.0.1', selector: { app: 'gone' } },
      }),
    );
    const { call, reader } = toolsOver(...lost);
    const { items } = await call<List>('list_services', { limit: 2 });
    expect(items).toMatchObject([
      { namespace: 'ns0', problem: { type: 'ServiceWithoutEndpoints' } },
      { namespace: 'ns1', problem: { type: 'ServiceWithoutEndpoints' } },
    ]);
    const read = reader.calls.filter((one) => !one.includes('Service'));
    expect(read).toContain('list Pod ns1');
    expect(read.filter((one) => !/ns[01]$/.test(one))).toEqual([]);
    reader.calls.length = 0;
    expect((await call<List>('list_services')).items.filter((one) => 'problem' in one)).toHaveLength(6);
    expect(reader.calls.filter((one) => one.startsWith('list Pod'))).toEqual(['list Pod *']);
  });
});
