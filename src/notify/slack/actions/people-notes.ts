import type { Silence } from '../../../domain/fault.ts';
import type { IncidentDetail } from '../../../domain/state-store.ts';
import { matchedEpisode, mutingSilence, readySilence, silenceState } from '../../../domain/silence/silences.ts';
import type { PeopleNotes } from '../people-lines.ts';
import { endsWith } from './until-resolved.ts';

/**
 * The silence that keeps an incident from being told, null when people are told: each of its faults that stand has to be
 * silenced, and what ends first is said. `at` in ms since the epoch.
 */
export function silenceOf(
  silences: readonly Silence[],
  { incident, faults }: Pick<IncidentDetail, 'incident' | 'faults'>,
  at: number,
): PeopleNotes['silence'] {
  const standing = faults.filter(({ clearedAt }) => clearedAt === null);
  const ready = silences.filter((silence) => silenceState(silence, at) === 'active').map(readySilence);
  let first: Silence | null = null;
  for (const fault of standing.length > 0 ? standing : faults) {
    const silence = mutingSilence(ready, matchedEpisode(fault, incident), at);
    if (silence === null) return null;
    if (first === null || (silence.endsAt ?? Infinity) < (first.endsAt ?? Infinity)) first = silence;
  }
  if (first === null) return null;
  const until = endsWith(first) === incident.id ? null : first.endsAt;
  return { by: first.author, at: first.startsAt, until };
}

export interface NotesSource {
  readonly silences: () => Promise<readonly Silence[]>;
  /** What people said of the answers of an incident. */
  readonly feedback: (incidentId: string) => Promise<PeopleNotes['feedback']>;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** What people did with an incident, for its message. @throws what the source throws */
export function peopleNotes({ silences, feedback, now }: NotesSource) {
  return async (detail: Pick<IncidentDetail, 'incident' | 'faults'>): Promise<PeopleNotes> => {
    const [all, said] = await Promise.all([silences(), feedback(detail.incident.id)]);
    return { silence: silenceOf(all, detail, now()), feedback: said };
  };
}
