import type { Silence } from '../../../domain/fault.ts';
import type { IncidentDetail } from '../../../domain/state-store.ts';
import { incidentSilence } from '../../../domain/silence/incident-silence.ts';
import type { PeopleNotes } from '../people-lines.ts';
import { endsWith } from '../../../domain/silence/silences.ts';

/** The silence that keeps an incident from being told, as its message says it; null when people are told. `at` in ms. */
export function silenceOf(
  silences: readonly Silence[],
  detail: Pick<IncidentDetail, 'incident' | 'faults'>,
  at: number,
): PeopleNotes['silence'] {
  const first = incidentSilence(silences, detail, at);
  if (first === null) return null;
  const until = endsWith(first) === detail.incident.id ? null : first.endsAt;
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
