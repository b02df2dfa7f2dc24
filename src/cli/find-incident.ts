import { Argument } from 'commander';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import { ProblemError } from '../lib/problem.ts';
import { truncate } from '../lib/text.ts';
import { incidentNotFound } from './errors.ts';

/** The argument of every command that takes one incident. */
export function incidentArgument(): Argument {
  return new Argument('<incident>', 'id of the incident; a part that fits only one of the newest 1,000 is enough');
}

/** The incident of an id, or of a part of one that fits only one of the newest 1,000. @throws ProblemError */
export async function findIncident(
  reader: Pick<StateReader, 'incident' | 'incidents'>,
  id: string,
): Promise<IncidentDetail> {
  const exact = await reader.incident(id);
  if (exact !== null) return exact;
  const { items } = await reader.incidents({ limit: 1000 });
  const part = id.toLowerCase();
  const fitting = part.length < 4 ? [] : items.filter(({ incident }) => incident.id.toLowerCase().includes(part));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const found = fitting.length === 0 ? 'there is no incident' : `${fitting.length} incidents fit`;
  throw new ProblemError(incidentNotFound, `${found} "${truncate(id, 80)}"`);
}
