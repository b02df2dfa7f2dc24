import { z } from 'zod';
import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { oneLine } from '../../lib/text.ts';
import type { ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';

/** The argument that names an incident, for the schema of a tool. */
export const incidentArgs = {
  id: z.string().min(1).max(100).describe('Id of an incident, such as inc_01K9Z3W8Q4; list_incidents has them.'),
};

/**
 * The incident of an id, as far as the caller may see it: of other clusters there is none, and no word of them is in it.
 * @throws ToolError `not_found`
 */
export async function incidentOf(
  reader: Pick<StateReader, 'incident'>,
  id: string,
  { onlyCluster }: ToolCall,
): Promise<IncidentDetail> {
  const detail = await reader.incident(id);
  const isSeen = detail !== null && (onlyCluster === null || detail.incident.cluster === onlyCluster);
  if (isSeen) return seenBy(detail, onlyCluster);
  throw new ToolError(
    'not_found',
    `there is no incident "${oneLine(id, 100)}"`,
    'list_incidents says which there are.',
  );
}

/** Without what is the same in other clusters, for who may see one. */
export function seenBy(detail: IncidentDetail, onlyCluster: string | null): IncidentDetail {
  if (onlyCluster === null) return detail;
  const { fleet: _others, ...own } = detail;
  return own;
}
