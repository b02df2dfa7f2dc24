import { say } from '../../../report/answer-lines.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { kindFacts } from '../../../kube/kinds.ts';
import { listed, plural } from '../../../lib/text.ts';
import { kubectlFor } from '../../remedy/kubectl-command.ts';
import { entityKey, entityOf, entityText } from '../../model/entities.ts';
import { podReferences } from '../../model/pod-references.ts';
import { selectedPods } from '../../model/services.ts';
import { entitiesOf, podsOf, podText, type QuestionView, workloadsOf } from '../view/view.ts';
import { wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined } from '../view/words.ts';
import { namedState } from './named-state.ts';

/** Of so many objects of a kind each is told; of more a person has to say which. */
const few = 4;
const maxListed = 10;

/**
 * How the objects of the kinds that a question names without a name stood: those that the incident has to do with, else
 * those of its namespace, else all; where they are many it asks which.
 */
export function kindState(view: QuestionView, kinds: readonly string[]): AnswerPart {
  return joined(...kinds.slice(0, 2).map((kind) => ofKind(view, kind)));
}

function ofKind(view: QuestionView, kind: string): AnswerPart {
  const all = view.analysis?.graph.all(kind).map(entityOf) ?? [];
  const meant = meantOf(view, all);
  if (meant.length === 0) {
    const lines = [
      say(`The evidence holds no ${kind}.`),
      ...wouldShow(view, listing(view, kind), 'What is there is shown by:'),
    ];
    return { lines, sources: [] };
  }
  if (meant.length > few) {
    const names = listed(meant.map(entityText), maxListed);
    const [first] = meant;
    const ask = first === undefined ? '' : ` Ask for one by its name, such as: status of ${word(kind)}/${first.name}`;
    return { lines: [say(`There are ${plural(meant.length, kind)} in the evidence: ${names}.${ask}`)], sources: [] };
  }
  const told = namedState({ ...view, named: { ...view.named, entities: meant } });
  const rest = all.length - meant.length;
  const others = rest === 0 ? [] : [say(`The evidence has ${rest} more of this kind, which are told by their names.`)];
  return joined(told, { lines: others, sources: [] });
}

function meantOf(view: QuestionView, all: readonly Entity[]): readonly Entity[] {
  const near = new Set(nearby(view).map(entityKey));
  const own = all.filter((entity) => near.has(entityKey(entity)));
  if (own.length > 0) return own;
  const { owner, resource } = view.kept.detail.incident;
  const namespace = owner.kind === 'Namespace' ? owner.name : (owner.namespace ?? resource.namespace);
  const placed = all.filter((entity) => entity.namespace === namespace);
  return placed.length > 0 ? placed : all;
}

/** What the incident is about, its causes and victims, and what its workloads use. */
function nearby(view: QuestionView): readonly Entity[] {
  const workloads = workloadsOf(view);
  const used = workloads.flatMap(({ entity, template }) =>
    podReferences(template).map(({ kind, name }): Entity => ({ kind, namespace: entity.namespace, name })),
  );
  const causes = [...entitiesOf(view), ...(view.kept.verdict?.victims ?? [])];
  return [...causes, ...workloads.map(({ entity }) => entity), ...used, ...servicesOf(view)];
}

/** The Services that select the pods in question. */
function servicesOf(view: QuestionView): readonly Entity[] {
  const graph = view.analysis?.graph;
  if (graph === undefined) return [];
  const pods = new Set(podsOf(view).map(podText));
  return graph
    .all('Service')
    .filter((service) => selectedPods(graph, service).some((pod) => pods.has(podText(pod))))
    .map(entityOf);
}

function listing(view: QuestionView, kind: string): readonly string[] {
  const { owner } = view.kept.detail.incident;
  const facts = kindFacts(kind);
  if (facts === null) return [];
  const namespace = facts.namespaced ? (owner.kind === 'Namespace' ? owner.name : (owner.namespace ?? null)) : null;
  return [kubectlFor({ kind: '', name: '', namespace }, 'get', facts.plural)];
}

function word(kind: string): string {
  return kindFacts(kind)?.shortNames[0] ?? kind.toLowerCase();
}
