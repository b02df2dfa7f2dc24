import type { Findings } from '../../src/domain/verdict/findings.ts';

/** What a report shows beside a verdict, with nothing in it but what is given. */
export function findingsSample(given: Partial<Findings> = {}): Findings {
  return {
    version: 1,
    read_at: null,
    health: '0 of 2 ready',
    impact: null,
    evidence: [],
    more_evidence: [],
    changes: [],
    chain: [],
    ruled_out: [],
    possible: [],
    unexplained: [],
    unrelated: [],
    looked: ['Pod: 1'],
    missing: [],
    remarks: [],
    flagged: [],
    claims: 1,
    claims_backed: 1,
    requests: 3,
    runbooks: [],
    ...given,
  };
}
