import { quote, say } from '../../../report/answer-lines.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { clockTime } from '../../../lib/format.ts';
import { listed } from '../../../lib/text.ts';
import { entityKey, entityOf, entityText, fileOf } from '../../model/entities.ts';
import { textAt } from '../../model/fields.ts';
import { isIn, windowText } from '../time/asked-window.ts';
import { type AuditLine, auditLines } from '../view/audit-lines.ts';
import { kindsIn } from '../view/asked-kinds.ts';
import { variablesIn } from '../view/intents.ts';
import { type PartOf, type QuestionView, workloadsOf } from '../view/view.ts';
import { asYaml, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined, nothing } from '../view/words.ts';
import { type Write, writesOf, writtenObjects } from '../view/writes.ts';

/** Writes that are told, and of one object. */
const maxWrites = 8;
const maxOfObject = 3;
const maxAudit = 5;
/** Names of fields that one write lists. */
const maxFields = 4;

const person = 'Which person it was stands in the audit log of the API server, which is not kept.';

/**
 * Who wrote what a question is about: the program, how and when, as the API server notes it on the object, of the field
 * that was named where one was; and the person where lines of an audit log are in the evidence.
 */
export const writers: PartOf = (view) => {
  if (view.analysis === null) return { lines: [`No evidence is kept of this incident. ${person}`], sources: [] };
  const objects = objectsOf(view);
  const writes = objects
    .flatMap(writesOf)
    .filter(({ at }) => isAsked(view, at))
    .toSorted((a, b) => b.at - a.at);
  const field = askedField(view, objects);
  const fits = fieldTest(writes, field.words);
  const told = removing.test(view.question)
    ? []
    : writes.filter((write) => field.words.length === 0 || fits(write).length > 0);
  const audit = auditLines(view.analysis.graph.logs, objects.map(entityOf)).filter(({ at }) => isAsked(view, at));
  return joined(
    auditPart(audit),
    told.length > 0 ? writeLines(view, told, fits) : unsaid(view, objects, field, writes),
    causeLines(objects),
    unwritten(objects, told),
    { lines: audit.length > 0 ? [] : [person], sources: [] },
  );
};

/** The workloads that run what the question is about, and what they use; of a kind where it names one and has such. */
function objectsOf(view: QuestionView): readonly KubeObject[] {
  const workloads = workloadsOf(view);
  const both = [...workloads.flatMap(({ object }) => object ?? []), ...writtenObjects(view, workloads)];
  const all = [...new Map(both.map((object) => [entityKey(entityOf(object)), object])).values()];
  const kinds = view.named.entities.length > 0 ? [] : kindsIn(view.question, view.analysis?.graph.kinds ?? []);
  const ofKind = all.filter((object) => kinds.includes(entityOf(object).kind));
  return ofKind.length > 0 ? ofKind : all;
}

function isAsked({ window }: QuestionView, at: number): boolean {
  return window === null || isIn(window, at);
}

/** What is not there any more has no writer. */
const removing = /\b(?:removed?|deleted?|dropped|unset)\b/i;

/** Words that name no field by themselves. */
const ordinary = new Set(
  'who what which when the that this it set changed change name app type time value spec metadata status labels annotations template containers'.split(
    ' ',
  ),
);

/** What a question asks about, in words, and the words on the way to its field; none where it names no field. */
interface AskedField {
  readonly label: string;
  readonly words: readonly string[];
}

/** What people call a write of a field by another name. */
const spoken: readonly (readonly [RegExp, AskedField])[] = [
  [/\bscaled?\b|\breplicas\b/i, { label: 'replicas', words: ['replicas'] }],
  [/\brestarted\b/i, { label: 'a restart of it (the annotation restartedAt)', words: ['restarted'] }],
];

/** The field that a question names, of those that one of the objects has. */
function askedField({ question, named }: QuestionView, objects: readonly KubeObject[]): AskedField {
  const variables = variablesIn(question);
  if (variables.length > 0) return { label: variables.join(' '), words: variables.map((name) => name.toLowerCase()) };
  const other = spoken.find(([form]) => form.test(question));
  if (other !== undefined) return other[1];
  const names = new Set([...named.entities.map(({ name }) => name), ...named.containers].flatMap(wordsOf));
  const known = new Set(objects.flatMap(writesOf).flatMap(({ fields }) => fields.flat().flatMap(wordsOf)));
  const asked = wordsOf(question).filter((word) => !ordinary.has(word) && !names.has(word));
  const words = [...new Set(asked.flatMap((word) => [word, `${word}s`].find((one) => known.has(one)) ?? []))];
  return { label: words.join(' ') || 'it', words };
}

/** The words of a text in small letters; `livenessProbe` are two. */
function wordsOf(text: string): readonly string[] {
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9_]+/)
    .filter((word) => word.length > 1);
}

