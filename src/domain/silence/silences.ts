import { createHash } from 'node:crypto';
import type { FaultSignal, OwnerRef, Silence } from '../fault.ts';
import { familyIn } from '../fault-types.ts';
import type { FaultEpisode, Incident } from '../records.ts';
import type { ConfiguredSilence, NewSilence } from '../cluster-policy.ts';
import type { ClusterPolicy } from '../state-store.ts';
import { compileMatchers, type MatchedFault, matcherText } from './matchers.ts';

/** Silences made by API that have not ended; those of the configuration are bounded there. */
export const maxSilences = 500;

export const silenceStates = ['pending', 'active', 'ended'] as const;
export type SilenceState = (typeof silenceStates)[number];

/** What of a silence says whether it holds. */
type Span = Pick<Silence, 'startsAt' | 'endsAt'>;

export function silenceState({ startsAt, endsAt }: Span, at: number): SilenceState {
  if (endsAt !== null && endsAt <= at) return 'ended';
  return startsAt > at ? 'pending' : 'active';
}

/** A silence that may hold now or later, with its matchers worked out. */
export interface ReadySilence {
  readonly silence: Silence;
  readonly fits: (fault: MatchedFault) => boolean;
}

export function readySilence(silence: Silence): ReadySilence {
  return { silence, fits: compileMatchers(silence.matchers) };
}

/** The silence that a fault fits at that time, of several the one that holds longest; null when there is none. */
export function mutingSilence(silences: readonly ReadySilence[], fault: MatchedFault, at: number): Silence | null {
  let longest: Silence | null = null;
  for (const { silence, fits } of silences) {
    if (silenceState(silence, at) !== 'active' || (longest !== null && endOf(longest) >= endOf(silence))) continue;
    if (fits(fault)) longest = silence;
  }
  return longest;
}

/** When it ends, ms since the epoch; infinite without an end. */
function endOf({ endsAt }: Span): number {
  return endsAt ?? Infinity;
}

/**
 * Until when nobody is told of an incident, ms since the epoch, infinite without an end; null when people are told. Each
 * of its faults has to be silenced: `faults` are those that stand, or all when none stands.
 */
export function incidentMutedUntil(
  silences: readonly ReadySilence[],
  incident: Pick<Incident, 'environment' | 'labels'>,
  faults: readonly FaultEpisode[],
  at: number,
): number | null {
  let until: number | null = null;
  for (const fault of faults) {
    const silence = mutingSilence(silences, matchedEpisode(fault, incident), at);
    if (silence === null) return null;
    until = Math.min(until ?? Infinity, endOf(silence));
  }
  return until;
}

type Place = Pick<ClusterPolicy, 'environment' | 'labels'>;

/** What matchers see of a received fault. */
export function matchedSignal(signal: FaultSignal, owner: OwnerRef, { environment, labels }: Place): MatchedFault {
  return { ...signal, family: familyIn(signal, owner), owner, environment, labels };
}

/** What matchers see of an episode. */
export function matchedEpisode(episode: FaultEpisode, { environment, labels }: Place): MatchedFault {
  return { ...episode, environment, labels };
}

/** The rule of the outcome `muted`; the commands find the silence by it. */
export function silenceRule(id: string): string {
  return `silence: ${id}`;
}

/** The ids of the silences that rules name. */
export function silencesOfRules(rules: readonly (string | null)[]): readonly string[] {
  const ids = rules.flatMap((rule) => /\bsilence: ((?:sil|file)_\w+)/.exec(rule ?? '')?.[1] ?? []);
  return [...new Set(ids)];
}

export function newSilence(id: string, asked: NewSilence, at: number): Silence {
  return { id, source: 'api', ...asked, createdAt: at, endedBy: null };
}

/** A silence that somebody ends now; one that has ended stays as it is. */
export function endedSilence(silence: Silence, by: string, at: number): Silence {
  if (silenceState(silence, at) === 'ended') return silence;
  return { ...silence, endsAt: at, endedBy: by, wasToEndAt: silence.endsAt };
}

/** Who ended a silence that ends with an incident. */
export const endedByIncident = 'the end of its incident';

/** The comment of a silence that ends with an incident: by it that is found again after a restart. */
export function untilResolved(incidentId: string): string {
  return `until ${incidentId} is resolved`;
}

/** The incident with which a silence ends, null for one that only its time ends. */
export function endsWith({ comment }: Pick<Silence, 'comment'>): string | null {
  return /^until (inc_\w+) is resolved$/.exec(comment)?.[1] ?? null;
}

const byConfiguration = 'configuration';

/**
 * The silences of the configuration that change: new ones, those whose words are others, and those that were taken out,
 * which end now. `kept` are the rows of all that were ever there. One that is put back holds again.
 */
export function configuredChanges(
  configured: readonly ConfiguredSilence[],
  kept: readonly Silence[],
  at: number,
): readonly Silence[] {
  const rows = new Map(kept.map((silence) => [silence.id, silence]));
  const wanted = new Map(configured.map((silence) => [configuredId(silence), silence]));
  const changed = [...wanted].flatMap(([id, asked]) => {
    const before = rows.get(id);
    const after = configuredSilence(id, asked, before ?? null, at);
    if (before === undefined) return silenceState(after, at) === 'ended' ? [] : [after];
    return JSON.stringify(after) === JSON.stringify(before) ? [] : [after];
  });
  const gone = kept.filter((silence) => !wanted.has(silence.id) && silenceState(silence, at) !== 'ended');
  return [...changed, ...gone.map((silence) => endedSilence(silence, byConfiguration, at))];
}

function configuredSilence(
  id: string,
  { matchers, startsAt, endsAt, author, comment }: ConfiguredSilence,
  before: Silence | null,
  at: number,
): Silence {
  const stands = before !== null && before.endedBy === null;
  return {
    id,
    source: 'file',
    matchers,
    startsAt: startsAt ?? (stands ? before.startsAt : at),
    endsAt,
    author,
    comment,
    createdAt: before?.createdAt ?? at,
    endedBy: null,
  };
}

/** The same for the same matchers and times, in whatever order the file has them. */
function configuredId({ matchers, startsAt, endsAt }: ConfiguredSilence): string {
  const said = JSON.stringify([matchers.map(matcherText).toSorted(), startsAt, endsAt]);
  return `file_${createHash('sha256').update(said).digest('hex').slice(0, 12)}`;
}
