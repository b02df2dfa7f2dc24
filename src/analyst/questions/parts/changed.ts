import { quote, say } from '../../../report/answer-lines.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import type { Change } from '../../../domain/verdict/findings.ts';
import { clockTime, spokenDuration } from '../../../lib/format.ts';
import { listed } from '../../../lib/text.ts';
import { changesBefore } from '../../../report/evidence/changes.ts';
import { entityOf, entityText, fileOf } from '../../model/entities.ts';
import { timeAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { imageBefore } from '../../signals/rollout/image-before.ts';
import { changeText, revisionChange } from '../../signals/rollout/revision-change.ts';
import { isIn, windowText } from '../time/asked-window.ts';
import { type PartOf, type QuestionView, workloadsOf } from '../view/view.ts';
import { rolloutHistory, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined } from '../view/words.ts';
import { type Write, writesOf, writtenObjects } from '../view/writes.ts';

const maxChanges = 8;
/** As many as the report tells. */
const maxReported = 10;

/**
 * What the evidence shows to have changed: of the workloads and of what they use in detail, then all that the report tells
 * as changed before the first fault, and what came since. Of a question about some time, what changed in it.
 */
export const changed: PartOf = (view) => {
  const { analysis, window } = view;
  if (analysis === null)
    return {
      lines: ['No evidence is kept of this incident, so no change is known.', ...wouldShow(view, rolloutHistory(view))],
      sources: [],
    };
  const told = toldOf(view);
  if (window === null) return told.lines.length > 0 ? told : noChange(view);
  const others = toldOf({ ...view, window: null }).lines.length > told.lines.length;
  const head =
    told.lines.length > 0 ? { lines: [say(`What changed ${windowText(window)}:`)], sources: [] } : noChange(view);
  const left = others ? ['What changed at other times is left out here: ask what changed.'] : [];
  return joined(head, told, { lines: left, sources: [] });
};

function toldOf(view: QuestionView): AnswerPart {
  const workloads = workloadsOf(view);
  const touched = touchedOf(view, workloads);
  const parts = [...workloads.flatMap((workload) => ofWorkload(view, workload)), written(view, touched)];
  const others = reported(view, workloads, touched);
  return joined(...parts, { lines: others, sources: others.length > 0 ? ['evidence'] : [] });
}

function noChange(view: QuestionView): AnswerPart {
  const { analysis, window } = view;
  const workloads = workloadsOf(view);
  const names = workloads.map(({ entity }) => entityText(entity));
  const when = window === null ? '' : ` ${windowText(window)}`;
  const held =
    window === null || analysis === null || analysis.graph.now >= window.from
      ? 'It holds the objects as they are now, not every change of them.'
      : `It is older: its newest time is ${clockTime(analysis.graph.now)}.`;
  return {
    lines: [
      say(`The evidence shows no change of ${listed(names, 5) || 'its objects'} or of what they use${when}. ${held}`),
      ...wouldShow(view, rolloutHistory(view)),
    ],
    sources: workloads.map(({ entity }) => fileOf(entity)),
  };
}

/**
 * The changes that the report tells, by the same function, and those between the first fault and the reading; not what is
 * told in detail already.
 */
function reported(view: QuestionView, workloads: readonly Workload[], touched: readonly Write[]): readonly string[] {
  const { named, since } = view;
  const about = new Set([...named.entities, ...workloads.map(({ entity }) => entity)].map(entityText));
  const detailed = new Set([
    ...workloads.flatMap((workload) =>
      changeKey('rollout', entityText(workload.entity), newestRollout(workload)?.made),
    ),
    ...touched.map(({ object, at }) => changeKey('changed', entityText(entityOf(object)), at)),
  ]);
  const isNews = ({ kind, object, at }: Change): boolean =>
    (view.window === null || isIn(view.window, at)) &&
    (named.entities.length === 0 || about.has(object)) &&
    !detailed.has(changeKey(kind, object, at));
  return known(view)
    .filter(isNews)
    .slice(0, maxReported)
    .flatMap((change) => changeLines(change, since));
}

/** The changes before the first fault and those since, or those of the window, the newest first. */
function known({ kept, analysis, since, window }: QuestionView): readonly Change[] {
  if (window !== null) return changesBefore(kept.files, window.to, window.to - window.from + 1);
  const before = changesBefore(kept.files, since);
  const last = before[0]?.at ?? since;
  const read = Math.max(since, analysis?.graph.now ?? since);
  return [...changesBefore(kept.files, read).filter(({ at }) => at > last), ...before];
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

function ofWorkload({ analysis, window }: QuestionView, workload: Workload): readonly AnswerPart[] {
  const revision = analysis === null ? null : revisionChange(analysis.graph, workload);
  const newest = newestRollout(workload);
  if (window !== null && (newest === null || !isIn(window, newest.made))) return [];
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

/** The objects that were written after they were made, the newest first. */
function touchedOf(view: QuestionView, workloads: readonly Workload[]): readonly Write[] {
  const { window } = view;
  return writtenObjects(view, workloads)
    .flatMap((object) => lastWrite(object) ?? [])
    .filter(({ at }) => window === null || isIn(window, at))
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

/** The last write of more than its status after an object was made; null when there was none, or it is not told. */
function lastWrite(object: KubeObject): Write | null {
  const created = Date.parse(object.metadata.creationTimestamp ?? '');
  return writesOf(object).find(({ at }) => at > created) ?? null;
}
