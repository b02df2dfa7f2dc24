import { expect, test } from 'vitest';
import { ClusterState } from '../../../src/sim/api/cluster-state.ts';
import { knownTypes } from '../../../src/sim/api/known-types.ts';

function definition(group: string, kind: string, plural: string, spec: object = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names: { kind, plural }, versions: [{ name: 'v1', served: true }], ...spec },
  };
}

function typesOf(...objects: readonly Parameters<ClusterState['put']>[0][]): Map<string, string> {
  const state = new ClusterState();
  for (const object of objects) state.put(object);
  return new Map(knownTypes(state).map((type) => [`${type.apiVersion}/${type.kind}`, type.plural]));
}

test('QUA-2: a kind has the plural and the versions of its definition, also where no object of it is there', () => {
  const versions = [
    { name: 'v2', served: true },
    { name: 'v1', served: false },
  ];
  const types = typesOf(
    definition('mesh.example', 'AuthorizationPolicy', 'authorizationpolicies'),
    definition('data.example', 'Index', 'indices', { versions }),
    { apiVersion: 'data.example/v2', kind: 'Index', metadata: { name: 'orders', namespace: 'shop' } },
  );
  expect(types.get('mesh.example/v1/AuthorizationPolicy')).toBe('authorizationpolicies');
  expect(types.get('data.example/v2/Index')).toBe('indices');
  expect(types.has('data.example/v1/Index')).toBe(false);
});

test('QUA-2: a kind without a definition has the regular plural', () => {
  const of = (kind: string) => ({ apiVersion: 'a.example/v1', kind, metadata: { name: 'one', namespace: 'shop' } });
  const types = typesOf(of('NetworkSet'), of('AccessPolicy'), of('Gateway'), of('Proxy'), of('Mesh'), of('Class'));
  expect([...types].filter(([key]) => key.startsWith('a.example')).map(([, plural]) => plural)).toEqual([
    'networksets',
    'accesspolicies',
    'gateways',
    'proxies',
    'meshes',
    'classes',
  ]);
});
