import { onlyAlerted } from '../episode.ts';
import { isKnown } from '../fault-types.ts';
import type { Severity } from '../fault.ts';
import type { AnalystRequest } from '../ports.ts';
import type { FaultEpisode, Incident } from '../records.ts';
import type { Entity } from '../verdict/verdict.ts';

type AskedIncident = Pick<Incident, 'id' | 'cluster' | 'title' | 'openedAt'> & {
  readonly severity?: Severity;
  readonly owner: Entity;
  readonly resource: Entity;
};
type AskedFault = Pick<FaultEpisode, 'faultType' | 'context' | 'firstSeen' | 'since' | 'sources'> & {
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
    ...(incident.severity !== undefined && { severity: incident.severity }),
    since: faults.length === 0 ? incident.openedAt : Math.min(...faults.map((it) => it.since ?? it.firstSeen)),
    subject: entity(incident.owner),
    related: [incident.resource, ...faults.flatMap(({ owner, resource }) => [owner, resource])].map(entity),
    faults: faults.map((fault) => ({
      faultType: fault.faultType,
      resource: entity(fault.resource),
      context: fault.context,
      ...(isMeasured(fault) ? { measured: true } : {}),
    })),
  };
}

const entity = ({ kind, namespace, name }: Entity): Entity => ({ kind, namespace, name });

/** Whether it tells of what is measured, such as a rate of errors: an object that is well does not say that it is over. */
function isMeasured(fault: AskedFault): boolean {
  return onlyAlerted(fault) && !isKnown(fault.faultType);
}
