import { forCluster } from '../../domain/decide/kubectl-access.ts';
import type { AnalystRequest } from '../../domain/ports.ts';
import type { Verdict } from '../../domain/verdict/verdict.ts';
import { entityText } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import type { RankedCause } from '../rank/rank-causes.ts';
import type { Step } from '../rules/rule.ts';
import { asItIs, type FittedStep } from './as-it-is.ts';
import { kubectlFor, readKubectl } from './kubectl-command.ts';
import { isMadeAnew, undoOf } from './undo.ts';

type Remediation = Verdict['remediation'];

/** Of all causes together. */
const maxSteps = 10;

/**
 * What people are told to do: the steps of the rules, each command once, for this cluster and no other, with how it is taken
 * back. Rules write a command as for the cluster that kubectl would take; this is the one place that finishes it.
 */
export function remediationOf(
  causes: readonly RankedCause[],
  graph: EvidenceGraph,
  { kubectl }: AnalystRequest,
): Remediation {
  const once = new Map<string, FittedStep>();
  for (const given of causes.flatMap(({ conclusion }) => conclusion.remediation)) {
    const fitted = asItIs(given, graph);
    const key = identityOf(given, fitted);
    if (!once.has(key)) once.set(key, fitted);
  }
  const steps = [...once.values()].map((step) => finished(step, graph));
  const inCluster = (text: string | null): string | null => (text === null ? null : forCluster(text, kubectl));
  return lookedAtFirst(steps, graph)
    .slice(0, maxSteps)
    .map((step) => ({ ...step, command: inCluster(step.command), undo: inCluster(step.undo) }));
}

/** Verbs that open or show something: what is to be done stands in the words of the step. */
const shows: ReadonlySet<string> = new Set(['edit', 'get', 'describe', 'logs', 'top', 'events', 'api-resources']);

/** What tells a step from others: its command, with its words where the command says nothing of a change. */
function identityOf(given: Step, { action, command, instead }: FittedStep): string {
  const change = instead ?? command ?? action;
  const verb = readKubectl(change)?.verb;
  return verb !== undefined && shows.has(verb) ? `${change}\n${given.action}` : change;
}

function finished({ action, command, risk, reversible, undo }: Step, graph: EvidenceGraph): Remediation[number] {
  const read = command === null ? null : readKubectl(command);
  const back = undo ?? (read === null ? null : undoOf(read, graph));
  return { action: withChoices(action, command), command, risk, reversible, undo: back };
}

/** Nothing is deleted first but a pod that is made anew: whoever is to delete sees it before, and keeps it. */
function lookedAtFirst(steps: Remediation, graph: EvidenceGraph): Remediation {
  const command = readKubectl(steps[0]?.command ?? '');
  if (command?.verb !== 'delete' || command.target === null || isMadeAnew(graph, command.target)) return steps;
  const { target } = command;
  const look = kubectlFor(target, 'get', `${target.kind.toLowerCase()}/${target.name}`, '-o yaml');
  const action = `Look at ${entityText(target)}, and keep what it says`;
  return [{ action, command: look, risk: 'none', reversible: true, undo: null }, ...steps];
}

/** A command with a place to fill in is not to be run as it stands: the step says what has to be chosen. */
function withChoices(action: string, command: string | null): string {
  const places = [...new Set(command?.match(/<[a-z][a-z -]*>/gi))];
  return places.length === 0 ? action : `${action}. First choose ${places.join(' and ')}: the evidence does not say`;
}
