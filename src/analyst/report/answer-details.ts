import type { AnalystRequest, Answer, CheckedVerdict, Evidence } from '../../domain/ports.ts';
import type { AnswerDetails } from '../../domain/verdict/findings.ts';
import type { Verdict } from '../../domain/verdict/verdict.ts';
import { entityText, sameEntity } from '../model/entities.ts';
import type { Analysis } from '../rank/analysis.ts';
import { signText } from '../rank/standing.ts';
import type { Conclusion } from '../rules/rule.ts';

export interface DetailsInput {
  readonly request: AnalystRequest;
  readonly evidence: Evidence;
  readonly analysis: Analysis;
  readonly checked: CheckedVerdict;
  readonly flaggedInstructions: Answer['flaggedInstructions'];
}

/** What the analysis says beside its verdict. Texts of the cluster are not yet made safe for any output. */
export function answerDetails({ evidence, analysis, checked, flaggedInstructions }: DetailsInput): AnswerDetails {
  const { verdict } = checked;
  const unexplained = verdict.is_fault ? analysis.unexplained : [];
  const standing = unexplained.flatMap(({ ref }) => (verdict.causes.length === 0 && ref ? [ref] : []));
  return {
    health: analysis.health.why,
    impact: analysis.impact,
    chain: chainOf(analysis),
    proof: [...(verdict.is_fault ? standing : (analysis.health.proof ?? []))],
    ruled_out: ruledOutBy(analysis, verdict),
    possible: stillPossible(analysis, verdict),
    unexplained: unexplained.map(signText),
    unrelated: unique(analysis.ranking.unrelated.map((it) => it.statement)).slice(0, 5),
    looked: lookedAt(evidence),
    missing: evidence.missing.slice(0, 20),
    remarks: checked.remarks,
    flagged: flaggedInstructions,
    claims: checked.claims,
    claims_backed: checked.claimsBacked,
    requests: evidence.apiCalls,
  };
}

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

function chainOf({ ranking }: Analysis): AnswerDetails['chain'] {
  const [first] = ranking.causes;
  return (first?.chain ?? []).map(({ from, via, to }) => ({ from, via, to }));
}

/** What was read, kind by kind, with counts. */
function lookedAt(evidence: Evidence): readonly string[] {
  const counts = new Map<string, number>();
  for (const { path } of evidence.files) {
    const [, folder, , name = ''] = path.split('/');
    const kind = { objects: name, logs: 'log', events: 'events of a namespace' }[folder ?? ''] ?? '';
    if (kind !== '') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind}: ${count}`);
}
