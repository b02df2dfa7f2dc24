import type { AnalystRequest, Answer, Evidence } from '../../domain/ports.ts';
import type { AnswerSummary } from '../../domain/records.ts';
import type { AnswerDetails, EvidenceLine } from '../../domain/verdict/findings.ts';
import type { Entity, Verdict } from '../../domain/verdict/verdict.ts';
import { oneLine } from '../../lib/text.ts';
import { findingsOf } from '../../report/evidence/findings.ts';
import { reportMarkdown } from '../../report/markdown.ts';
import { type AnswerReport, answerReport } from '../../report/model/answer-report.ts';
import { entityText } from '../model/entities.ts';

export interface ReportInput {
  readonly request: AnalystRequest;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly details: AnswerDetails;
  /** What the answer is about. */
  readonly subject: Entity;
}

/** `investigation.md` of the built-in analyst, what pages show of it, and what messages do. */
export function renderReport({
  request,
  evidence,
  verdict,
  details,
  subject,
}: ReportInput): Pick<Answer, 'markdown' | 'summary' | 'findings'> {
  const { incidentId: id, cluster, since, severity = null } = request;
  const faults = request.faults
    .slice(0, 10)
    .map((it) => `${it.faultType} on ${entityText(it.resource)}: ${it.context}`);
  const object = entityText(subject);
  const about = { id, cluster, title: request.title || object, object, severity, since, faults };
  const findings = findingsOf({ verdict, details, files: evidence.files, since });
  const report = answerReport(about, verdict, findings);
  return { markdown: reportMarkdown(report), summary: summarize(report, verdict), findings };
}

/** What messages show besides the cause: at most three facts and three steps. */
function summarize({ findings }: AnswerReport, { remediation }: Verdict): AnswerSummary {
  return {
    evidence: findings.evidence.slice(0, 3).map(evidenceText),
    nextSteps: remediation
      .slice(0, 3)
      .map(({ action, command, reversible, undo }) => ({ text: oneLine(action, 300), command, reversible, undo })),
    claimsBacked: findings.claims_backed,
    claims: findings.claims,
    missing: findings.missing.slice(0, 5).map((it) => oneLine(it, 200)),
  };
}

/** A field with its value says all; a line of a log is told as it stands, with where it stands. */
function evidenceText({ words, quote, excerpt }: EvidenceLine): string {
  return excerpt === null ? oneLine(words, 300) : `${oneLine(quote, 200)} (${oneLine(words, 200)})`;
}
