import { expect, test } from 'vitest';
import { parseTarget } from '../../../src/gateway/kubernetes/target.ts';

test.each([
  ['/api/v1/pods', { group: '', resource: 'pods', subresource: '', namespace: null, name: null }],
  ['/api/v1/namespaces', { group: '', resource: 'namespaces', subresource: '', namespace: null, name: null }],
  ['/api/v1/namespaces/shop', { group: '', resource: 'namespaces', subresource: '', namespace: null, name: 'shop' }],
  [
    '/api/v1/namespaces/shop/status',
    { group: '', resource: 'namespaces', subresource: 'status', namespace: null, name: 'shop' },
  ],
  [
    '/api/v1/namespaces/shop/finalize',
    { group: '', resource: 'namespaces', subresource: 'finalize', namespace: null, name: 'shop' },
  ],
  ['/api/v1/namespaces/shop/pods', { group: '', resource: 'pods', subresource: '', namespace: 'shop', name: null }],
  [
    '/api/v1/namespaces/shop/status/x',
    { group: '', resource: 'status', subresource: '', namespace: 'shop', name: 'x' },
  ],
  [
    '/api/v1/namespaces/shop/pods/cart/log',
    { group: '', resource: 'pods', subresource: 'log', namespace: 'shop', name: 'cart' },
  ],
  [
    '/api/v1/namespaces/shop/pods/cart/proxy/admin',
    { group: '', resource: 'pods', subresource: 'proxy/admin', namespace: 'shop', name: 'cart' },
  ],
  [
    '/api/v1/nodes/n1/proxy/exec/a/b',
    { group: '', resource: 'nodes', subresource: 'proxy/exec/a/b', namespace: null, name: 'n1' },
  ],
  [
    '/apis/apps/v1/namespaces/shop/deployments/cart/scale',
    { group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'shop', name: 'cart' },
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    {
      group: 'rbac.authorization.k8s.io',
      resource: 'clusterroles',
      subresource: '',
      namespace: null,
      name: 'system:node',
    },
  ],
  ['/api/v1/watch/pods', { group: '', resource: 'watch', subresource: '', namespace: null, name: 'pods' }],
  ['/version', { group: '', resource: '', subresource: '', namespace: null, name: null }],
  ['/apis/apps/v1', { group: '', resource: '', subresource: '', namespace: null, name: null }],
] as const)('GAT-1: %s is read as the API server reads it', (address, target) => {
  expect(parseTarget(address)).toMatchObject({ kind: 'target', target });
});

test.each([
  ['', 'path.form'],
  ['api/v1/pods', 'path.form'],
  ['//api/v1/pods', 'path.form'],
  ['/api//v1/pods', 'path.form'],
  ['/api/v1/pods/', 'path.form'],
  ['/api/v1/../v1/secrets', 'path.form'],
  ['/api/v1/./pods', 'path.form'],
  ['/api/v1/pods#x', 'path.form'],
  ['/api/v1\\pods', 'path.form'],
  ['/api/v1/pods/\u00e9', 'path.form'],
  ['/api/v1/pods x', 'path.form'],
  ['http://elsewhere/api/v1/pods', 'path.form'],
  [`/${'a'.repeat(9000)}`, 'path.form'],
  ['/api/v1/%2e%2e/secrets', 'path.form'],
  ['/api/v1/pods%2Fx', 'path.encoding'],
  ['/api/v1/pods%252Fx', 'path.encoding'],
  ['/api/v1/%5c', 'path.encoding'],
  ['/api/v1/pods%00', 'path.encoding'],
  ['/api/v1/pods%0d%0aX:y', 'path.encoding'],
  ['/api/v1/%c3%a9', 'path.encoding'],
  ['/api/v1/%zz', 'path.encoding'],
  ['/api/v1/pods%3fwatch=1', 'path.encoding'],
  ['/api/v1/pods;x=y%3b', 'path.encoding'],
  ['/api/v1/pods?a=1?b=2', 'query.form'],
  ['/api/v1/pods?watch=1;x=2', 'query.form'],
  ['/api/v1/pods?watch=0&watch=1', 'query.form'],
  ['/api/v1/pods?a=%zz', 'query.form'],
] as const)('GAT-1: %j can be read in two ways, or in none, and is refused', (address, rule) => {
  expect(parseTarget(address)).toMatchObject({ kind: 'malformed', rule });
});
