import { say } from '../../../report/answer-lines.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityText, fileOf, sameEntity } from '../../model/entities.ts';
import { focusHealth } from '../../rank/health.ts';
import { isAboutOthers, namedText, ownerText } from '../view/incident-objects.ts';
import type { PartOf, QuestionView } from '../view/view.ts';
import { describe, inQuestion, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined, nothing } from '../view/words.ts';
import { affected, exits, node } from './pods.ts';

const maxObjects = 5;
/** What `affected` tells of: pods, and what runs them. */
const running: ReadonlySet<string> = new Set([
  'Pod',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'Namespace',
]);

/** How the objects and containers that a question names stood when the evidence was read. */
export const namedState: PartOf = (view) => {
  const { entities, containers } = view.named;
  const of = (some: readonly Entity[]): QuestionView => ({ ...view, named: { ...view.named, entities: some } });
  const nodes = entities.filter(({ kind }) => kind === 'Node');
  const runs = entities.filter(({ kind }) => running.has(kind));
  const others = entities.filter((entity) => !nodes.includes(entity) && !runs.includes(entity));
  const now =
    entities.length === 0 ? [] : wouldShow(view, inQuestion(view).map(describe), 'How it is now is shown by:');
  return joined(
    nodes.length > 0 ? node(of(nodes)) : nothing,
    runs.length > 0 ? affected(of(runs)) : nothing,
    health(view, others),
    containers.length > 0 ? exits(of([])) : nothing,
    ofIncident(view),
    { lines: now, sources: [] },
  );
};

/** What the incident has to do with them. */
function ofIncident(view: QuestionView): AnswerPart {
  const { kept, named } = view;
  if (isAboutOthers(view)) {
    return { lines: [say(`The incident is about ${ownerText(view)}, not about ${namedText(view)}.`)], sources: [] };
  }
  const causes = (kept.verdict?.causes ?? []).filter(({ entity, statement }) =>
    named.entities.some((one) => sameEntity(one, entity) || statement.includes(one.name)),
  );
  const lines = causes.slice(0, 1).map(({ statement }) => say(`The cause speaks of it: ${statement}`));
  return { lines, sources: lines.length > 0 ? ['verdict.json'] : [] };
}

/**
 * What the rules make of objects that run nothing themselves: a Service, a claim, a custom resource; most say nothing, which
 * is told of those that are all that was asked about.
 */
function health({ analysis, named }: QuestionView, entities: readonly Entity[]): AnswerPart {
  if (analysis === null) return nothing;
  const all = entities.map((entity) => ({
    entity,
    health: focusHealth(analysis.view, { entities: [entity], workloads: [], namespace: null }),
  }));
  const telling = all.filter((one) => one.health.state !== 'unknown');
  const isOneKind = new Set(entities.map(({ kind }) => kind)).size === 1;
  const tellsAll = (telling.length === 0 || isOneKind) && entities.length === named.entities.length;
  const shown = (tellsAll ? all : telling).slice(0, maxObjects);
  const read = shown.filter(
    ({ entity: { kind, namespace, name } }) => analysis.graph.get(kind, namespace, name) !== null,
  );
  return {
    lines: shown.map((one) => say(`${entityText(one.entity)}: ${one.health.why}.`)),
    sources: read.map(({ entity }) => fileOf(entity)),
  };
}
