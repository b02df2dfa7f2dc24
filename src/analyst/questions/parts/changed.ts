import { quote, say } from '../../../report/answer-lines.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import type { Change } from '../../../domain/verdict/findings.ts';
import { clockTime, spokenDuration } from '../../../lib/format.ts';
import { listed } from '../../../lib/text.ts';
import { changesBefore } from '../../../report/evidence/changes.ts';
import { entityKey, entityOf, entityText, fileOf } from '../../model/entities.ts';
import { textAt, timeAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { Workload } from '../../model/workload.ts';
import { imageBefore } from '../../signals/rollout/image-before.ts';
import { changeText, revisionChange } from '../../signals/rollout/revision-change.ts';
import { type PartOf, type QuestionView, workloadsOf } from '../view/view.ts';
import { rolloutHistory, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined } from '../view/words.ts';

const maxChanges = 8;
/** As many as the report tells. */
const maxReported = 10;

/**
 * What the evidence shows to have changed: of the workloads and of what they use in detail, then all that the report tells
 * as changed before the first fault, and what came since.
 */
export const changed: PartOf = (view) => {
  if (view.analysis === null)
    return {
      lines: ['No evidence is kept of this incident, so no change is known.', ...wouldShow(view, rolloutHistory(view))],
      sources: [],
    };
  const workloads = workloadsOf(view);
  const touched = touchedOf(view, workloads);
  const parts = [...workloads.flatMap((workload) => ofWorkload(view, workload)), written(view, touched)];
  const others = reported(view, workloads, touched);
  const told = joined(...parts, { lines: others, sources: others.length > 0 ? ['evidence'] : [] });
  if (told.lines.length > 0) return told;
  const names = workloads.map(({ entity }) => entityText(entity));
  return {
    lines: [
      say(
        `The evidence shows no change of ${listed(names, 5) || 'its objects'} or of what they use. It holds the objects as they are now, not every change of them.`,
      ),
      ...wouldShow(view, rolloutHistory(view)),
    ],
    sources: workloads.map(({ entity }) => fileOf(entity)),
  };
};

/**
 * The changes that the report tells, by the same function, and those between the first fault and the reading; not what is
 * told in detail already.
 */
function reported(view: QuestionView, workloads: readonly Workload[], touched: readonly Write[]): readonly string[] {
  const { analysis, kept, named, since } = view;
  const about = new Set([...named.entities, ...workloads.map(({ entity }) => entity)].map(entityText));
  const detailed = new Set([
    ...workloads.flatMap((workload) =>
      changeKey('rollout', entityText(workload.entity), newestRollout(workload)?.made),
    ),
    ...touched.map(({ object, at }) => changeKey('changed', entityText(entityOf(object)), at)),
  ]);
  const isNews = ({ kind, object, at }: Change): boolean =>
    (named.entities.length === 0 || about.has(object)) && !detailed.has(changeKey(kind, object, at));
  const before = changesBefore(kept.files, since);
  const last = before[0]?.at ?? since;
  const read = Math.max(since, analysis?.graph.now ?? since);
  const later = changesBefore(kept.files, read).filter(({ at }) => at > last);
  return [...later, ...before]
    .filter(isNews)
    .slice(0, maxReported)
    .flatMap((change) => changeLines(change, since));
}

/** The message of an event is text of others, and quoted as that. */
function changeLines({ kind, at, object, words }: Change, since: number): readonly string[] {
  const time = `${clockTime(at)} (${fromFault(at, since)})`;
  if (kind !== 'event') return [say(`${object}: ${words}, ${time}`)];
  const [reason = '', ...message] = words.split(': ');
  return [say(`${object}: ${reason}, ${time}`), ...quote(message.join(': '), 1)];
}

const changeKey = (kind: string, object: string, at: number | undefined): string => `${kind} ${object} ${at ?? ''}`;

function fromFault(at: number, since: number): string {
  return `${spokenDuration(Math.abs(at - since))} ${at > since ? 'after' : 'before'} the first fault`;
}

function ofWorkload({ analysis }: QuestionView, workload: Workload): readonly AnswerPart[] {
  const revision = analysis === null ? null : revisionChange(analysis.graph, workload);
  const newest = newestRollout(workload);
  const name = entityText(workload.entity);
  const rolled: AnswerPart[] =
    newest === null
      ? []
      : [
          {
            lines: [
              say(
                `${name}: its newest revision (${entityText(entityOf(newest.object))}) was made at ${clockTime(newest.made)}.`,
              ),
            ],
            sources: [fileOf(entityOf(newest.object))],
          },
        ];
  const changes = revision === null ? imageChanges(workload) : revision.changes.map(changeText);
  const differs: AnswerPart[] =
    changes.length === 0
      ? []
      : [
          {
            lines: changes.slice(0, maxChanges).map((text) => say(`${name}, against the revision before: ${text}`)),
            sources: [fileOf(workload.entity)],
          },
        ];
  return [...rolled, ...differs];
}

/** The newest ReplicaSet, where there is one before it; `made` in ms since the epoch. */
function newestRollout({ replicaSets: [object, before] }: Workload): { object: KubeObject; made: number } | null {
  const made = object === undefined ? null : timeAt(object, 'metadata', 'creationTimestamp');
  return object === undefined || before === undefined || made === null ? null : { object, made };
}

function imageChanges(workload: Workload): readonly string[] {
  const containers = workload.currentPods[0]?.containers ?? [];
  return containers.flatMap(({ name, image }) => {
    const before = imageBefore(workload, name, image);
    return before === null ? [] : [`image ${before.image} → ${image}`];
  });
}

/** Objects that were written after they were made, the newest first: what the workloads use, what the cause and the question name. */
function touchedOf({ analysis, kept, named }: QuestionView, workloads: readonly Workload[]): readonly Write[] {
  const graph = analysis?.graph;
  const used = workloads.flatMap(({ template, entity }) =>
    podReferences(template).flatMap(({ kind, name }) => graph?.get(kind, entity.namespace, name) ?? []),
  );
  const causes = named.entities.length > 0 ? [] : (kept.verdict?.causes.map(({ entity }) => entity) ?? []);
  const wanted = [...causes, ...named.entities].flatMap(
    ({ kind, namespace, name }) => graph?.get(kind, namespace, name) ?? [],
  );
  const all = [...used, ...wanted].filter(({ kind }) => kind !== 'Pod' && kind !== 'ReplicaSet' && kind !== 'Node');
  const objects = [...new Map(all.map((object) => [entityKey(entityOf(object)), object])).values()];
  return objects
    .flatMap((object) => lastWrite(object) ?? [])
    .toSorted((a, b) => b.at - a.at)
    .slice(0, maxChanges);
}

/** With when, and by which program; which person it was is not told to the evidence. */
function written({ question }: QuestionView, touched: readonly Write[]): AnswerPart {
  return {
    lines: [
      ...touched.map(({ object, at, manager }) =>
        say(`${entityText(entityOf(object))} was last written at ${clockTime(at)}${manager && ` by ${manager}`}.`),
      ),
      ...(touched.length > 0 && /\bwho\b|\bany(?:one|body)\b|\bsome(?:one|body)\b/i.test(question)
        ? ['Which person it was stands in the audit log of the API server, which is not kept.']
        : []),
    ],
    sources: touched.map(({ object }) => fileOf(entityOf(object))),
  };
}

interface Write {
  readonly object: KubeObject;
  readonly at: number;
  /** The program, as the API server noted it. */
  readonly manager: string;
}

/** The last write of more than its status after an object was made; null when there was none, or it is not told. */
function lastWrite(object: KubeObject): Write | null {
  const { managedFields = [], creationTimestamp = '' } = object.metadata;
  const writes = managedFields
    .filter((one) => textAt(one, 'subresource') === '')
    .map(({ time = '', manager = '' }) => ({ object, at: Date.parse(time), manager }))
    .filter(({ at }) => Number.isFinite(at) && at > Date.parse(creationTimestamp));
  return writes.toSorted((a, b) => b.at - a.at)[0] ?? null;
}
