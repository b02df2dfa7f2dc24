import type { DeliveryClaim } from '../../domain/state-store.ts';
import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText, type Problem, problem } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { webhookGone, webhookRefused, webhookUnreachable } from '../errors.ts';
import type { FailureReason, Notifier, SendOutcome } from '../notifier.ts';
import { Outage } from '../outage.ts';
import { signatureHeaders } from '../webhook-signature.ts';
import { type WebhookCall, webhookCalls } from './events.ts';

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { cancel(): Promise<void> } | null;
}

interface Call {
  readonly method: 'POST';
  readonly redirect: 'manual';
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface WebhookOptions {
  readonly url: string;
  readonly key: Buffer;
  readonly publicUrl: string | null;
  /** Of one call, ms. */
  readonly timeoutMs: number;
  readonly fetch: (url: string, call: Call) => Promise<Answer>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** After a failure one event tries the way, at growing intervals; the others wait. */
const closed: BackoffPolicy = { initialMs: 1000, maxMs: 5 * 60_000 };
/** A receiver that asks for no more is not asked before the next start; the outbox is looked at this often, ms. */
const goneLookMs = 30 * 60_000;
/** Without a time that can be used in `Retry-After`, ms. */
const defaultWaitMs = 30_000;
const longestWaitMs = 30 * 60_000;

/** What an answer means. */
type Reaction =
  | { readonly kind: 'taken' }
  | { readonly kind: 'gone'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      readonly uncertain: boolean;
      /** What the receiver asked for, ms; null: our own back-off. */
      readonly waitMs: number | null;
      /** It was an answer that no waiting mends. */
      readonly refused: boolean;
    };

/**
 * Signed calls of a program's address (Standard Webhooks). Any 2xx is delivered; 410 ends it until the next start;
 * redirects are not followed. Whatever else happens the event waits in the outbox and comes again with the same id.
 */
export function webhookNotifier(options: WebhookOptions): Notifier {
  const { clock, random, url } = options;
  const { host } = new URL(url);
  const outage = new Outage(webhookUnreachable);
  let failures = 0;
  let closedUntil = 0;
  let isGone = false;
  let current: Problem | null = null;
  const waiting = (): number => (isGone ? clock.now() + goneLookMs : closedUntil);
  const worked = (): void => {
    [failures, closedUntil, current] = [0, 0, null];
    outage.over();
  };
  const failed = (reaction: Exclude<Reaction, { kind: 'taken' }>): SendOutcome => {
    const { message } = reaction;
    if (reaction.kind === 'gone') {
      isGone = true;
      current = problem(webhookGone, `${host} answered ${message}`, { host });
      return { kind: 'failed', reason: 'other', message, again: { at: waiting() }, uncertain: false };
    }
    const { reason, uncertain, waitMs } = reaction;
    outage.failed(reason);
    if (reaction.refused) current = problem(webhookRefused, `${host} answered ${message}`, { host });
    // One that began beside the one that failed is the same failure.
    if (clock.now() >= closedUntil) {
      closedUntil = clock.now() + (waitMs ?? backoffDelay(closed, failures, random));
      failures += 1;
    }
    return { kind: 'failed', reason, message, again: { at: closedUntil }, uncertain };
  };
  return {
    target: 'webhook',
    integration: 'webhook',
    pausedUntil: () => (waiting() > clock.now() ? waiting() : null),
    problem: () => current ?? outage.problem(url),
    send: async (claim: DeliveryClaim, signal) => {
      for (const call of webhookCalls(claim, options.publicUrl)) {
        if (waiting() > clock.now())
          return { kind: 'deferred', until: waiting(), message: 'the webhook takes nothing now' };
        const reaction = await post(call, options, signal);
        if (signal.aborted && reaction.kind !== 'taken') {
          return { kind: 'deferred', until: clock.now(), message: 'stopped while it was sent' };
        }
        if (reaction.kind !== 'taken') return failed(reaction);
        worked();
      }
      return { kind: 'sent', post: null };
    },
  };
}

async function post(call: WebhookCall, options: WebhookOptions, outer: AbortSignal): Promise<Reaction> {
  const { clock, key, timeoutMs, url } = options;
  try {
    const answer = await options.fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'nightcrier',
        ...signatureHeaders(key, call.id, clock.now(), call.body),
      },
      body: call.body,
      signal: AbortSignal.any([outer, AbortSignal.timeout(timeoutMs)]),
    });
    // Only the status counts: nothing of the body is read.
    await answer.body?.cancel().catch(() => {});
    return reactionTo(answer.status, answer.headers.get('retry-after'), clock.now());
  } catch (error) {
    return reactionToError(error);
  }
}

/** What a status means. `retryAfter`: the header, seconds or an HTTP date (RFC 9110, 10.2.3). */
export function reactionTo(status: number, retryAfter: string | null, now: number): Reaction {
  const message = `HTTP ${status}`;
  const later = { kind: 'failed', message, waitMs: null, refused: false } as const;
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status === 410) return { kind: 'gone', message };
  if (status === 429) {
    return { ...later, reason: 'rate_limited', uncertain: false, waitMs: waitOf(retryAfter, now) ?? defaultWaitMs };
  }
  if (status === 503) return { ...later, reason: 'server_error', uncertain: false, waitMs: waitOf(retryAfter, now) };
  if (status >= 500) return { ...later, reason: 'server_error', uncertain: true };
  const refused = { ...later, uncertain: false, refused: true } as const;
  if (status >= 300 && status < 400) {
    return { ...refused, reason: 'other', message: `${message}: redirects are not followed` };
  }
  if (status === 401 || status === 403) return { ...refused, reason: 'auth' };
  return { ...refused, reason: status === 400 || status === 413 || status === 422 ? 'payload' : 'other' };
}

/** ms; null when the header says nothing that can be used. */
function waitOf(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null) return null;
  const text = retryAfter.trim();
  if (!/^\d{1,9}$|GMT$/.test(text)) return null;
  const ms = text.endsWith('GMT') ? Date.parse(text) - now : Number(text) * 1000;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 1000), longestWaitMs);
}

/** Not connected at all: the receiver cannot have seen it. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function reactionToError(error: unknown): Reaction {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const failure = { kind: 'failed', waitMs: null, refused: false, uncertain: true } as const;
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return { ...failure, reason: 'timeout', message: 'no answer in time' };
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return { ...failure, reason: 'network', message: oneLine(errorText(cause), 200), uncertain: !unsent.has(code) };
}