type Fields = (write: Write) => Write['fields'];

/** The fields of a write that are asked for: all words are on their way, as whole names where that is so of some write. */
function fieldTest(writes: readonly Write[], words: readonly string[]): Fields {
  if (words.length === 0) return ({ fields }) => fields;
  const having = (namesOf: (step: string) => readonly string[]): Fields => {
    return ({ fields }) =>
      fields.filter((steps) => {
        const own = new Set(steps.flatMap(namesOf));
        return words.every((word) => own.has(word));
      });
  };
  const whole = having((step) => [step.toLowerCase()]);
  return writes.some((write) => whole(write).length > 0)
    ? whole
    : having((step) => [step.toLowerCase(), ...wordsOf(step)]);
}

function writeLines({ window }: QuestionView, writes: readonly Write[], fields: Fields): AnswerPart {
  const counts = new Map<KubeObject, number>();
  const shown = writes
    .filter(({ object }) => {
      const before = counts.get(object) ?? 0;
      counts.set(object, before + 1);
      return before < maxOfObject;
    })
    .slice(0, maxWrites);
  return {
    lines: [
      ...(window === null ? [] : [say(`What was written ${windowText(window)}:`)]),
      ...shown.map((write) => say(writeText(write, fields(write)))),
    ],
    sources: [...new Set(shown.map(({ object }) => fileOf(entityOf(object))))],
  };
}

function writeText({ object, at, manager, operation }: Write, fields: Write['fields']): string {
  const names = [...new Set(fields.map(fieldText))];
  const what = names.length === 0 ? '' : `: ${listed(names, maxFields)}`;
  const how = operation === '' ? '' : ` (${operation})`;
  const by = manager === '' ? '' : ` by ${manager}`;
  return `${entityText(entityOf(object))} was written at ${clockTime(at)}${by}${how}${what}`;
}

/** The end of the way to a field says what it is; the rest is the same for all. */
const fieldText = (steps: readonly string[]): string => steps.slice(-3).join('.');

/** What the evidence does not say, and the writes that it has in its place. */
function unsaid(
  view: QuestionView,
  objects: readonly KubeObject[],
  { label }: AskedField,
  writes: readonly Write[],
): AnswerPart {
  const names = listed(
    objects.map((object) => entityText(entityOf(object))),
    3,
  );
  const when = view.window === null ? '' : ` ${windowText(view.window)}`;
  const head = removing.test(view.question)
    ? say(
        `The evidence does not say who removed ${label}: what is removed leaves no trace on ${names || 'its objects'}.`,
      )
    : say(`The evidence does not say who wrote ${label}: no such write of ${names || 'its objects'} is noted${when}.`);
  const others = writeLines({ ...view, window: null }, writes, ({ fields }) => fields);
  return {
    lines: [
      head,
      ...(others.lines.length > 0 ? ['What was written of it at all:', ...others.lines] : []),
      ...(objects.length === 0 ? [] : wouldShow(view, objects.slice(0, 1).map(withFields))),
    ],
    sources: others.sources,
  };
}

function withFields(object: KubeObject): string {
  return `${asYaml(entityOf(object))} --show-managed-fields`;
}

/** Objects of which nothing is noted, beside those that were told of. */
function unwritten(objects: readonly KubeObject[], told: readonly Write[]): AnswerPart {
  const silent = objects
    .filter((object) => writesOf(object).length === 0)
    .map((object) => entityText(entityOf(object)));
  if (told.length === 0 || silent.length === 0) return nothing;
  return { lines: [say(`Of ${listed(silent, 3)} the evidence notes no writes.`)], sources: [] };
}

/** What whoever changed it wrote down: https://kubernetes.io/docs/reference/labels-annotations-taints/#change-cause */
function causeLines(objects: readonly KubeObject[]): AnswerPart {
  const told = objects.flatMap((object) => {
    const words = textAt(object, 'metadata', 'annotations', 'kubernetes.io/change-cause');
    return words === '' ? [] : [{ object, words }];
  });
  return {
    lines: told
      .slice(0, maxOfObject)
      .flatMap(({ object, words }) => [
        say(`${entityText(entityOf(object))} says of its last change:`),
        ...quote(words, 2),
      ]),
    sources: told.map(({ object }) => fileOf(entityOf(object))),
  };
}

function auditPart(audit: readonly AuditLine[]): AnswerPart {
  const shown = audit.slice(0, maxAudit);
  return {
    lines: shown.map(({ at, user, verb, object, agent }) =>
      say(`An audit line: ${user} did ${verb} ${entityText(object)} at ${clockTime(at)}${agent && ` with ${agent}`}`),
    ),
    sources: [...new Set(shown.map(({ path }) => path))],
  };
}
