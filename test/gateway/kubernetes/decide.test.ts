import { expect, test } from 'vitest';
import { decideKube, type KubeRequest } from '../../../src/gateway/kubernetes/decide.ts';

const ask = (method: string, address: string, change: Partial<KubeRequest> = {}): KubeRequest => ({
  method,
  address,
  headers: new Map(),
  hasBody: false,
  ...change,
});
const decided = (request: KubeRequest, secrets: 'redact' | 'deny' | 'allow' = 'redact') => decideKube(request, secrets);

test.each([
  ['/version', 'read.document', 'document'],
  ['/api', 'read.document', 'document'],
  ['/apis/apps/v1', 'read.document', 'document'],
  ['/openapi/v2', 'read.document', 'document'],
  ['/openapi/v3/apis/apps/v1?hash=A', 'read.document', 'document'],
  ['/livez', 'read.document', 'document'],
  ['/api/v1/pods?limit=500', 'read.list', 'objects'],
  ['/api/v1/pods?watch=true', 'read.watch', 'watch'],
  ['/api/v1/pods?watch', 'read.watch', 'watch'],
  ['/api/v1/pods?watch=0', 'read.list', 'objects'],
  ['/api/v1/pods?watch=False', 'read.list', 'objects'],
  ['/api/v1/namespaces/shop/pods/cart', 'read.get', 'objects'],
  ['/api/v1/namespaces/shop/pods/cart/status', 'read.get', 'objects'],
  ['/apis/apps/v1/namespaces/shop/deployments/cart/scale', 'read.get', 'objects'],
  ['/api/v1/namespaces/shop/pods/cart/log?follow=true&container=a', 'read.log', 'log'],
  ['/api/v1/namespaces/shop/secrets/db', 'read.get', 'objects'],
] as const)('GAT-1: GET %s passes by %s', (address, rule, form) => {
  expect(decided(ask('GET', address))).toMatchObject({ kind: 'forward', rule, form });
  expect(decided(ask('HEAD', address))).toMatchObject({ kind: 'forward', rule, form });
});

test.each([
  ['GET', '/healthz', 'path'],
  ['GET', '/metrics', 'path'],
  ['GET', '/logs/', 'path.form'],
  ['GET', '/debug/pprof', 'path'],
  ['GET', '/api/v1/namespaces/shop/pods/cart/exec?command=id', 'query'],
  ['GET', '/api/v1/namespaces/shop/pods/cart/exec', 'subresource'],
  ['GET', '/api/v1/namespaces/shop/pods/cart/attach', 'subresource'],
  ['GET', '/api/v1/namespaces/shop/pods/cart/portforward', 'subresource'],
  ['GET', '/api/v1/namespaces/shop/pods/cart/proxy', 'subresource'],
  ['GET', '/api/v1/namespaces/shop/services/cart/proxy/admin', 'subresource'],
  ['GET', '/api/v1/nodes/n1/proxy/run/x', 'subresource'],
  ['GET', '/api/v1/namespaces/shop/services/cart/log', 'subresource'],
  ['GET', '/api/v1/namespaces/shop/pods/cart/ephemeralcontainers', 'subresource'],
  ['GET', '/api/v1/namespaces/shop/pods/cart/log?insecureSkipTLSVerifyBackend=true', 'query'],
  ['GET', '/api/v1/pods?dryRun=All', 'query'],
  ['POST', '/api/v1/namespaces/shop/pods', 'verb'],
  ['PUT', '/api/v1/namespaces/shop/pods/cart', 'verb'],
  ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/cart/scale', 'verb'],
  ['DELETE', '/api/v1/namespaces/shop/pods/cart', 'verb'],
  ['DELETE', '/api/v1/namespaces/shop/pods', 'verb'],
  ['POST', '/api/v1/namespaces/shop/serviceaccounts/default/token', 'verb'],
  ['POST', '/api/v1/namespaces/shop/pods/cart/eviction', 'verb'],
  ['POST', '/api/v1/namespaces/shop/pods/cart/binding', 'verb'],
  ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', 'verb'],
  ['POST', '/apis/authorization.k8s.io/v1/namespaces/shop/localsubjectaccessreviews', 'verb'],
  ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', 'verb'],
  ['POST', '/apis/authorization.k8s.io/v1/namespaces/x/selfsubjectaccessreviews', 'verb'],
  ['OPTIONS', '/api/v1/pods', 'verb'],
  ['TRACE', '/api/v1/pods', 'verb'],
  ['CONNECT', '/api/v1/namespaces/shop/pods/cart/exec', 'verb'],
] as const)('GAT-1: %s %s is refused by %s', (method, address, rule) => {
  expect(decided(ask(method, address))).toMatchObject({ kind: 'refuse', rule });
});

test.each([
  ['upgrade', 'SPDY/3.1'],
  ['connection', 'keep-alive, Upgrade'],
  ['impersonate-user', 'admin'],
  ['impersonate-extra-scopes', 'a'],
  ['x-remote-user', 'admin'],
  ['sec-websocket-protocol', 'v5.channel.k8s.io'],
  ['content-encoding', 'gzip'],
])('GAT-1: the header %s makes any read a refusal', (name, value) => {
  const request = ask('GET', '/api/v1/pods', { headers: new Map([[name, value]]) });
  expect(decided(request)).toMatchObject({ kind: 'refuse', rule: 'header', status: 403 });
});

test('GAT-1: a read with a body is refused', () => {
  expect(decided(ask('GET', '/api/v1/pods', { hasBody: true }))).toMatchObject({ kind: 'refuse', rule: 'body' });
});

test.each(['SelfSubjectAccessReview', 'SelfSubjectRulesReview'])('GAT-1: a %s is the gateway’s to answer', (review) => {
  const address = `/apis/authorization.k8s.io/v1/${review.toLowerCase()}s`;
  expect(decided(ask('POST', address, { hasBody: true }))).toMatchObject({ kind: 'review', review });
  expect(decided(ask('POST', address))).toMatchObject({ kind: 'refuse', rule: 'body' });
  const yaml = new Map([['content-type', 'application/yaml']]);
  expect(decided(ask('POST', address, { hasBody: true, headers: yaml }))).toMatchObject({ status: 415 });
});

test.each(['/api/v1/secrets', '/api/v1/secrets?watch=1', '/api/v1/namespaces/shop/secrets/db'])(
  'GAT-1: with secrets: deny, %s is refused; secrets of another group are not the cluster’s',
  (address) => {
    expect(decided(ask('GET', address), 'deny')).toMatchObject({ kind: 'refuse', rule: 'secrets' });
    expect(decided(ask('GET', address), 'allow')).toMatchObject({ kind: 'forward' });
    expect(decided(ask('GET', '/apis/example.com/v1/secrets'), 'deny')).toMatchObject({ kind: 'forward' });
  },
);
