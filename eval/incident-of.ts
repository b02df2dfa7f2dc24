import type { CollectRequest } from '../src/domain/ports.ts';
import type { FaultEpisode, Incident } from '../src/domain/records.ts';
import { familyOf } from '../src/domain/family.ts';
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
  const incident: Incident = {
    id: 'inc_recorded',
    cluster: 'recorded',
    environment: null,
    labels: {},
    status: 'investigating',
    statusReason: null,
    severity,
    family,
    resource,
    owner,
    title: `${trigger?.faultType ?? 'Fault'} ${focus.kind} ${focus.name}`,
    titleFault: { faultType, severity, firstSeen: at },
    openedAt: at,
    updatedAt: at,
    startedAt: at,
    reportedAt: null,
    resolvedAt: null,
    quiet: false,
    reopened: 0,
    previousId: null,
    cause: null,
    confidence: null,
    report: null,
    seq: 1,
  };
  const fault: FaultEpisode = {
    id: 1,
    cluster: 'recorded',
    faultId: '0000000000000000',
    faultType,
    severity,
    resource,
    container: '',
    context: trigger?.context ?? '',
    owner,
    node: null,
    family,
    firstSeen: at,
    lastSeen: at,
    since: null,
    count: 1,
    sources: ['push'],
    lastSweepAt: null,
    clearSeenAt: null,
    clearedAt: null,
    outcome: 'opened',
    rule: null,
    incidentId: incident.id,
  };
  return { incident, faults: trigger ? [fault] : [], permissions: null };
}
