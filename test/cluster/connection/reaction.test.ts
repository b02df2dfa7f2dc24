import { describe, expect, test } from 'vitest';
import { clusterProblems } from '../../../src/cluster/errors.ts';
import type { NetworkCause, Outcome, Phase } from '../../../src/cluster/mcp/outcome.ts';
import {
  sessionFailures,
  type PushFailure,
  type PushPart,
  reactTo,
  reactToPush,
} from '../../../src/cluster/connection/reaction.ts';

const http = (status: number, during: Phase = 'request', retryAfterMs: number | null = null): Outcome => ({
  kind: 'http',
  status,
  during,
  detail: '',
  retryAfterMs,
});
const network = (cause: NetworkCause): Outcome => ({ kind: 'network', cause, detail: '' });
const plain = (kind: Exclude<Outcome['kind'], 'http' | 'network'>): Outcome => ({ kind, detail: '' });

type Row = [name: string, outcome: Outcome, action: string, reason: string, problem: keyof typeof clusterProblems];
const rows: Row[] = [
  ['409 for the stream', http(409, 'stream'), 'new_session', 'conflict', 'lost'],
  ['409 for a request', http(409), 'new_session', 'conflict', 'lost'],
  ['404 on a known session', http(404), 'new_session', 'session_lost', 'lost'],
  ['404 for the stream', http(404, 'stream'), 'new_session', 'session_lost', 'lost'],
  ['404 for the first request', http(404, 'initialize'), 'retry_slowly', 'not_found', 'notFound'],
  ['401', http(401, 'initialize'), 'retry_slowly', 'unauthorized', 'unauthorized'],
  ['403', http(403), 'retry_slowly', 'unauthorized', 'unauthorized'],
  ['405 for the stream', http(405, 'stream'), 'retry_slowly', 'no_stream', 'cannotPush'],
  ['405 for the first request', http(405, 'initialize'), 'retry_slowly', 'not_found', 'notFound'],
  ['429', http(429), 'retry', 'rate_limited', 'serverError'],
  ['400 for the first request', http(400, 'initialize'), 'retry_slowly', 'http_error', 'serverError'],
  ['400 on a known session', http(400), 'retry', 'http_error', 'serverError'],
  ['500', http(500), 'retry', 'server_error', 'serverError'],
  ['502', http(502, 'initialize'), 'retry', 'server_error', 'serverError'],
  ['503', http(503, 'stream'), 'retry', 'server_error', 'serverError'],
  ['302', http(302, 'initialize'), 'retry_slowly', 'redirected', 'redirected'],
  ['refused', network('refused'), 'retry', 'refused', 'unreachable'],
  ['reset', network('reset'), 'retry', 'reset', 'unreachable'],
  ['no route', network('unreachable'), 'retry', 'unreachable', 'unreachable'],
  ['TCP time out', network('timeout'), 'retry', 'timeout', 'unreachable'],
  ['no address', network('dns'), 'retry', 'dns', 'dns'],
  ['TLS', network('tls'), 'retry_slowly', 'tls', 'tls'],
  ['half-open path', plain('ping_lost'), 'new_session', 'ping_lost', 'lost'],
  ['end of the stream', plain('stream_ended'), 'new_session', 'stream_ended', 'lost'],
  ['closed by the client', plain('closed'), 'new_session', 'closed', 'lost'],
  ['silence after accept', plain('silent'), 'retry', 'silent', 'silent'],
  ['garbage', plain('garbage'), 'retry', 'garbage', 'notMcp'],
  ['too large', plain('too_large'), 'retry', 'too_large', 'tooLarge'],
  ['protocol error', plain('protocol_error'), 'retry', 'protocol_error', 'protocol'],
  ['tool absent', plain('tool_absent'), 'retry_slowly', 'tool_absent', 'cannotPush'],
  ['subscription refused', plain('subscribe_refused'), 'retry', 'subscribe_refused', 'subscribeRefused'],
  ['degraded', plain('degraded'), 'retry', 'degraded', 'subscribeRefused'],
  ['sweep failed', plain('sweep_failed'), 'retry', 'sweep_failed', 'sweepFailed'],
  ['no pods can be read', plain('unwatched'), 'retry_slowly', 'unwatched', 'podsUnread'],
  ['another cluster', plain('wrong_cluster'), 'retry_slowly', 'wrong_cluster', 'wrongCluster'],
  [
    'a nightcrier',
    { ...http(404, 'initialize'), detail: '{"error":{"code":"NC-HEALTH-005"}}' },
    'retry_slowly',
    'not_mcp',
    'isNightcrier',
  ],
  ['the MCP server of a nightcrier', plain('nightcrier'), 'retry_slowly', 'not_mcp', 'isNightcrier'],
  ['unreadable CA file', plain('ca_file'), 'retry_slowly', 'ca_file', 'caFile'],
  ['our own mistake', plain('internal'), 'retry', 'internal', 'protocol'],
];

