import { engineFaults } from '../../domain/ports.ts';

/** What can be wrong with an agent's run (TRI-6). The list is closed: each name is a metric label. */
export const defects = [
  'not_started',
  ...engineFaults,
  'over_budget',
  'breaker_open',
  'timed_out',
  'killed',
  'output_limit',
  'exit_nonzero',
  'too_many_attempts',
  'report_missing',
  'report_not_regular',
  'report_too_short',
  'report_too_large',
  'report_not_text',
  'section_missing',
  'verdict_missing',
  'verdict_not_regular',
  'verdict_too_large',
  'verdict_not_json',
  'verdict_schema',
  'cause_without_evidence',
  'evidence_not_found',
  'claims_unbacked',
  'claims_refuted',
  'fault_denied',
  'check_failed',
] as const;
export type Defect = (typeof defects)[number];

/** A defect with what was found, one line. */
export interface FoundDefect {
  readonly defect: Defect;
  readonly detail: string;
}
