import type { ProblemKind } from '../../lib/problem.ts';
import { clusterProblems as problems } from '../errors.ts';
import type { NetworkCause, Outcome } from '../mcp/outcome.ts';

/** Why a session with an MCP server is not as it should be. */
export const sessionFailures = [
  'refused',
  'reset',
  'unreachable',
  'timeout',
  'dns',
  'tls',
  'conflict',
  'session_lost',
  'not_found',
  'unauthorized',
  'no_stream',
  'rate_limited',
  'server_error',
  'http_error',
  'redirected',
  'silent',
  'ping_lost',
  'stream_ended',
  'garbage',
  'too_large',
  'protocol_error',
  'tool_absent',
  'subscribe_refused',
  'degraded',
  'sweep_failed',
  'unwatched',
  'wrong_cluster',
  'ca_file',
  'not_mcp',
  'closed',
  'internal',
] as const;

/** Why a connection is not as it should be, a watch of the API too: the label of metrics and the field of logs. */
export const failureReasons = [...sessionFailures, 'kubeconfig', 'expired', 'forbidden', 'unsupported'] as const;
export type FailureReason = (typeof failureReasons)[number];

/** What push needs and nothing else does. */
export type PushPart = 'stream' | 'level' | 'subscription';

/** In words for people. */
export const partNames: Record<PushPart, string> = {
  stream: 'the stream of notifications (GET)',
  level: 'logging/setLevel',
  subscription: 'events_subscribe',
};

/** Why there is no push: the part that failed, and how. */
export interface PushFailure {
  readonly part: PushPart;
  readonly outcome: Outcome;
}

/**
 * What becomes of a session that ended:
 * - `new_session`: it is gone; make another at once (back-off when that happens again and again)
 * - `retry`: back off, make another
 * - `retry_slowly`: the same, from the longest back-off on: nothing changes until a person changes it
 */
type SessionAction = 'new_session' | 'retry' | 'retry_slowly';

/**
 * What becomes of push in a session that is good, besides ending it:
 * - `sweep`: the server knows no push; find faults by sweeps, and ask again after a long time
 * - `sweep_and_resubscribe`: push fails; find faults by sweeps, and try push again after a back-off
 */
type PushAction = SessionAction | 'sweep' | 'sweep_and_resubscribe';

interface Reaction<Action> {
  readonly action: Action;
  readonly reason: FailureReason;
  readonly problem: ProblemKind;
  /** The server's own wish, ms; wins over our back-off when it is longer. */
  readonly notBeforeMs: number | null;
}

export type Mode = 'auto' | 'subscribe' | 'sweep';

/** The table of reactions: what to do when an outcome ends a session, with reason and problem. Pure. */
export function reactTo(outcome: Outcome): Reaction<SessionAction> {
  if (outcome.kind === 'http') return reactToHttp(outcome);
  if (outcome.kind === 'network') {
    const action = outcome.cause === 'tls' ? 'retry_slowly' : 'retry';
    return row(action, outcome.cause, networkProblems[outcome.cause]);
  }
  return row(...plain[outcome.kind]);
}

/** Sessions in a row that may be replaced because push failed, before the cluster is swept in one that stays. */
const replacedForPush = 2;

/**
 * What to do when a part that only push needs has failed in a session that still answers requests. With `auto` that never
 * costs the cluster its sweeps: a new session is made only when it may bring push back (409, a stream that ended), and
 * only `replacedForPush` times in a row (`inARow` counts them). With `subscribe` push is needed, so it ends the session. Pure.
 */
export function reactToPush({ part, outcome }: PushFailure, mode: Mode, inARow: number): Reaction<PushAction> {
  const reaction = reactTo(outcome);
  const { reason, notBeforeMs } = reaction;
  if (mode === 'subscribe') return reaction;
  if (reason === 'tool_absent' || reason === 'no_stream') return row('sweep', reason, problems.cannotPush);
  const renews = reason === 'conflict' || reason === 'stream_ended';
  if (renews && inARow < replacedForPush) return reaction;
  const problem = part === 'stream' ? problems.noStream : problems.subscribeRefused;
  return row('sweep_and_resubscribe', reason, problem, notBeforeMs);
}

