import type { Answer, CheckedVerdict, AnalystRequest, Evidence } from '../../domain/ports.ts';
import type { AnswerSummary } from '../../domain/records.ts';
import type { Confidence, Entity, EvidenceRef, Verdict } from '../../domain/verdict/verdict.ts';
import { oneLine } from '../../lib/text.ts';
import { entityText, sameEntity } from '../model/entities.ts';
import type { Analysis } from '../rank/analysis.ts';
import type { Conclusion } from '../rules/rule.ts';
import { signText } from '../rank/standing.ts';

/** One statement with its id and where it is written. */
export interface Fact {
  readonly id: string;
  readonly file: string;
  readonly quote: string;
}

export interface Inference {
  readonly id: string;
  readonly text: string;
  readonly from: readonly string[];
  readonly confidence: Confidence;
}

/** Everything that a report shows, in one form for Markdown, messages and pages. Texts of the cluster are not yet escaped. */
export interface ReportModel {
  readonly title: string;
  readonly cluster: string;
  readonly subject: Entity;
  readonly verdict: Verdict;
  /** Whether the commands of the verdict name their cluster. */
  readonly hasOptions: boolean;
  readonly health: string;
  readonly since: string;
  readonly faults: readonly string[];
  readonly facts: readonly Fact[];
  readonly inferences: readonly Inference[];
  /** What says that something is not well and no cause explains, one sign a line. */
  readonly unexplained: readonly string[];
  /** From what alerted to the cause, one step a line. */
  readonly chain: readonly string[];
  /** What the evidence excludes, each with its proof. */
  readonly ruledOut: readonly string[];
  /** What the evidence leaves open beside a cause that is not sure. */
  readonly possible: readonly string[];
  readonly looked: readonly string[];
  readonly missing: readonly string[];
  readonly remarks: readonly string[];
  readonly unrelated: readonly string[];
  readonly flagged: Answer['flaggedInstructions'];
  readonly apiCalls: number;
  readonly claims: number;
  readonly claimsBacked: number;
}

export interface ReportInput {
  readonly request: AnalystRequest;
  readonly evidence: Evidence;
  readonly analysis: Analysis;
  readonly checked: CheckedVerdict;
  readonly flaggedInstructions: Answer['flaggedInstructions'];
}

export function reportModel(input: ReportInput): ReportModel {
  const { request, evidence, analysis, checked } = input;
  const { verdict } = checked;
  const subject = analysis.focus.entities[0] ?? request.subject;
  const unexplained = verdict.is_fault ? analysis.unexplained : [];
  const proof = verdict.is_fault
    ? unexplained.flatMap(({ ref }) => (verdict.causes.length === 0 && ref ? [ref] : []))
    : (analysis.health.proof ?? []);
  const facts = factsOf(verdict, proof);
  const idOf = (file: string, quote: string): string[] =>
    facts.filter((it) => it.file === file && it.quote === quote).map((it) => it.id);
  return {
    title: request.title || entityText(subject),
    cluster: request.cluster,
    subject,
    verdict,
    hasOptions: request.kubectl.length > 0,
    health: analysis.health.why,
    since: new Date(request.since).toISOString(),
    faults: request.faults.slice(0, 10).map((it) => `${it.faultType} on ${entityText(it.resource)}: ${it.context}`),
    facts,
    inferences: verdict.causes.map((cause, at) => ({
      id: `INF-${at + 1}`,
      text: `${cause.mechanism} of ${entityText(cause.entity)}: cause ${at + 1} below`,
      from: cause.evidence.flatMap((ref) => idOf(ref.file, ref.quote)),
      confidence: cause.confidence,
    })),
    unexplained: unexplained.map(signText),
    chain: chainOf(analysis),
    ruledOut: ruledOutBy(analysis, verdict),
    possible: stillPossible(analysis, verdict),
    looked: lookedAt(evidence),
    missing: evidence.missing.slice(0, 20),
    remarks: checked.remarks,
    unrelated: unique(analysis.ranking.unrelated.map((it) => it.statement)).slice(0, 5),
    flagged: input.flaggedInstructions,
    apiCalls: evidence.apiCalls,
    claims: checked.claims,
    claimsBacked: checked.claimsBacked,
  };
}

/** What causes rest on, what shows that there is none, or what no cause explains. */
/**
 * What the causes' rules found to be excluded, with the proof: never an object that is blamed itself. What lost against a
 * cause is not excluded: most of it only follows from the cause, and is not told at all.
 */
function ruledOutBy({ ranking }: Analysis, verdict: Verdict): readonly string[] {
  const blamed = verdict.causes.map(({ entity }) => `${entityText(entity)}:`);
  return unique(ranking.causes.flatMap((it) => it.conclusion.ruledOut))
    .filter((text) => !blamed.some((name) => text.startsWith(name)))
    .slice(0, 10);
}

/** Other explanations of the same, strongest first, as long as no cause is sure. */
function stillPossible({ ranking }: Analysis, verdict: Verdict): readonly string[] {
  const { causes } = verdict;
  if (causes.length === 0 || causes.some(({ confidence }) => confidence === 'high')) return [];
  const isNamed = ({ mechanism, entity }: Conclusion): boolean =>
    causes.some((cause) => cause.mechanism === mechanism && sameEntity(cause.entity, entity));
  const others = ranking.rivals
    .filter(({ confidence, mechanism }) => confidence !== 'low' && mechanism !== 'app_exit')
    .filter((rival) => !isNamed(rival));
  return unique(others.map((it) => it.statement)).slice(0, 3);
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

function factsOf(verdict: Verdict, proof: readonly EvidenceRef[]): Fact[] {
  const refs = [...verdict.causes.flatMap((cause) => cause.evidence), ...proof];
  const unique = [...new Map(refs.map((ref) => [`${ref.file}\n${ref.quote}`, ref])).values()];
  return unique.map((ref, at) => ({ id: `FACT-${at + 1}`, ...ref }));
}

function chainOf({ ranking }: Analysis): string[] {
  const [first] = ranking.causes;
  if (!first) return [];
  return first.chain.map(
    (edge) => `${entityText(edge.from)} fails to reach ${entityText(edge.via)} (${entityText(edge.to)})`,
  );
}

/** What was read, kind by kind, with counts. */
function lookedAt(evidence: Evidence): string[] {
  const counts = new Map<string, number>();
  for (const { path } of evidence.files) {
    const parts = path.split('/');
    const kind =
      parts[1] === 'objects'
        ? (parts[3] ?? '')
        : parts[1] === 'logs'
          ? 'log'
          : parts[1] === 'events'
            ? 'events of a namespace'
            : '';
    if (kind !== '') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind}: ${count}`);
}

/** What messages show besides the cause: at most three facts and three steps. */
export function summarize(model: ReportModel): AnswerSummary {
  return {
    evidence: model.facts.slice(0, 3).map((fact) => `${fact.id}: ${oneLine(fact.quote, 200)}`),
    nextSteps: model.verdict.remediation
      .slice(0, 3)
      .map(({ action, command, reversible, undo }) => ({ text: oneLine(action, 300), command, reversible, undo })),
    claimsBacked: model.claimsBacked,
    claims: model.claims,
    missing: model.missing.slice(0, 5).map((it) => oneLine(it, 200)),
  };
}
