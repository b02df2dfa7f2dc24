import { quote, say } from '../../../report/answer-lines.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import { clockTime } from '../../../lib/format.ts';
import { plural } from '../../../lib/text.ts';
import { entityKey, entityText } from '../../model/entities.ts';
import type { ClusterEvent } from '../../model/evidence-graph.ts';
import { isIn, windowText } from '../time/asked-window.ts';
import { entitiesOf, podsOf, type PartOf, type QuestionView, workloadsOf } from '../view/view.ts';
import { eventsFor, inQuestion, wouldShow } from '../view/would-show.ts';

const maxEvents = 10;

/**
 * The newest events of what the question is about, oldest first; Warnings before others where not all have room. Of a
 * question about some time, those of which the last was in it.
 */
export const eventList: PartOf = (view) => {
  const { analysis, window } = view;
  const show = (): readonly string[] => wouldShow(view, inQuestion(view).map(eventsFor));
  if (analysis === null)
    return { lines: ['No evidence is kept of this incident, so no events either.', ...show()], sources: [] };
  const events = around(view).flatMap((entity) => analysis.graph.eventsOf(entity));
  const all = [...new Set(events)].toSorted((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0));
  const unique = window === null ? all : all.filter(({ lastAt }) => lastAt !== null && isIn(window, lastAt));
  const when = window === null ? '' : ` ${windowText(window)}`;
  if (unique.length === 0) {
    const about = view.named.entities.map(entityText).join(', ') || 'the objects of this incident';
    const left = all.length === 0 ? '' : ` ${plural(all.length, 'event')} of other times are left out.`;
    return {
      lines: [
        say(`The evidence holds no events of ${about}${when}.${left} Kubernetes keeps events for an hour.`),
        ...show(),
      ],
      sources: [],
    };
  }
  const warnings = unique.filter(({ warning }) => warning);
  const kept = new Set(
    [
      ...warnings.slice(-maxEvents),
      ...unique.filter(({ warning }) => !warning).slice(-Math.max(0, maxEvents - warnings.length)),
    ].slice(0, maxEvents),
  );
  const shown = unique.filter((event) => kept.has(event));
  const more = unique.length - shown.length;
  return {
    lines: [
      say(`${plural(unique.length, 'event')}${when}${more > 0 ? `, the ${shown.length} newest` : ''}, oldest first:`),
      ...shown.flatMap(eventLines),
    ],
    sources: [...new Set(shown.map(({ path }) => path))],
  };
};

function eventLines(event: ClusterEvent): readonly string[] {
  const { kind, objectNamespace, name, reason, warning, count, lastAt } = event;
  const about = entityText({ kind, namespace: objectNamespace || null, name });
  const often = count > 1 ? `, ${count} times` : '';
  const time = lastAt === null ? 'no time' : clockTime(lastAt);
  return [say(`${time} ${warning ? 'Warning' : 'Normal'} ${reason} of ${about}${often}`), ...quote(event.message, 3)];
}

/** The objects in question, with their pods, and what stands between them. */
function around(view: QuestionView): readonly Entity[] {
  const workloads = workloadsOf(view);
  const pods = podsOf(view).map(({ namespace, name }): Entity => ({ kind: 'Pod', namespace, name }));
  const only = view.named.entities.length > 0 && view.named.entities.every(({ kind }) => kind === 'Pod');
  const between = only
    ? []
    : workloads.flatMap(({ entity, replicaSets, jobs }) => [
        entity,
        ...[...replicaSets, ...jobs].map(({ kind, metadata }) => ({
          kind,
          namespace: metadata.namespace ?? null,
          name: metadata.name,
        })),
      ]);
  const all = [...entitiesOf(view), ...between, ...pods];
  return [...new Map(all.map((entity) => [entityKey(entity), entity])).values()];
}
