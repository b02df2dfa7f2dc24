import { say } from '../../../report/answer-lines.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { clockTime } from '../../../lib/format.ts';
import { listed } from '../../../lib/text.ts';
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

/** What the evidence shows to have changed of the workload and of what it uses: revisions, images, ConfigMaps, Secrets. */
export const changed: PartOf = (view) => {
  if (view.analysis === null)
    return {
      lines: ['No evidence is kept of this incident, so no change is known.', ...wouldShow(view, rolloutHistory(view))],
      sources: [],
    };
  const workloads = workloadsOf(view);
  const parts = [...workloads.flatMap((workload) => ofWorkload(view, workload)), written(view, workloads)];
  const told = joined(...parts);
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

function ofWorkload({ analysis }: QuestionView, workload: Workload): readonly AnswerPart[] {
  const revision = analysis === null ? null : revisionChange(analysis.graph, workload);
  const [newest, before] = workload.replicaSets;
  const made = newest === undefined ? null : timeAt(newest, 'metadata', 'creationTimestamp');
  const name = entityText(workload.entity);
  const rolled: AnswerPart[] =
    newest === undefined || before === undefined || made === null
      ? []
      : [
          {
            lines: [
              say(`${name}: its newest revision (${entityText(entityOf(newest))}) was made at ${clockTime(made)}.`),
            ],
            sources: [fileOf(entityOf(newest))],
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

function imageChanges(workload: Workload): readonly string[] {
  const containers = workload.currentPods[0]?.containers ?? [];
  return containers.flatMap(({ name, image }) => {
    const before = imageBefore(workload, name, image);
    return before === null ? [] : [`image ${before.image} → ${image}`];
  });
}

/** Objects that were written after they were made, the newest first, with when; who did it is not told to the evidence. */
function written({ analysis, kept, named, question }: QuestionView, workloads: readonly Workload[]): AnswerPart {
  const graph = analysis?.graph;
  const used = workloads.flatMap(({ template, entity }) =>
    podReferences(template).flatMap(({ kind, name }) => graph?.get(kind, entity.namespace, name) ?? []),
  );
  const wanted = [...(kept.verdict?.causes.map(({ entity }) => entity) ?? []), ...named.entities].flatMap(
    ({ kind, namespace, name }) => graph?.get(kind, namespace, name) ?? [],
  );
  const all = [...used, ...wanted].filter(({ kind }) => kind !== 'Pod' && kind !== 'ReplicaSet' && kind !== 'Node');
  const objects = [...new Map(all.map((object) => [entityKey(entityOf(object)), object])).values()];
  const touched = objects
    .flatMap((object) => lastWrite(object) ?? [])
    .toSorted((a, b) => b.at - a.at)
    .slice(0, maxChanges);
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
