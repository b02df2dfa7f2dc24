import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import type { FailureReason } from '../notifier.ts';

/** What an answer to a message means, or that there was none. */
export type Reaction =
  | { readonly kind: 'taken' }
  | { readonly kind: 'gone'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly message: string;
      readonly uncertain: boolean;
      /** What the other side asked for, ms; null: our own back-off. */
      readonly waitMs: number | null;
      /** It was an answer that no waiting mends. */
      readonly refused: boolean;
    };

/** Without a time that can be used in `Retry-After`, ms. */
const defaultWaitMs = 30_000;
const longestWaitMs = 30 * 60_000;

/**
 * What a status means; it alone decides, whatever the body says: any 2xx is a delivery. `retryAfter`: the header, seconds
 * or an HTTP date (RFC 9110, 10.2.3).
 */
export function reactionTo(status: number, retryAfter: string | null, now: number): Reaction {
  const message = `HTTP ${status}`;
  const later = { kind: 'failed', message, waitMs: null, refused: false } as const;
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status === 410) return { kind: 'gone', message };
  if (status === 429) {
    return {
      ...later,
      reason: 'rate_limited',
      uncertain: false,
      waitMs: retryAfterMs(retryAfter, now) ?? defaultWaitMs,
    };
  }
  if (status === 503) {
    return { ...later, reason: 'server_error', uncertain: false, waitMs: retryAfterMs(retryAfter, now) };
  }
  if (status >= 500) return { ...later, reason: 'server_error', uncertain: true };
  const refused = { ...later, uncertain: false, refused: true } as const;
  if (status >= 300 && status < 400) {
    return { ...refused, reason: 'other', message: `${message}: redirects are not followed` };
  }
  if (status === 401 || status === 403) return { ...refused, reason: 'auth' };
  return { ...refused, reason: status === 400 || status === 413 || status === 422 ? 'payload' : 'other' };
}

/** How long a header `Retry-After` asks to wait, ms, half an hour at most; null when it says nothing that can be used. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (!/^\d{1,9}$|GMT$/.test(text)) return null;
  const ms = text.endsWith('GMT') ? Date.parse(text) - now : Number(text) * 1000;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 1000), longestWaitMs);
}

/** Not connected at all: the other side cannot have seen it. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** What it means that there was no answer. */
export function reactionToError(error: unknown): Reaction & { kind: 'failed' } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const failure = { kind: 'failed', waitMs: null, refused: false, uncertain: true } as const;
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return { ...failure, reason: 'timeout', message: 'no answer in time' };
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return { ...failure, reason: 'network', message: oneLine(errorText(cause), 200), uncertain: !unsent.has(code) };
}
