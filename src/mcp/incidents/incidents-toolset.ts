import { z } from 'zod';
import { incidentDetailJson, incidentSchema } from '../../domain/wire/incident.ts';
import type { ClusterDirectory } from '../../domain/cluster-status.ts';
import { define, type Tool, type ToolsetParts } from '../tool.ts';
import { type ClustersHealthDeps, getClustersHealth } from './clusters-health.ts';
import { incidentArgs, incidentOf } from './incident-of.ts';
import { listIncidents, type ListIncidentsDeps } from './list-incidents.ts';
import { getIncidentEvidence, getIncidentReport, type StoredFilesDeps } from './stored-files.ts';
import { triggerTriage, type TriggerTriageDeps } from './trigger-triage.ts';
import { why, type WhyDeps } from './why.ts';

export interface IncidentsToolsetDeps
  extends ListIncidentsDeps, WhyDeps, StoredFilesDeps, Pick<ClustersHealthDeps, 'problems'> {
  readonly reader: ListIncidentsDeps['reader'] &
    WhyDeps['reader'] &
    StoredFilesDeps['reader'] &
    ClustersHealthDeps['reader'];
  /** How the connections are; null where none is kept, as beside a daemon. */
  readonly directory: ClusterDirectory | null;
  /** Null where nothing can be investigated. */
  readonly manualTriage: TriggerTriageDeps['manualTriage'] | null;
}

/** What nightcrier knows of incidents, their reports and evidence, of faults that nobody was told of, and of its clusters. */
export function incidentsToolset(deps: IncidentsToolsetDeps): ToolsetParts {
  const { directory, manualTriage } = deps;
  const tools = [
    listIncidents(deps),
    getIncident(deps),
    getIncidentReport(deps),
    getIncidentEvidence(deps),
    why(deps),
    ...(directory === null ? [] : [getClustersHealth({ ...deps, directory })]),
    ...(manualTriage === null ? [] : [triggerTriage({ ...deps, manualTriage })]),
  ];
  return { toolset: 'incidents', tools };
}

function getIncident({ reader, clock }: Pick<IncidentsToolsetDeps, 'reader' | 'clock'>): Tool {
  return define({
    name: 'get_incident',
    toolset: 'incidents',
    title: 'One incident',
    description:
      'All that is known of one incident: its faults, who has it in hand, each investigation with its outcome and cost, the members of a storm, and where the same is seen in other clusters. The cause in full is in get_incident_report.',
    input: z.strictObject(incidentArgs),
    output: incidentSchema.extend({ as_of: z.string().describe('When it was read, ISO 8601 UTC.') }),
    run: async ({ id }, call) => {
      const detail = await incidentOf(reader, id, call);
      return { ...incidentDetailJson(detail), as_of: new Date(clock.now()).toISOString() };
    },
  });
}
