import type { ConnectionSpan } from '../../domain/cluster-status.ts';

/** How often, and for how long in all, a cluster was not heard. */
export interface Outages {
  readonly count: number;
  readonly totalMs: number;
  /** Whether it is not heard now. */
  readonly ongoing: boolean;
  /** How long nothing is known of it: the daemon did not run, or was not connecting to it. */
  readonly unknownMs: number;
  /** From when on this is told. */
  readonly since: number;
}

/** What spans, newest first, say of the time from `from` to `now`; null when they say nothing. */
export function outagesOf(spans: readonly ConnectionSpan[], from: number, now: number): Outages | null {
  const oldest = spans.at(-1);
  if (oldest === undefined) return null;
  const since = Math.max(from, oldest.from);
  const within = (begin: number, end: number): number => Math.max(0, Math.min(end, now) - Math.max(begin, since));
  const failed = spans.filter(({ state, until }) => state === 'failed' && (until === null || until > since));
  // A span ends where the next begins, unless the connection was ended, or the process was.
  const ends = spans.map(({ until }) => until ?? now);
  const begins = [now, ...spans.map((span) => span.from)];
  return {
    count: failed.length,
    totalMs: failed.reduce((sum, span) => sum + within(span.from, span.until ?? now), 0),
    ongoing: failed.some(({ until }) => until === null),
    unknownMs: ends.reduce((sum, end, at) => sum + within(end, begins[at] ?? now), 0),
    since,
  };
}
