import { incidentJson, listedFaultJson, runJson } from '../domain/incident-json.ts';
import type { Delivery } from '../domain/records.ts';
import type { StoreChange } from '../domain/state-store.ts';

export interface StreamEvent {
  readonly event: 'connection' | 'fault' | 'incident' | 'run' | 'delivery';
  readonly data: object;
}

/** A change of the store as an event: the object of the read API, an incident without its faults. */
export function changeEvent(change: StoreChange): StreamEvent {
  switch (change.type) {
    case 'fault':
      return { event: 'fault', data: listedFaultJson(change.fault) };
    case 'incident': {
      const { faults: _, ...incident } = incidentJson(change.incident, []);
      const { statusReason, cause, confidence, report } = change.incident;
      return { event: 'incident', data: { ...incident, status_reason: statusReason, cause, confidence, report } };
    }
    case 'run':
      return {
        event: 'run',
        data: { ...runJson(change.run), incident_id: change.run.incidentId, cluster: change.cluster },
      };
    case 'delivery':
    default:
      return { event: 'delivery', data: { ...deliveryJson(change.delivery), cluster: change.cluster } };
  }
}

function deliveryJson(delivery: Delivery) {
  return {
    id: delivery.id,
    target: delivery.target,
    kind: delivery.kind,
    incident_id: delivery.incidentId,
    state: delivery.state,
    status: delivery.status,
    attempts: delivery.attempts,
    created_at: new Date(delivery.createdAt).toISOString(),
    sent_at: delivery.sentAt === null ? null : new Date(delivery.sentAt).toISOString(),
    error: delivery.error,
  };
}
