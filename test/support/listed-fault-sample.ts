import type { Outcome } from '../../src/domain/fault.ts';
import type { ListedFault } from '../../src/domain/state-store.ts';
import { sampleFault, sampleTime } from './incident-samples.ts';

/** A received fault of `prod-eu` with its outcome. */
export function sampleListedFault(seq: number, outcome: Outcome): ListedFault {
  const { faultId, faultType, severity, resource, container, context } = sampleFault();
  const at = sampleTime + seq * 1000;
  return {
    reception: {
      seq,
      cluster: 'prod-eu',
      source: 'push',
      at,
      signal: {
        cluster: 'prod-eu',
        source: 'push',
        faultId,
        faultType,
        severity,
        resource,
        container,
        context,
        at,
        since: null,
        family: null,
      },
      invalid: null,
      outcome,
      rule: outcome === 'merged' ? 'same owner' : null,
      final: true,
      count: 1,
      episodeId: 1,
      incidentId: null,
      quiet: false,
      dueAt: 0,
    },
    episode: sampleFault(),
  };
}
