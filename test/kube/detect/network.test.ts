import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import { type DetectContext } from '../../../src/kube/detect/finding.ts';
import { familyOf } from '../../../src/domain/fault-types.ts';
import { ago, now, object, wellPod } from '../../support/kube-objects.ts';

const find = (subject: KubeObject, context: Partial<DetectContext> = {}) => detect(subject, { now, ...context });
const types = (subject: KubeObject, context: Partial<DetectContext> = {}) =>
  find(subject, context).map((finding) => finding.type);

const ingress = (fields: Record<string, unknown> = {}) =>
  object('Ingress', 'web', {
    apiVersion: 'networking.k8s.io/v1',
    spec: {
      defaultBackend: { service: { name: 'front', port: { number: 80 } } },
      rules: [
        { host: 'a.example', http: { paths: [{ path: '/', backend: { service: { name: 'cart' } } }] } },
        { host: 'b.example', http: { paths: [{ path: '/', backend: { resource: { kind: 'Bucket', name: 'x' } } }] } },
        { host: 'c.example' },
      ],
    },
    ...fields,
  });
const service = (name: string, namespace = 'shop') => object('Service', name, { metadata: { namespace } });

describe('CON-5: services', () => {
  const service = (extra: object = {}) =>
    object('Service', 'cart', {
      spec: { selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }], ...extra },
    });
  const slice = (extra: object) =>
    object('EndpointSlice', 'cart-1', { metadata: { labels: { 'kubernetes.io/service-name': 'cart' } }, ...extra });
  const empty = slice({ endpoints: null, ports: null });
  const cartPod = wellPod('cart-1', {}, { metadata: { labels: { app: 'cart' } } });

  test('a selector that fits no pod', () => {
    expect(find(service(), { endpointSlices: [empty], pods: [] })[0]).toMatchObject({
      type: 'ServiceWithoutEndpoints',
      context: 'Service has no endpoints, selector: app=cart fits no pod',
    });
  });

  test('an unknown named target port', () => {
    const endpointSlices = [slice({ endpoints: [{ addresses: ['10.0.0.1'] }], ports: null })];
    expect(find(service(), { endpointSlices })[0]?.context).toContain('target port: http is in no container');
  });

  test('filled, without selector, external, not read, young, or with pods that are faults of their own: nothing', () => {
    const filled = slice({ endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 8080 }] });
    expect(types(service(), { endpointSlices: [filled] })).toEqual([]);
    expect(types(service({ selector: null }), { endpointSlices: [] })).toEqual([]);
    expect(types(service({ type: 'ExternalName' }), { endpointSlices: [] })).toEqual([]);
    expect(types(service(), {})).toEqual([]);
    const young = { ...service(), metadata: { ...service().metadata, creationTimestamp: ago(10) } };
    expect(types(young, { endpointSlices: [empty], pods: [] })).toEqual([]);
    expect(types(service(), { endpointSlices: [empty], pods: [cartPod] })).toEqual([]);
  });

  test('C9, 61: scaled to zero is the will of somebody', () => {
    const template = { metadata: { labels: { app: 'cart', tier: 'web' } } };
    const asleep = object('Deployment', 'cart', { spec: { replicas: 0, template } });
    expect(types(service(), { endpointSlices: [empty], pods: [], workloads: [asleep] })).toEqual([]);
  });
});

describe('CON-5: an Ingress and its Services', () => {
  test('is at fault when a Service that it names does not exist', () => {
    expect(detect(ingress(), { now, services: [service('front')] })).toMatchObject([
      {
        type: 'BackendMissing',
        severity: 'warning',
        context: 'Ingress sends requests to a Service that does not exist: cart',
      },
    ]);
    expect(familyOf('BackendMissing')).toBe('network');
  });

  test('a Service of another namespace does not count', () => {
    const found = detect(ingress(), { now, services: [service('front'), service('cart', 'other')] });
    expect(found).toHaveLength(1);
  });

  test.each([
    ['all Services exist', { services: [service('front'), service('cart')] }, {}],
    ['the Services were not read', {}, {}],
    ['it is new', { services: [] }, { metadata: { creationTimestamp: ago(60) } }],
    ['it is being deleted', { services: [] }, { metadata: { deletionTimestamp: ago(60) } }],
    ['it has no backend', { services: [] }, { spec: {} }],
  ])('nothing is said when %s', (_name, context, fields) => {
    expect(detect(ingress(fields), { now, ...context })).toEqual([]);
  });
});
