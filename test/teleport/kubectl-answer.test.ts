import { expect, test } from 'vitest';
import { apiRefusal, statusBody } from '../../src/teleport/kubectl-answer.ts';

test.each([
  ['Error from server (NotFound): pods "a" not found', 404, 'NotFound', 'pods "a" not found'],
  ['Error from server (Forbidden): pods is forbidden: User "x" cannot list', 403, 'Forbidden', /cannot list$/],
  ['Error from server (BadRequest): container "a" is not valid', 400, 'BadRequest', /not valid/],
  ['Error from server (Expired): too old resource version: 1 (2)', 410, 'Expired', /too old/],
  ['Error from server (TooManyRequests): later', 429, 'TooManyRequests', 'later'],
  ['Error from server (ServiceUnavailable): apiserver is shutting down', 503, 'ServiceUnavailable', /shutting down/],
  ['Error from server (SomethingNew): what', 500, 'SomethingNew', 'what'],
  ['Error from server: etcdserver: request timed out', 500, 'InternalError', 'etcdserver: request timed out'],
  ['error: You must be logged in to the server (Unauthorized)', 401, 'Unauthorized', 'Unauthorized'],
  ['Warning: old version\nError from server (NotFound): x\nmore', 404, 'NotFound', 'x'],
])('%j is %i', (stderr, status, reason, message) => {
  const refusal = apiRefusal(stderr);
  expect(refusal).toMatchObject({ status, reason });
  expect(refusal?.message).toMatch(message);
});

test.each([
  '',
  'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
  'Unable to connect to the server: dial tcp: i/o timeout',
  'error: stat /root/.kube/config: permission denied',
])('%j comes from no API server', (stderr) => {
  expect(apiRefusal(stderr)).toBeNull();
});

test('the Status object is the one of the API server', () => {
  expect(JSON.parse(statusBody({ status: 404, reason: 'NotFound', message: 'none' }))).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'none',
    reason: 'NotFound',
    code: 404,
  });
});
