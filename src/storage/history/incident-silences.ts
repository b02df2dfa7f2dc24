import type { Silence } from '../../domain/fault.ts';
import type { FaultEpisode, Incident } from '../../domain/records.ts';
import type { MatchedFault } from '../../domain/silence/matchers.ts';
import { matchedEpisode, type ReadySilence } from '../../domain/silence/silences.ts';
import { episodesWhere } from '../rows/episodes.ts';
import { silencesWithin } from '../rows/silences.ts';
import type { Database } from '../sqlite/database.ts';

/** Of an incident so many faults are held against silences, the first ones: a node can take in hundreds. */
const maxMatched = 100;
const maxShown = 50;

/**
 * The silences that had, have or will have an effect on an incident, the oldest first: each holds in some of the time in
 * which a fault that it fits stands, and before the incident ended. One that muted the fault before there was an incident
 * is one of them.
 */
export function incidentSilences(db: Database, incident: Incident): Silence[] {
  const faults = episodesWhere(db, `incident_id = ? ORDER BY id LIMIT ${maxMatched}`, incident.id);
  const standing = faults.map((fault) => standingOf(fault, incident));
  const first = Math.min(incident.openedAt, ...standing.map(({ from }) => from));
  const last = Math.max(...standing.map(({ until }) => until));
  return silencesWithin(db, first, last)
    .filter((ready) => standing.some((fault) => holdsBack(ready, fault)))
    .map(({ silence }) => silence)
    .sort((a, b) => a.createdAt - b.createdAt)
    .slice(-maxShown);
}

/** What matchers see of a fault, and the time in which a silence has an effect on it. */
interface Standing {
  readonly fault: MatchedFault;
  readonly from: number;
  readonly until: number;
}

function standingOf(episode: FaultEpisode, incident: Incident): Standing {
  const until = Math.min(episode.clearedAt ?? Infinity, incident.resolvedAt ?? Infinity);
  return { fault: matchedEpisode(episode, incident), from: episode.firstSeen, until };
}

/** Times first: they cost nothing. One that was ended before it began never held. */
function holdsBack({ silence, fits }: ReadySilence, { fault, from, until }: Standing): boolean {
  const { startsAt, endsAt } = silence;
  const end = endsAt ?? Infinity;
  return startsAt < end && startsAt < until && end > from && fits(fault);
}