type PlainKind = Exclude<Outcome['kind'], 'http' | 'network'>;

const plain: Record<PlainKind, [SessionAction, FailureReason, ProblemKind]> = {
  ping_lost: ['new_session', 'ping_lost', problems.lost],
  stream_ended: ['new_session', 'stream_ended', problems.lost],
  closed: ['new_session', 'closed', problems.lost],
  silent: ['retry', 'silent', problems.silent],
  garbage: ['retry', 'garbage', problems.notMcp],
  protocol_error: ['retry', 'protocol_error', problems.protocol],
  internal: ['retry', 'internal', problems.protocol],
  sweep_failed: ['retry', 'sweep_failed', problems.sweepFailed],
  unwatched: ['retry_slowly', 'unwatched', problems.podsUnread],
  wrong_cluster: ['retry_slowly', 'wrong_cluster', problems.wrongCluster],
  nightcrier: ['retry_slowly', 'not_mcp', problems.isNightcrier],
  ca_file: ['retry_slowly', 'ca_file', problems.caFile],
  too_large: ['retry', 'too_large', problems.tooLarge],
  tool_absent: ['retry_slowly', 'tool_absent', problems.cannotPush],
  subscribe_refused: ['retry', 'subscribe_refused', problems.subscribeRefused],
  // A subscription that delivers nothing is none.
  degraded: ['retry', 'degraded', problems.subscribeRefused],
};

const networkProblems: Record<NetworkCause, ProblemKind> = {
  refused: problems.unreachable,
  reset: problems.unreachable,
  unreachable: problems.unreachable,
  timeout: problems.unreachable,
  dns: problems.dns,
  tls: problems.tls,
};

function reactToHttp(outcome: Outcome & { kind: 'http' }): Reaction<SessionAction> {
  const { status, during } = outcome;
  const later = outcome.retryAfterMs;
  if (/NC-HEALTH-\d{3}/.test(outcome.detail)) return row('retry_slowly', 'not_mcp', problems.isNightcrier, later);
  if (status === 401 || status === 403) return row('retry_slowly', 'unauthorized', problems.unauthorized, later);
  if (status === 409) return row('new_session', 'conflict', problems.lost);
  if (status === 404 && during !== 'initialize') return row('new_session', 'session_lost', problems.lost);
  if (status === 404) return row('retry_slowly', 'not_found', problems.notFound);
  if (status === 405 && during === 'stream') return row('retry_slowly', 'no_stream', problems.cannotPush);
  if (status === 405) return row('retry_slowly', 'not_found', problems.notFound);
  if (status === 429) return row('retry', 'rate_limited', problems.serverError, later);
  if (status >= 300 && status < 400) return row('retry_slowly', 'redirected', problems.redirected);
  if (status >= 500) return row('retry', 'server_error', problems.serverError, later);
  // Some servers answer 400 to a session they no longer know, so a known session is tried again sooner.
  return row(during === 'initialize' ? 'retry_slowly' : 'retry', 'http_error', problems.serverError, later);
}

function row<Action extends PushAction>(
  action: Action,
  reason: FailureReason,
  problem: ProblemKind,
  notBeforeMs: number | null = null,
): Reaction<Action> {
  return { action, reason, problem, notBeforeMs };
}

export function meansSessionGone(outcome: Outcome): boolean {
  if (outcome.kind === 'network' || outcome.kind === 'ping_lost') return true;
  return outcome.kind === 'http' && [401, 403, 404, 409].includes(outcome.status);
}

/** An answer to the request itself: the session is there. */
export function isRefusal(outcome: Outcome): boolean {
  return ['tool_absent', 'subscribe_refused', 'degraded', 'protocol_error'].includes(outcome.kind);
}
