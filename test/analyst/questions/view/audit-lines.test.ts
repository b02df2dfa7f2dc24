import { expect, test } from 'vitest';
import { auditLines } from '../../../../src/analyst/questions/view/audit-lines.ts';

const path = 'evidence/logs/kube-system/kube-apiserver-a/audit.log';
const cart = { kind: 'Deployment', namespace: 'shop', name: 'cart' };

/** An event of an audit log, as the API server writes it. */
function event(over: object = {}): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    stage: 'ResponseComplete',
    verb: 'patch',
    user: { username: 'ana' },
    objectRef: { resource: 'deployments', namespace: 'shop', name: 'cart', apiGroup: 'apps', apiVersion: 'v1' },
    requestReceivedTimestamp: '2026-11-20T22:50:03.100000Z',
    ...over,
  });
}

function found(...lines: readonly string[]): readonly string[] {
  const log = { path, namespace: 'kube-system', pod: 'kube-apiserver-a', container: 'audit', previous: false };
  const all = auditLines([{ ...log, text: lines.join('\n') }], [cart]);
  return all.map(({ at, user, verb, agent }) => `${new Date(at).toISOString()} ${user} ${verb}${agent && ` ${agent}`}`);
}

test('NOT-5: changes of the objects are found, the newest first, with a prefix before them too', () => {
  const later = event({ stageTimestamp: '2026-11-20T22:51:00Z', userAgent: 'helm/3.19 (linux)', verb: 'update' });
  expect(found(event(), `2026-11-20T22:51:00Z stdout F ${later}`)).toEqual([
    '2026-11-20T22:51:00.000Z ana update helm/3.19',
    '2026-11-20T22:50:03.100Z ana patch',
  ]);
});

test('NOT-5: who acts for somebody else is told as that somebody', () => {
  expect(found(event({ impersonatedUser: { username: 'ben' } }))).toEqual(['2026-11-20T22:50:03.100Z ben patch']);
});

test.each([
  ['a read', event({ verb: 'get' })],
  ['one that was refused', event({ responseStatus: { code: 403 } })],
  ['another object', event({ objectRef: { resource: 'deployments', namespace: 'shop', name: 'web' } })],
  ['a kind that is not known', event({ objectRef: { resource: 'gadgets', namespace: 'shop', name: 'cart' } })],
  ['one without a time', event({ requestReceivedTimestamp: 'soon' })],
  ['a line that is cut off', event().slice(0, -5)],
  ['a line that is too long', event({ requestObject: 'x'.repeat(70_000) })],
  ['words', 'see audit.k8s.io/v1'],
])('NOT-5: %s is no change of it', (_what, line) => {
  expect(found(line)).toEqual([]);
});
