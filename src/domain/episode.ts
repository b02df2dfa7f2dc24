import { familyIn, familyOf } from './fault-types.ts';
import { compareSeverity, type FaultSignal, type Outcome, type OwnerRef, tellsWhatStands } from './fault.ts';
import type { FaultEpisode } from './records.ts';
import type { Observation } from './state-store.ts';

/** No sweep takes longer, ms. */
const longestSweepMs = 10 * 60_000;

/** What became of an episode when it was looked at: its outcome, the rule behind it, its incident. */
export interface EpisodeDisposition {
  /** Null: it is pending. */
  readonly outcome: Outcome | null;
  readonly rule: string | null;
  readonly incidentId: string | null;
  readonly pendingUntil?: number;
}

/** A new episode of a fault; `at` is when its first reception came, ms since the epoch. */
export function openEpisode(
  id: number,
  signal: FaultSignal,
  place: { owner: OwnerRef; node: string | null },
  disposition: EpisodeDisposition,
  at: number,
): FaultEpisode {
  return blankEpisode({
    id,
    cluster: signal.cluster,
    faultId: signal.faultId,
    faultType: signal.faultType,
    severity: signal.severity,
    resource: signal.resource,
    container: signal.container,
    context: signal.context,
    owner: place.owner,
    node: place.node,
    family: familyIn(signal, place.owner),
    firstSeen: at,
    since: signal.since,
    sources: [signal.source],
    lastSweepAt: tellsWhatStands(signal.source) ? at : null,
    ...disposition,
  });
}

type Known = 'id' | 'cluster' | 'faultId' | 'faultType' | 'severity' | 'resource' | 'owner' | 'firstSeen' | 'sources';

/** An episode of which only this is known: it stands, was seen once, and opened its incident. */
export function blankEpisode(known: Pick<FaultEpisode, Known> & Partial<FaultEpisode>): FaultEpisode {
  return {
    container: '',
    context: '',
    node: null,
    family: familyOf(known.faultType),
    lastSeen: known.firstSeen,
    since: null,
    count: 1,
    lastSweepAt: null,
    clearSeenAt: null,
    clearedAt: null,
    outcome: 'opened',
    rule: null,
    incidentId: null,
    ...known,
  };
}

/** The active episode after one more reception of the same fault. Severity only rises. */
export function repeatEpisode(episode: FaultEpisode, signal: FaultSignal, at: number): FaultEpisode {
  return {
    ...episode,
    severity: compareSeverity(signal.severity, episode.severity) > 0 ? signal.severity : episode.severity,
    context: signal.context === '' ? episode.context : signal.context,
    lastSeen: Math.max(episode.lastSeen, at),
    since: earliest(episode.since, signal.since),
    count: episode.count + 1,
    sources: episode.sources.includes(signal.source) ? episode.sources : [...episode.sources, signal.source],
    lastSweepAt: tellsWhatStands(signal.source) ? Math.max(episode.lastSweepAt ?? 0, at) : episode.lastSweepAt,
    clearSeenAt: null,
  };
}

/**
 * The episode after a sweep said what it sees of it: cleared when two sweeps at least
 * `clearAfterMs` apart saw it gone or healthy, never by a sweep that could not tell, and not by one that is older than
 * the last reception. What only alerts tell is ended by their sender alone. `at` is when the sweep was made.
 */
export function observeEpisode(
  episode: FaultEpisode,
  observation: Observation,
  at: number,
  clearAfterMs: number,
): FaultEpisode {
  if (episode.clearedAt !== null || observation === 'unknown' || onlyAlerted(episode)) return episode;
  // Received after the sweep began to read; when that is longer ago than a sweep can last, the clock was set back.
  if (at < episode.lastSeen && episode.lastSeen - at <= longestSweepMs) return episode;
  if (observation === 'active') return { ...episode, lastSeen: at, lastSweepAt: at, clearSeenAt: null };
  if (episode.clearSeenAt === null || at < episode.clearSeenAt) return { ...episode, clearSeenAt: at };
  return at - episode.clearSeenAt >= clearAfterMs ? clearEpisode(episode, at) : episode;
}

/** Whether only alerts tell of it: a look at its object says nothing of it, its sender ends it. */
export function onlyAlerted({ sources }: Pick<FaultEpisode, 'sources'>): boolean {
  return sources.every((source) => source === 'webhook');
}

/**
 * How long the faults of an incident have to be gone, ms: twice as long for each time that it came back, at most `longestMs`. A
 * node that flaps all night is one incident that stands, and not one that is resolved and reopened again and again.
 */
export function clearAfterFlapping(clearAfterMs: number, reopened: number, longestMs: number): number {
  return Math.max(clearAfterMs, Math.min(longestMs, clearAfterMs * 2 ** Math.min(reopened, 20)));
}

export function clearEpisode(episode: FaultEpisode, at: number): FaultEpisode {
  return { ...episode, clearedAt: at };
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
