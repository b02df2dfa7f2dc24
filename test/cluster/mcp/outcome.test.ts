import { expect, test } from 'vitest';
import { ConnectionFailure, outcomeOf } from '../../../src/cluster/mcp/outcome.ts';

const coded = (code: string, message = 'failed', cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code });

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ETIMEDOUT', 'timeout'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
  ['CERT_HAS_EXPIRED', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
])('CON-3: %s is the network cause %s', (code, cause) => {
  expect(outcomeOf(coded(code))).toMatchObject({ kind: 'network', cause });
});

test('CON-3: the code is found in the cause, and in what an AggregateError holds', () => {
  expect(outcomeOf(new Error('fetch failed', { cause: coded('ECONNREFUSED') }))).toMatchObject({ cause: 'refused' });
  const both = new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')], 'all addresses failed');
  expect(outcomeOf(both)).toMatchObject({ kind: 'network', cause: 'refused' });
});

test('CON-3: an answer that is no HTTP is garbage', () => {
  expect(outcomeOf(coded('HPE_INVALID_CONSTANT'))).toMatchObject({ kind: 'garbage' });
  expect(outcomeOf(coded('HPE_HEADER_OVERFLOW'))).toMatchObject({ kind: 'garbage' });
});

test('an outcome that is carried is kept, however deep', () => {
  const outcome = { kind: 'ping_lost', detail: 'a ping was not answered' } as const;
  expect(outcomeOf(new Error('outer', { cause: new ConnectionFailure(outcome) }))).toBe(outcome);
});

test('details are one printable line, and anything at all has an outcome', () => {
  expect(outcomeOf(new Error('one\n\u001b[31mtwo'))).toEqual({ kind: 'internal', detail: 'one \ufffd[31mtwo' });
  expect(outcomeOf('text')).toEqual({ kind: 'internal', detail: 'text' });
  expect(outcomeOf(null)).toEqual({ kind: 'internal', detail: 'null' });
  expect(outcomeOf(new Error('x'.repeat(1000))).detail.length).toBeLessThanOrEqual(300);
});

test('the message of an HTTP failure has the status', () => {
  const outcome = { kind: 'http', status: 503, during: 'request', detail: 'busy', retryAfterMs: null } as const;
  expect(new ConnectionFailure(outcome).message).toBe('HTTP 503: busy');
});
