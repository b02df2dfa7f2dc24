import type { StormMember, StormView } from '../../src/domain/fault.ts';
import type { Incident } from '../../src/domain/records.ts';
import type { DeliveryClaim } from '../../src/domain/state-store.ts';
import { sampleClaim } from './claim-sample.ts';
import { sampleIncident, sampleTime } from './incident-samples.ts';

export function sampleMember(index: number, change: Partial<StormMember> = {}): StormMember {
  const name = `app${index}`;
  return {
    stormId: 'inc_01K9Z3W8Q4',
    owner: { kind: 'Deployment', namespace: index % 3 === 0 ? 'pay' : 'shop', name, certain: true },
    family: index % 4 === 0 ? 'image' : 'workload',
    faultType: 'CrashLoop',
    severity: 'critical',
    resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: `${name}-0`, uid: null },
    at: sampleTime + index * 1000,
    signs: {
      webhook: null,
      node: 'n1',
      image: null,
      dns: null,
      registry: null,
      zone: null,
      namespace: 'shop',
      fault_type: 'CrashLoop',
    },
    signature: null,
    incidentId: null,
    ...change,
  };
}

export function sampleView(count: number): StormView {
  const common = { sign: 'node', value: 'n1', count: count - 1, of: count } as const;
  const type = { sign: 'fault_type', value: 'CrashLoop', count, of: count } as const;
  return { members: Array.from({ length: count }, (_, index) => sampleMember(index)), common, shared: [type, common] };
}

/** A storm of so many incidents, and what a message of it is made of. */
export function stormClaim(count: number, change: Partial<Incident> = {}): DeliveryClaim {
  const storm = {
    startedAt: sampleTime,
    lastMemberAt: sampleTime + 120_000,
    endedAt: null,
    members: count,
    announced: count,
    rule: 'intake.storm.per_cluster: 30',
    cause: null,
  };
  const incident = sampleIncident({ title: `Fault storm · ${count} incidents`, storm, ...change });
  return { ...sampleClaim({ incident }), storm: sampleView(count) };
}
