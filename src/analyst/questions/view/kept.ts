import type { IncidentHistory } from '../../../domain/history.ts';
import type { AnswerText } from '../../../domain/question.ts';
import type { EvidenceFile } from '../../../domain/ports.ts';
import type { IncidentDetail } from '../../../domain/state-store.ts';
import type { Verdict } from '../../../domain/verdict/verdict.ts';

/** What is kept of an incident and read for a question: plain data, which can cross to a thread. */
export interface KeptIncident {
  readonly detail: IncidentDetail;
  /** Null where it is not known. */
  readonly history: IncidentHistory | null;
  /** Of the latest run; null when there is none, or none that can be read. */
  readonly verdict: Verdict | null;
  /** Files below `evidence/`. */
  readonly files: readonly EvidenceFile[];
  /** The options with which a `kubectl` of a person reaches its cluster and no other; none where it is not known. */
  readonly kubectl: readonly string[];
  /** Files of evidence that are stored and were not read: too many, or too large. */
  readonly leftOut: number;
  /** ms since the epoch. */
  readonly now: number;
}

export interface AskedQuestion {
  readonly kept: KeptIncident;
  readonly text: string;
}

/** `understood`: whether the rules knew what was asked. */
export interface RulesAnswer extends AnswerText {
  readonly by: 'rules';
  readonly understood: boolean;
}
