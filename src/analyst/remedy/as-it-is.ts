import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { controllerRef } from '../../kube/owner.ts';
import { entityText } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { dig, numberAt, recordAt } from '../model/fields.ts';
import type { Step } from '../rules/rule.ts';
import { type KubectlCommand, kubectlFor, readKubectl } from './kubectl-command.ts';
import { managerOf } from './managers.ts';

/** Verbs that change what an object says of itself. */
const changes = /^(?:edit|patch|scale|annotate|label|set \w+|rollout (?:undo|pause|resume))$/;
/** Who is to look first is given nothing that changes. */
const looks = /^(?:Look|See|Read|Check)\b/;
/** Kinds whose template stays as it was made. */
const fixed: ReadonlySet<string> = new Set(['Pod', 'Job']);

/** A step, with the command that would change the object itself where another one shows what has to be changed instead. */
export interface FittedStep extends Step {
  readonly instead?: string | null;
}

/**
 * A step as it holds for the object as it is: what a controller would take back is changed in its source; an object that
 * cannot be changed in place is made anew; a number that the evidence holds is filled in.
 */
export function asItIs(step: Step, graph: EvidenceGraph): FittedStep {
  const command = step.command === null ? null : readKubectl(step.command);
  if (command === null || command.target === null || !changes.test(command.verb)) return step;
  const { target } = command;
  if (command.verb === 'edit' && looks.test(step.action)) {
    const look = kubectlFor(target, 'get', `${target.kind.toLowerCase()} ${target.name}`, '-o yaml');
    return { ...step, command: look, risk: 'none' };
  }
  const object = graph.get(target.kind, target.namespace, target.name);
  if (object === null) return step;
  const above = controllerOf(graph, object);
  if (above !== null && step.command !== null) {
    if (above.kind === 'Node') return onItsNode(step, above);
    return asItIs({ ...step, command: onTarget(step.command, command, above) }, graph);
  }
  const filled = withReplicas(step, command, target, graph);
  if (dig(object, 'immutable') === true) return replaced(filled, target);
  return inItsSource(filled, object) ?? (isFixed(command, target) ? madeAnew(filled, target) : filled);
}

/** The workload above an object, or the node that a static pod is kept by; null when nothing of Kubernetes is above it. */
function controllerOf(graph: EvidenceGraph, object: KubeObject): Entity | null {
  let above: Entity | null = null;
  let current: KubeObject | null = object;
  for (let depth = 0; current !== null && depth < 6; depth += 1) {
    const controller = controllerRef(current);
    if (controller === null) break;
    const { kind, namespace, name } = controller;
    if (kind !== 'Node' && kindFacts(kind)?.workload !== true) break;
    above = { kind, namespace, name };
    current = graph.get(kind, namespace, name);
  }
  return above;
}

function onItsNode(step: Step, node: Entity): Step {
  return { ...step, action: `${step.action}, in its manifest on node ${node.name}`, command: null, undo: null };
}

const isFixed = ({ verb }: KubectlCommand, { kind }: Entity): boolean =>
  fixed.has(kind) && (verb === 'edit' || verb.startsWith('set ')) && !(kind === 'Pod' && verb === 'set image');

/** The same command about another object. */
function onTarget(text: string, { target }: KubectlCommand, other: Entity): string {
  const word = (kind: string): string => kind.toLowerCase();
  if (target === null) return text;
  return text
    .replace(`${word(target.kind)}/${target.name}`, `${word(other.kind)}/${other.name}`)
    .replace(`${word(target.kind)} ${target.name}`, `${word(other.kind)} ${other.name}`);
}

function inItsSource(step: Step, object: KubeObject): FittedStep | null {
  const manager = managerOf(object);
  if (manager === null) return null;
  if (manager.reverts === 'later') {
    return {
      ...step,
      action: `${step.action}, and in ${manager.name} too, whose next upgrade takes back what is changed by hand`,
    };
  }
  const action = `${step.action}: in ${manager.name}, which takes back what is changed by hand`;
  const undo = 'put back in the same place what stood there';
  return { ...step, action, command: manager.command, undo, instead: step.command };
}

/** A ConfigMap or Secret that may not change: pods get a new one by its name. */
function replaced(step: Step, target: Entity): FittedStep {
  const command = kubectlFor(target, 'get', `${target.kind.toLowerCase()} ${target.name}`, '-o yaml');
  const action = `${step.action}: ${entityText(target)} is immutable, so create one of another name with the change, and name that in what uses it`;
  return { ...step, action, command, undo: `name ${target.name} again in what uses it`, instead: step.command };
}

/** What cannot be changed in place is created again with the change. */
function madeAnew(step: Step, target: Entity): FittedStep {
  const command = kubectlFor(target, 'get', `${target.kind.toLowerCase()} ${target.name}`, '-o yaml');
  const action = `${step.action}: ${entityText(target)} cannot be changed in place. Keep what this command shows, delete it, and create it again with the change`;
  return { ...step, action, command, undo: 'create it again from what was kept', instead: step.command };
}

/** The number that it had before, or that its autoscaler keeps at least. */
function withReplicas(step: Step, { verb }: KubectlCommand, target: Entity, graph: EvidenceGraph): Step {
  if (verb !== 'scale' || step.command?.includes('--replicas=<n>') !== true) return step;
  const before = graph
    .eventsOf(target)
    .map(({ message }) => /^Scaled down replica set \S+ from (\d+) to 0$/.exec(message)?.[1])
    .findLast((count) => count !== undefined);
  const count = before ?? leastOf(graph, target);
  if (count === undefined) return step;
  return { ...step, command: step.command.replace('<n>', count) };
}

function leastOf(graph: EvidenceGraph, { kind, namespace, name }: Entity): string | undefined {
  const scaler = graph.all('HorizontalPodAutoscaler', namespace).find((candidate) => {
    const { kind: scaled, name: named } = recordAt(candidate, 'spec', 'scaleTargetRef');
    return scaled === kind && named === name;
  });
  return scaler === undefined ? undefined : String(numberAt(scaler, 'spec', 'minReplicas') ?? 1);
}
