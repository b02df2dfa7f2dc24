import { Argument } from 'commander';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import { ProblemError } from '../lib/problem.ts';
import { listed, oneLine } from '../lib/text.ts';
import { incidentNotFound } from './errors.ts';

/** A shorter part is no name for anything: it may fit one today and another one tomorrow. */
const shortestPart = 4;

/** What may stand for an id, in the words of help. */
export const partOfId = `a part of at least ${shortestPart} characters that fits only one of the newest 1,000 is enough`;

/** The argument of every command that takes one incident. */
export function incidentArgument(): Argument {
  return new Argument('<incident>', `id of the incident; ${partOfId}`);
}

/**
 * The incident of an id, or of a part of one that fits only one of the newest 1,000; of one cluster when it is named.
 * @throws ProblemError
 */
export async function findIncident(
  reader: Pick<StateReader, 'incident' | 'incidents'>,
  id: string,
  cluster?: string,
): Promise<IncidentDetail> {
  const exact = await reader.incident(id);
  const found = exact === null ? await fittingOne(reader, id) : exact;
  const { cluster: where } = found.incident;
  if (cluster === undefined || where === cluster) return found;
  const place = `${found.incident.id} is an incident of ${oneLine(where, 63)}, not of ${oneLine(cluster, 63)}`;
  throw new ProblemError(incidentNotFound, place);
}

async function fittingOne(reader: Pick<StateReader, 'incidents'>, id: string): Promise<IncidentDetail> {
  const part = id.toLowerCase();
  const named = `"${oneLine(id, 80)}"`;
  if (part.length < shortestPart) {
    const short = `${named} is too short for a part of an id: write at least ${shortestPart} characters of it`;
    throw new ProblemError(incidentNotFound, short);
  }
  const { items } = await reader.incidents({ limit: 1000 });
  const fitting = items.filter(({ incident }) => incident.id.toLowerCase().includes(part));
  const [only] = fitting;
  if (only === undefined) throw new ProblemError(incidentNotFound, `there is no incident ${named}`);
  if (fitting.length === 1) return only;
  const ids = fitting.map(({ incident }) => incident.id);
  throw new ProblemError(incidentNotFound, `${ids.length} incidents fit ${named}: ${listed(ids, 5)}`);
}
