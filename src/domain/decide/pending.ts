import { formatDuration } from '../../lib/format.ts';
import type { FaultSignal } from '../fault.ts';
import type { FaultEpisode, Reception } from '../records.ts';
import type { StorePolicy } from '../state-store.ts';
import type { Write } from './plan.ts';

/*
 * Faults that may pass by themselves. Such a fault is on disk and active like any other, but pending: nobody is told, and
 * no incident is opened, before it has stood for the time of its type and was seen standing after that. What clears
 * meanwhile has the outcome `self_resolved`.
 */

/** A container that restarted so often does not only have a bad start. */
const severalRestarts = 3;
/**
 * No time of a type is longer, ms, and no fault waits for longer than that and `confirmMs`, for whatever it waits: then it
 * is told. A row that would wait for longer was made before the clock was set back.
 */
export const longestPendingMs = 3_600_000;
/** When nobody can look, a fault is taken to stand still after so much longer, ms. */
export const confirmMs = 60_000;
/** Between two questions whether what was seen gone has come back or cleared; a sweep that sees it asks at once. */
const askAgainMs = 60_000;
/** What waits for its node is settled after it. */
const afterNodeMs = 5000;

/** What it depends on whether a fault is pending. */
export interface PendingFacts {
  readonly signal: FaultSignal;
  readonly at: number;
  /** The episode of the fault, when it is this very reception that made it pending. */
  readonly own: FaultEpisode | null;
  /** The active episode of the fault. */
  readonly active?: FaultEpisode | null;
  /** The pending fault of the pod's node. */
  pendingNode(): FaultEpisode | null;
}

export interface Pending {
  /** When it is asked again, ms since the epoch. */
  readonly dueAt: number;
  /** Until when it has to stand. */
  readonly until: number;
  readonly rule: string;
}

/** Until when nobody is told of a fault, and why; null when it is told now. */
export function pendingOf(facts: PendingFacts, policy: Pick<StorePolicy, 'pendingMs'>): Pending | null {
  const { signal, at, own } = facts;
  // A person does not wait, and an alert has waited for its own time.
  if (signal.source === 'manual' || signal.source === 'webhook') return null;
  const ms = pendingTime(signal, policy);
  const began = Math.min(signal.since ?? signal.at, signal.at, heldSince(facts) ?? signal.at);
  const until = own?.pendingUntil ?? began + ms;
  // It may wait for what never comes: a node that stays pending, a look that can no longer be had.
  const giveUpAt = Math.max(signal.at, own?.firstSeen ?? at) + longestPendingMs + confirmMs;
  if (at >= giveUpAt) return null;
  const node = facts.pendingNode();
  if (node !== null) {
    const dueAt = Math.max(node.pendingUntil ?? 0, at) + afterNodeMs;
    return { dueAt: Math.min(dueAt, giveUpAt), until, rule: `node ${node.resource.name} is pending` };
  }
  const rule = `intake.pending.${signal.faultType}: ${formatDuration(ms)}`;
  if (until > at) return { dueAt: until, until, rule };
  if (own === null || own.lastSeen >= until) return null;
  if (own.clearSeenAt !== null) return { dueAt: at + askAgainMs, until, rule: `${rule}, gone when it was looked at` };
  return at < until + confirmMs ? { dueAt: until + confirmMs, until, rule } : null;
}

/** Since when a fault that was held back until now is known; null for any other. */
function heldSince({ active }: PendingFacts): number | null {
  const isHeld = active && active.outcome !== null && active.incidentId === null;
  return isHeld ? active.firstSeen : null;
}

function pendingTime(signal: FaultSignal, { pendingMs }: Pick<StorePolicy, 'pendingMs'>): number {
  if (isLasting(signal)) return 0;
  return Math.min(pendingMs[signal.faultType] ?? 0, longestPendingMs);
}

/** Whether it has come again and again: then it does not pass by itself. A back-off of which no count is told is one. */
export function isLasting({ faultType, restarts }: Pick<FaultSignal, 'faultType' | 'restarts'>): boolean {
  return (restarts ?? (faultType === 'CrashLoop' ? severalRestarts : 0)) >= severalRestarts;
}

/** A pending episode after one more of the fault, which may say that it does not pass. */
export function stillPending(episode: FaultEpisode, signal: FaultSignal): FaultEpisode {
  return episode.outcome === null && isLasting(signal) ? { ...episode, pendingUntil: 0 } : episode;
}

/** Whether a pending fault has stood for its time and was seen standing after it: it can be told. */
export function isOver(episode: FaultEpisode): boolean {
  return episode.outcome === null && episode.clearedAt === null && episode.lastSeen >= (episode.pendingUntil ?? 0);
}

/** What follows when a pending fault has cleared: nobody was told, and nobody is. */
export function clearPending(cleared: FaultEpisode, receptions: readonly Reception[]): Write[] {
  const outcome = { outcome: 'self_resolved', rule: `${cleared.rule ?? 'pending'}, cleared before` } as const;
  const episode = { ...cleared, ...outcome, pendingUntil: null };
  return [
    { type: 'episode', before: cleared, episode },
    ...receptions.map((waiting): Write => {
      return { type: 'outcome', reception: { ...waiting, ...outcome, final: true, episodeId: cleared.id }, episode };
    }),
  ];
}
