import { type IncidentHistory, saidOf } from '../../domain/history.ts';
import { calledOverBy } from '../../domain/people/incident-act.ts';
import type { Incident } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { utcTime } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import { peopleMoments } from '../../report/model/people-moments.ts';

/** What people said of an answer, and what they silenced. */
export type PeopleHistory = Pick<IncidentHistory, 'feedback' | 'silences'>;

const shown = 50;

/**
 * What people did with an incident and what came of it, a line each with its time, the oldest first; empty where nobody did
 * anything.
 */
export function peopleLines(detail: IncidentDetail, history: PeopleHistory | null, now: number): string[] {
  const moments = peopleMoments({ ...detail, incident: withoutReturns(detail.incident) }, history, now);
  const rest = moments.length - shown;
  if (moments.length === 0) return [];
  return [
    '',
    'What people did',
    ...(rest > 0 ? [`  … ${rest} earlier`] : []),
    ...moments.slice(-shown).map(({ at, words }) => `  - ${utcTime(at)} · ${oneLine(words, 1000)}`),
  ];
}

/** Without the reopenings after which nobody had called it over: no person had a part in them. */
function withoutReturns(incident: Incident): Incident {
  const reopenings = incident.reopenings?.filter(({ endReason }) => calledOverBy(endReason) !== null) ?? [];
  return { ...incident, reopenings };
}

/** What a person said last of the answer; empty where nobody did. */
export function saidLines({ runs }: Pick<IncidentDetail, 'runs'>, history: PeopleHistory | null): string[] {
  const last = history?.feedback[0];
  return last === undefined ? [] : [oneLine(saidOf(last, runs))];
}
