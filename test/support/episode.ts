import type { FaultSignal } from '../../src/domain/fault.ts';
import { familyOf } from '../../src/domain/fault-types.ts';
import type { FaultEpisode } from '../../src/domain/records.ts';

/** An active episode of a fault, as the store would keep it. */
export function episodeOf(signal: FaultSignal, extra: Partial<FaultEpisode> = {}): FaultEpisode {
  return {
    id: 1,
    cluster: signal.cluster,
    faultId: signal.faultId,
    faultType: signal.faultType,
    severity: signal.severity,
    resource: signal.resource,
    container: signal.container,
    context: signal.context,
    owner: { kind: signal.resource.kind, namespace: null, name: signal.resource.name, certain: false },
    node: null,
    family: signal.family ?? familyOf(signal.faultType),
    firstSeen: signal.at,
    lastSeen: signal.at,
    since: signal.since,
    count: 1,
    sources: [signal.source],
    lastSweepAt: signal.at,
    clearSeenAt: null,
    clearedAt: null,
    outcome: 'opened',
    rule: null,
    incidentId: null,
    ...extra,
  };
}
