import type { ConnectionChange } from '../../domain/cluster-status.ts';

/** How often, and for how long in all, a cluster was not heard. */
export interface Outages {
  readonly count: number;
  readonly totalMs: number;
  /** Whether it is not heard now. */
  readonly ongoing: boolean;
  /** From when on this is known. */
  readonly since: number;
}

/**
 * What changes, newest first, say of the time from `from` to `now`; null when they say nothing. What ended because the
 * daemon stopped is no outage of the cluster.
 */
export function outagesOf(changes: readonly ConnectionChange[], from: number, now: number): Outages | null {
  const oldest = changes.at(-1);
  if (oldest === undefined) return null;
  const since = Math.max(from, oldest.at);
  const outages = intervalsOf(changes.toReversed(), now).filter(({ to }) => to > since);
  return {
    count: outages.length,
    totalMs: outages.reduce((sum, outage) => sum + outage.to - Math.max(outage.from, since), 0),
    ongoing: outages.some(({ ongoing }) => ongoing),
    since,
  };
}

interface Interval {
  readonly from: number;
  readonly to: number;
  readonly ongoing: boolean;
}

/** The times without a connection, of changes in their order. */
function intervalsOf(changes: readonly ConnectionChange[], now: number): Interval[] {
  const intervals: Interval[] = [];
  let lost: ConnectionChange | null = null;
  for (const change of changes) {
    if (lost !== null && (change.state === 'active' || change.atStart)) {
      const stopped = change.atStart && lost.state === 'disconnected';
      if (!stopped) intervals.push({ from: lost.at, to: change.at, ongoing: false });
      lost = null;
    }
    if (change.state !== 'active') lost ??= change;
  }
  return lost === null ? intervals : [...intervals, { from: lost.at, to: now, ongoing: true }];
}
