import { analystRequest } from '../src/domain/decide/analyst-request.ts';
import type { AnalystRequest } from '../src/domain/ports.ts';
import type { Truth } from './truth.ts';

/** The incident as intake would open it from the first alert: nothing of it tells of the true cause. `at` in ms. */
export function incidentOf(truth: Truth, at: number): AnalystRequest {
  const { focus, trigger } = truth;
  const resource = trigger?.resource ?? focus;
  const title = `${trigger?.faultType ?? 'Fault'} ${focus.kind} ${focus.name}`;
  const incident = { id: 'inc_recorded', cluster: 'recorded', title, openedAt: at, owner: focus, resource };
  const faults = trigger
    ? [
        {
          faultType: trigger.faultType,
          context: trigger.context,
          firstSeen: at,
          since: null,
          sources: ['push'] as const,
          owner: focus,
          resource,
        },
      ]
    : [];
  return analystRequest(incident, faults, ['--context', 'recorded']);
}
