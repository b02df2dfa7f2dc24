import type { AnalystRequest, Answer, Evidence, EvidenceFile } from '../domain/ports.ts';
import type { Cause, Entity, Verdict } from '../domain/verdict/verdict.ts';
import { truncate } from '../lib/text.ts';
import { readAt } from '../report/evidence/findings.ts';
import { allRules } from './all-rules.ts';
import { checkVerdict } from './claims/check-verdict.ts';
import { findInstructions } from '../lib/untrusted/find-instructions.ts';
import { entityText } from './model/entities.ts';
import { impactOf } from './impact/impact-of.ts';
import { gathered } from './model/evidence-files.ts';
import { findFocus, type Focus, focusEntities, isCut } from './model/focus.ts';
import { buildWorkloads } from './model/workload.ts';
import type { Analysis } from './rank/analysis.ts';
import { focusHealth } from './rank/health.ts';
import type { Health } from './rank/health-state.ts';
import { rankCauses, type RankedCause } from './rank/rank-causes.ts';
import { withoutBlame } from './rank/same-settings.ts';
import { answerDetails } from './report/answer-details.ts';
import { renderReport } from './report/render-report.ts';
import { remediationOf } from './remedy/steps.ts';
import type { RuleView } from './rules/rule.ts';
import { callEdges, failedCalls } from './signals/calls.ts';
import { webhookEdges } from './signals/network/webhook-edges.ts';
import { type Sign, signText, standingSigns } from './rank/standing.ts';
import { findTroubles } from './signals/trouble.ts';

/** Draws conclusions from evidence: the same evidence gives the same analysis. Never throws for what it holds. */
export function analyse(request: AnalystRequest, evidence: Evidence): Analysis {
  const { graph, files } = gathered(evidence);
  const workloads = buildWorkloads(graph);
  const entities = focusEntities(request);
  const troubles = findTroubles(graph, workloads);
  const calls = failedCalls(graph, troubles);
  const view: RuleView = { graph, workloads, troubles, calls };
  const drawn = allRules.flatMap((rule) => rule.conclude(view)).filter((it) => it.evidence.length > 0);
  const conclusions = withoutBlame(drawn, view);
  const focus = findFocus(graph, workloads, entities);
  const edges = [...callEdges(graph, calls), ...webhookEdges(graph, workloads)];
  const health = focusHealth(view, focus);
  const measured = request.faults.some((fault) => fault.measured === true);
  const at = readAt(files) ?? (graph.now === 0 ? null : graph.now);
  const impact = impactOf({ view, focus, isCut: isCut(request), health, measured, at });
  const standing = conclusions.filter((conclusion) => health.explains?.(conclusion) !== true);
  const ranking = rankCauses(standing, edges, focus);
  const causes = quietStates.has(health.state) ? ranking.causes.filter(isFirm) : ranking.causes;
  const unexplained = isOver(request, health) ? [] : unexplainedBy(causes, view, focus);
  return { graph, workloads, view, conclusions, focus, health, measured, impact, ranking, causes, unexplained };
}

/**
 * The signs around an incident that its causes do not speak of; none where the first cause is sure, and none that tries to
 * instruct an assistant.
 */
function unexplainedBy(causes: readonly RankedCause[], view: RuleView, focus: Focus): readonly Sign[] {
  if (causes[0]?.conclusion.confidence === 'high') return [];
  const told = causes.flatMap(({ conclusion }) => [
    conclusion.statement,
    ...conclusion.evidence.map((ref) => ref.quote),
  ]);
  return standingSigns(view, focus).filter(
    ({ message, ref }) =>
      !told.some((text) => (message !== '' && text.includes(message)) || (ref !== null && text === ref.quote)) &&
      findInstructions([{ path: 'sign', text: message }]).length === 0,
  );
}

/** The built-in analyst's answer from evidence: rules, ranking, its own claims checked, the report. Pure. */
export function answerFor(request: AnalystRequest, given: Evidence): Answer {
  const evidence = gathered(given);
  const analysis = analyse(request, evidence);
  const flaggedInstructions = findInstructions([...evidence.files, wordsOfFaults(request)]);
  const checked = checkVerdict(verdictOf(request, evidence, analysis), evidence);
  const { verdict } = checked;
  const details = answerDetails({ request, evidence, analysis, checked, flaggedInstructions });
  const subject = analysis.focus.entities[0] ?? request.subject;
  return { verdict, flaggedInstructions, ...renderReport({ request, evidence, verdict, details, subject }) };
}

const quietStates = new Set<Health['state']>(['well', 'recovered', 'by_design', 'absent']);

/** Whether the state of the object says that there is no fault: not of an alert about what is measured elsewhere. */
function isOver({ faults }: AnalystRequest, { state }: Health): boolean {
  return quietStates.has(state) && !faults.some(({ measured }) => measured === true);
}

function verdictOf(request: AnalystRequest, evidence: Evidence, analysis: Analysis): Verdict {
  const { ranking, causes, health, focus } = analysis;
  const subject = focus.entities[0] ?? request.subject;
  const isFault = causes.length > 0 || !isOver(request, health);
  return {
    version: 1,
    is_fault: isFault,
    summary: truncate(summaryOf(subject, causes, analysis, isFault), 2000),
    causes: causes.slice(0, 10).map(causeOf),
    victims: causes.length > 0 ? ranking.victims.slice(0, 100) : [],
    missing: [
      ...(isFault ? analysis.unexplained.slice(0, 3).map((sign) => `not explained: ${signText(sign)}`) : []),
      ...evidence.missing.slice(0, 50),
    ].map((text) => truncate(text, 1000)),
    remediation: remediationOf(causes, analysis.graph, request),
  };
}

/** What still counts about an object whose own status says that it is well: relations that are wrong by themselves. */
const isFirm = ({ conclusion }: RankedCause): boolean => conclusion.weight >= 84 && conclusion.confidence !== 'low';

function causeOf({ conclusion }: RankedCause, at: number): Cause {
  return {
    rank: at + 1,
    entity: conclusion.entity,
    mechanism: conclusion.mechanism,
    wrong_value: conclusion.wrongValue === null ? null : truncate(conclusion.wrongValue, 2000),
    statement: truncate(conclusion.statement, 2000),
    confidence: conclusion.confidence,
    evidence: [...conclusion.evidence],
  };
}

function summaryOf(
  subject: Entity,
  causes: readonly RankedCause[],
  { health, unexplained: [sign] }: Analysis,
  isFault: boolean,
): string {
  const [first] = causes;
  if (first) return first.conclusion.statement;
  if (!isFault) {
    if (health.state === 'absent') return `No fault: ${entityText(subject)} cannot be at fault, ${health.why}.`;
    const word = health.state === 'recovered' ? 'Recovered' : health.state === 'by_design' ? 'By design' : 'No fault';
    return `${word}: ${entityText(subject)}${health.state === 'by_design' ? ':' : ' is well,'} ${health.why}.`;
  }
  const start = sign === undefined ? '' : ` Start from ${signText(sign)}`;
  const outside = quietStates.has(health.state) ? ' What the alert measures is not in the objects of the cluster.' : '';
  return `No cause found for ${entityText(subject)}: ${health.why}.${outside}${start}`;
}

/** What a fault says of itself comes from the cluster as well. */
function wordsOfFaults({ title, faults }: AnalystRequest): EvidenceFile {
  const words = faults.map(({ resource, context }) => `${resource.name}: ${context}`);
  return { path: 'incident.json', text: [title, ...words].join('\n') };
}
