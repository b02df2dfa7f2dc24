import type { CollectRequest } from '../src/domain/ports.ts';
import { blankEpisode } from '../src/domain/episode.ts';
import { familyOf } from '../src/domain/family.ts';
import { blankIncident } from '../src/domain/incident.ts';
import { kindFacts } from '../src/kube/kinds.ts';
import type { Truth } from './truth.ts';

/** The incident as intake would open it from the first alert: nothing of it tells of the true cause. `at` in ms. */
export function incidentOf(truth: Truth, at: number): CollectRequest {
  const { focus, trigger } = truth;
  const apiVersion = kindFacts(focus.kind)?.apiVersion ?? 'v1';
  const resource = trigger?.resource ?? { apiVersion, ...focus, uid: null };
  const owner = { ...focus, certain: true };
  const faultType = trigger?.faultType ?? 'WarningEvent';
  const severity = trigger?.severity ?? 'info';
  const family = familyOf(faultType);
  const common = { cluster: 'recorded', severity, family, resource, owner };
  const incident = blankIncident({
    ...common,
    id: 'inc_recorded',
    status: 'investigating',
    title: `${trigger?.faultType ?? 'Fault'} ${focus.kind} ${focus.name}`,
    titleFault: { faultType, severity, firstSeen: at },
    openedAt: at,
    startedAt: at,
  });
  const fault = blankEpisode({
    ...common,
    id: 1,
    faultId: '0000000000000000',
    faultType,
    context: trigger?.context ?? '',
    firstSeen: at,
    sources: ['push'],
    incidentId: incident.id,
  });
  return { incident, faults: trigger ? [fault] : [], permissions: null };
}
