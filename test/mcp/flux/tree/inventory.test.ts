import { expect, test } from 'vitest';
import { entriesOf } from '../../../../src/mcp/flux/tree/inventory.ts';

const parent = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'apps', namespace: 'flux-system' },
};

function parsed(id: unknown, v: unknown = 'v1'): unknown[] {
  return entriesOf({ ...parent, status: { inventory: { entries: [{ id, v }] } } }, 1).map(
    ({ namespace, name, apiVersion, kind }) => [namespace, name, apiVersion, kind],
  );
}

test.each([
  ['apps_settings__ConfigMap', 'v1', ['apps', 'settings', 'v1', 'ConfigMap']],
  ['apps_never-ready_apps_Deployment', 'v1', ['apps', 'never-ready', 'apps/v1', 'Deployment']],
  ['_apps__Namespace', 'v1', ['', 'apps', 'v1', 'Namespace']],
  [
    '_system__view_rbac.authorization.k8s.io_ClusterRole',
    'v1',
    ['', 'system:view', 'rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ],
  [
    '_a.example.com_apiextensions.k8s.io_CustomResourceDefinition',
    'v1',
    ['', 'a.example.com', 'apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ],
  ['shop_web_example.com_Widget', 'v1beta2', ['shop', 'web', 'example.com/v1beta2', 'Widget']],
])('%s', (id, version, expected) => {
  expect(parsed(id, version)).toEqual([expected]);
});

test('what is no entry is left out', () => {
  for (const id of ['', 'a', 'a_b', 'a_b_c', 'a_b_c_', '____', 7, null]) expect(parsed(id)).toEqual([]);
  expect(entriesOf({ ...parent, status: { inventory: null } }, 1)).toEqual([]);
  expect(entriesOf({ ...parent, status: null }, 1)).toEqual([]);
});
