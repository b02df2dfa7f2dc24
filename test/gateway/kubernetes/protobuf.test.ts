import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeReview } from '../../../src/gateway/kubernetes/protobuf.ts';
import { answerReview } from '../../../src/gateway/kubernetes/reviews.ts';

const field = (number: number, content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content);
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
};
const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields);
const envelope = (raw: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, field(1, 'authorization.k8s.io/v1')), field(2, raw), field(4, '')]);
const access = (verb: string, resource: string, namespace = 'shop'): Buffer =>
  envelope(
    message(
      field(1, ''),
      field(2, field(1, message(field(1, namespace), field(2, verb), field(4, '*'), field(5, resource)))),
    ),
  );

test('GAT-1: what kubectl asks in protobuf is read as what it asks in JSON', () => {
  expect(decodeReview(access('delete', 'pods'))).toMatchObject({
    spec: {
      resourceAttributes: { namespace: 'shop', verb: 'delete', resource: 'pods', group: '' },
      nonResourceAttributes: null,
    },
  });
  const path = envelope(message(field(2, field(2, message(field(1, '/metrics'), field(2, 'get'))))));
  expect(decodeReview(path)).toMatchObject({ spec: { nonResourceAttributes: { path: '/metrics', verb: 'get' } } });
});

test.each([
  ['get', 'pods', true],
  ['list', 'secrets', true],
  ['watch', 'events', true],
  ['get', 'pods/log', true],
  ['get', 'pods/exec', false],
  ['delete', 'pods', false],
  ['create', 'deployments', false],
  ['*', '*', false],
])('GAT-1: whether an agent may %s %s is answered from the rules of the gateway: %s', (verb, resource, allowed) => {
  const json = Buffer.from(JSON.stringify({ spec: { resourceAttributes: { verb, resource } } }));
  for (const body of [access(verb, resource), json]) {
    expect(answerReview('SelfSubjectAccessReview', body, 'redact')).toMatchObject({ status: { allowed } });
  }
});

test('GAT-1: bytes that are no review are none, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeReview(Buffer.concat([Buffer.from('k8s\0'), bytes])) ?? { spec: {} }).toHaveProperty('spec');
      expect(decodeReview(Buffer.from(bytes))).toBeNull();
    }),
  );
  expect(answerReview('SelfSubjectAccessReview', Buffer.from('[]'), 'redact')).toBeNull();
  expect(answerReview('SelfSubjectRulesReview', Buffer.from('{'), 'redact')).toBeNull();
});

test('GAT-1: a review of more fields than any has is none, however long it is', () => {
  const many = Buffer.concat(Array.from({ length: 30_000 }, () => field(1, '')));
  expect(decodeReview(envelope(field(2, many)))).toBeNull();
  expect(decodeReview(Buffer.concat([Buffer.from('k8s\0'), many]))).toBeNull();
});
