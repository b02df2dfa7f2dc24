import type { PodsImpact } from '../../src/domain/verdict/impact.ts';

/** Three pods of a Deployment of which none is ready, with what is given instead. */
export function impactSample(given: Partial<PodsImpact> = {}): PodsImpact {
  const { ready = 0, pods = 3 } = given;
  return {
    of: 'pods',
    at: null,
    ready,
    pods,
    basis: 'wanted',
    workloads: [{ object: 'Deployment payments/api', ready, pods }],
    workload_count: 1,
    revisions: null,
    crashing: 0,
    since: null,
    services: [],
    callers: [],
    serves: null,
    by_design: false,
    ...given,
  };
}
