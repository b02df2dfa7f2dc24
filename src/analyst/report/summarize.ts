import type { AnswerSummary } from '../../domain/records.ts';
import { oneLine } from '../../lib/text.ts';
import type { ReportModel } from './report-model.ts';

/** What messages show besides the cause: at most three facts and three steps. */
export function summarize(model: ReportModel): AnswerSummary {
  return {
    evidence: model.facts.slice(0, 3).map((fact) => `${fact.id}: ${oneLine(fact.quote, 200)}`),
    nextSteps: model.verdict.remediation
      .slice(0, 3)
      .map((it) => ({ text: oneLine(it.action, 300), command: it.command, reversible: it.reversible })),
    claimsBacked: model.claimsBacked,
    claims: model.claims,
    missing: model.missing.slice(0, 5).map((it) => oneLine(it, 200)),
  };
}
