import { describe, expect, test } from 'vitest';
import {
  badRequest,
  forbidden,
  methodNotAllowed,
  missingLog,
  noSuchPath,
  notFound,
  readOnlyAccess,
  type StatusError,
} from '../../../src/sim/api/kube-status.ts';
import { object } from '../../support/kube-objects.ts';

const type = (apiVersion: string, kind: string, plural: string) => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
  shortNames: [],
});
const asked = { verb: 'list', group: '', resource: 'pods', subresource: '', namespace: '', name: '' };

describe('a refusal is a Status in the words of the API', () => {
  test.each<[StatusError, number, string, string]>([
    [notFound(type('v1', 'Pod', 'pods'), 'cart'), 404, 'NotFound', 'pods "cart" not found'],
    [notFound(type('apps/v1', 'Deployment', 'deployments'), 'x'), 404, 'NotFound', 'deployments.apps "x" not found'],
    [noSuchPath(), 404, 'NotFound', 'the server could not find the requested resource'],
    [badRequest('continue key is not valid'), 400, 'BadRequest', 'continue key is not valid'],
    [methodNotAllowed(), 405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  ])('%s', (error, code, reason, message) => {
    expect(error.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
  });

  test.each([
    [{}, 'pods is forbidden: User "bot" cannot list resource "pods" in API group "" at the cluster scope'],
    [
      { namespace: 'shop', verb: 'get', name: 'cart' },
      'pods "cart" is forbidden: User "bot" cannot get resource "pods" in API group "" in the namespace "shop"',
    ],
    [
      { namespace: 'shop', verb: 'get', name: 'cart', subresource: 'log' },
      'pods "cart" is forbidden: User "bot" cannot get resource "pods/log" in API group "" in the namespace "shop"',
    ],
    [
      { group: 'apps', resource: 'deployments' },
      'deployments.apps is forbidden: User "bot" cannot list resource "deployments" in API group "apps" at the cluster scope',
    ],
  ])('who may not %o', (over, message) => {
    expect(forbidden('bot', { ...asked, ...over }).message).toBe(message);
  });
});

describe('the access that a triage credential should have', () => {
  test.each([
    ['get', 'pods', true],
    ['list', 'nodes', true],
    ['watch', 'events', true],
    ['get', 'secrets', false],
    ['list', 'secrets', false],
    ['create', 'pods', false],
    ['delete', 'pods', false],
    ['patch', 'deployments', false],
    ['impersonate', 'users', false],
  ])('%s %s: %s', (verb, resource, allowed) => {
    expect(readOnlyAccess({ ...asked, verb, resource })).toBe(allowed);
  });
});

test('a log that is not there: of the run before, or of a container that has not started', () => {
  const pod = object('Pod', 'cart-1');
  expect(missingLog(pod, 'app', true)).toBe('previous terminated container "app" in pod "cart-1" not found');
  expect(missingLog(pod, 'app', false)).toBe('container "app" in pod "cart-1" is waiting to start: ContainerCreating');
});