describe('CON-3: the table of reactions', () => {
  test.each(rows)('%s', (...[, outcome, action, reason, problem]) => {
    const reaction = reactTo(outcome);
    expect({ action: reaction.action, reason: reaction.reason }).toEqual({ action, reason });
    expect(reaction.problem.code).toBe(clusterProblems[problem].code);
  });

  test('has a row for every reason', () => {
    expect(new Set(rows.map(([, outcome]) => reactTo(outcome).reason))).toEqual(new Set(sessionFailures));
  });

  test.each([429, 503, 401])('a Retry-After of a %i is kept', (status) => {
    expect(reactTo(http(status, 'request', 42_000)).notBeforeMs).toBe(42_000);
  });
});

describe('CON-4: the table of reactions to a push that fails', () => {
  const parts: PushPart[] = ['stream', 'level', 'subscription'];
  const outcomes = new Map(rows.map(([, outcome]) => [JSON.stringify(outcome), outcome]));
  const failures = parts.flatMap((part) => [...outcomes.values()].map((outcome) => ({ part, outcome })));

  test('with auto every failure leaves the session to the sweeps, at the latest after two new sessions', () => {
    for (const failure of failures) {
      const { action, problem } = reactToPush(failure, 'auto', 2);
      expect(['sweep', 'sweep_and_resubscribe']).toContain(action);
      expect(['NC-CLUSTER-010', 'NC-CLUSTER-011', 'NC-CLUSTER-018']).toContain(problem.code);
    }
  });

  test('with auto a new session is made for a conflict and for a stream that ended, twice in a row', () => {
    const renewed = failures.filter((failure) => reactToPush(failure, 'auto', 1).action === 'new_session');
    expect(new Set(renewed.map(({ outcome }) => reactTo(outcome).reason))).toEqual(
      new Set(['conflict', 'stream_ended']),
    );
  });

  const pushed: [string, PushFailure, number, string, string, keyof typeof clusterProblems][] = [
    ['405 for the stream', { part: 'stream', outcome: http(405, 'stream') }, 0, 'sweep', 'no_stream', 'cannotPush'],
    ['no such tool', { part: 'subscription', outcome: plain('tool_absent') }, 0, 'sweep', 'tool_absent', 'cannotPush'],
    ['no such method', { part: 'level', outcome: plain('tool_absent') }, 0, 'sweep', 'tool_absent', 'cannotPush'],
    [
      'a subscription that is refused',
      { part: 'subscription', outcome: plain('subscribe_refused') },
      0,
      'sweep_and_resubscribe',
      'subscribe_refused',
      'subscribeRefused',
    ],
    [
      'one that is degraded',
      { part: 'subscription', outcome: plain('degraded') },
      0,
      'sweep_and_resubscribe',
      'degraded',
      'subscribeRefused',
    ],
    ['a conflict', { part: 'stream', outcome: http(409, 'stream') }, 0, 'new_session', 'conflict', 'lost'],
    [
      'a third conflict in a row',
      { part: 'stream', outcome: http(409, 'stream') },
      2,
      'sweep_and_resubscribe',
      'conflict',
      'noStream',
    ],
    [
      'an answer that is too large',
      { part: 'subscription', outcome: plain('too_large') },
      0,
      'sweep_and_resubscribe',
      'too_large',
      'subscribeRefused',
    ],
  ];
  test.each(pushed)('with auto: %s', (...[, failure, inARow, action, reason, problem]) => {
    const reaction = reactToPush(failure, 'auto', inARow);
    expect({ action: reaction.action, reason: reaction.reason }).toEqual({ action, reason });
    expect(reaction.problem.code).toBe(clusterProblems[problem].code);
  });

  test('with subscribe push is needed: the reaction is that of the session', () => {
    for (const failure of failures) expect(reactToPush(failure, 'subscribe', 0)).toEqual(reactTo(failure.outcome));
  });

  test('the problem names the part, and a Retry-After is kept', () => {
    expect(reactToPush({ part: 'stream', outcome: http(404, 'stream') }, 'auto', 0).problem.code).toBe(
      'NC-CLUSTER-018',
    );
    expect(reactToPush({ part: 'level', outcome: plain('silent') }, 'auto', 0).problem.code).toBe('NC-CLUSTER-011');
    expect(reactToPush({ part: 'stream', outcome: http(503, 'stream', 42_000) }, 'auto', 0).notBeforeMs).toBe(42_000);
  });
});

test('every problem has a code of its own, a fix and an explanation', () => {
  const kinds = Object.values(clusterProblems);
  expect(new Set(kinds.map((kind) => kind.code)).size).toBe(kinds.length);
  for (const kind of kinds) {
    expect(kind.code).toMatch(/^NC-CLUSTER-\d{3}$/);
    expect(kind.fix).toMatch(/\.$/);
    expect(kind.about).toMatch(/\.$/);
  }
});
