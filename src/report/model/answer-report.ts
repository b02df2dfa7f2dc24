import { isReading, stakeWords } from '../../domain/decide/kubectl-access.ts';
import type { Severity } from '../../domain/fault.ts';
import type { NextStep } from '../../domain/records.ts';
import type { Findings } from '../../domain/verdict/findings.ts';
import { confidenceWords } from '../../domain/verdict/confidence.ts';
import type { Cause, Confidence, Entity, Verdict } from '../../domain/verdict/verdict.ts';
import { objectName } from '../evidence/objects.ts';

/**
 * What a report says of an answer, whatever shows it: a file, a page, a terminal. Texts come from clusters and models and
 * are not yet made safe for any output. Times are ms since the epoch.
 */
export interface AnswerReport {
  readonly id: string;
  readonly cluster: string;
  readonly title: string;
  /** The object that is not well, `Deployment shop/cart`. */
  readonly object: string;
  /** Null where nobody said it. */
  readonly severity: Severity | null;
  /** When the first fault began. */
  readonly since: number;
  /** What was reported, in the words of its source. */
  readonly faults: readonly string[];
  readonly isFault: boolean;
  readonly summary: string;
  /** Null: no cause was found, or nothing is wrong. */
  readonly cause: ReportedCause | null;
  readonly otherCauses: readonly ReportedCause[];
  readonly affected: readonly string[];
  readonly steps: readonly ReportedStep[];
  readonly findings: Findings;
}

export interface ReportedCause {
  readonly statement: string;
  readonly object: string;
  readonly mechanism: string;
  readonly wrongValue: string | null;
  readonly confidence: Confidence;
  /** What the confidence means, a sentence. */
  readonly confidenceWords: string;
  readonly files: readonly { readonly file: string; readonly quote: string }[];
}

export interface ReportedStep {
  readonly action: string;
  readonly command: string | null;
  /** `only reads`, `low risk`, `high risk, cannot be undone`. */
  readonly risk: string;
  readonly undo: string | null;
  /** The command has places like `<value>` that a person fills in first. */
  readonly hasBlanks: boolean;
}

export type Subject = Pick<AnswerReport, 'id' | 'cluster' | 'title' | 'object' | 'severity' | 'since' | 'faults'>;

/** The report of an answer about one incident. */
export function answerReport(subject: Subject, verdict: Verdict, findings: Findings): AnswerReport {
  const [first = null, ...others] = verdict.causes.toSorted((a, b) => a.rank - b.rank).map(reportedCause);
  return {
    ...subject,
    isFault: verdict.is_fault,
    summary: verdict.summary,
    cause: first,
    otherCauses: others,
    affected: verdict.victims.map(entityWords),
    steps: verdict.remediation.map(reportedStep),
    findings,
  };
}

export function entityWords({ kind, namespace, name }: Entity): string {
  return objectName(kind, namespace, name);
}

function reportedCause(cause: Cause): ReportedCause {
  return {
    statement: cause.statement,
    object: entityWords(cause.entity),
    mechanism: cause.mechanism,
    wrongValue: cause.wrong_value,
    confidence: cause.confidence,
    confidenceWords: `${confidenceWords[cause.confidence]}.`,
    files: cause.evidence,
  };
}

function reportedStep(step: Verdict['remediation'][number]): ReportedStep {
  const { action, command, undo } = step;
  return { action, command, undo, risk: riskWords(step), hasBlanks: hasBlanks(command) };
}

/** A step as messages tell it, for where the verdict cannot be read. */
export function toldStep(step: NextStep): ReportedStep {
  const { text: action, command, undo = null } = step;
  return { action, command, undo, risk: stakeWords(step), hasBlanks: hasBlanks(command) };
}

const hasBlanks = (command: string | null): boolean => /<[a-z][\w -]*>/i.test(command ?? '');

function riskWords({ command, risk, reversible, undo }: Verdict['remediation'][number]): string {
  if (command !== null && isReading(command)) return 'only reads';
  if (risk === 'none') return command === null ? 'no risk' : 'only reads';
  if (!reversible) return `${risk} risk, cannot be undone`;
  return `${risk} risk${undo === null ? ', can be undone' : ''}`;
}
