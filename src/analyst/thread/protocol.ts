import type { Answer, AnalystRequest, CheckedVerdict, Evidence, EvidenceFile } from '../../domain/ports.ts';
import type { Verdict } from '../../domain/verdict/verdict.ts';
import type { AskedQuestion, RulesAnswer } from '../questions/view/kept.ts';

/* What the main thread and that of the analyst say to each other: plain data. */

export type Asked =
  | { readonly kind: 'analyse'; readonly request: AnalystRequest; readonly evidence: Evidence }
  | {
      readonly kind: 'check';
      readonly verdict: Verdict;
      readonly evidence: Evidence;
      readonly served: readonly EvidenceFile[];
    }
  | { readonly kind: 'question'; readonly question: AskedQuestion };

/** What comes of it. */
export type Value = Answer | CheckedVerdict | RulesAnswer;

export type Done = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string };

export type FromThread = 'ready' | Done;
