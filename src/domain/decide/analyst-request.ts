import type { AnalystRequest } from '../ports.ts';
import type { FaultEpisode, Incident } from '../records.ts';
import type { Entity } from '../verdict.ts';

type AskedIncident = Pick<Incident, 'id' | 'cluster' | 'title' | 'openedAt'> & {
  readonly owner: Entity;
  readonly resource: Entity;
};
type AskedFault = Pick<FaultEpisode, 'faultType' | 'context' | 'firstSeen' | 'since'> & {
  readonly owner: Entity;
  readonly resource: Entity;
};

/** What the analyst is asked about an incident; `kubectl`: the options with which people reach its cluster. */
export function analystRequest(
  incident: AskedIncident,
  faults: readonly AskedFault[],
  kubectl: readonly string[],
): AnalystRequest {
  return {
    incidentId: incident.id,
    cluster: incident.cluster,
    kubectl,
    title: incident.title,
    since: faults.length === 0 ? incident.openedAt : Math.min(...faults.map((it) => it.since ?? it.firstSeen)),
    subject: entity(incident.owner),
    related: [incident.resource, ...faults.flatMap(({ owner, resource }) => [owner, resource])].map(entity),
    faults: faults.map(({ faultType, resource, context }) => ({ faultType, resource: entity(resource), context })),
  };
}

const entity = ({ kind, namespace, name }: Entity): Entity => ({ kind, namespace, name });
