import { answerText, say } from '../../report/answer-lines.ts';
import { shellWord } from '../../lib/process/command-line.ts';
import { listed, oneLine } from '../../lib/text.ts';
import { kindsIn } from './view/asked-kinds.ts';
import { isAboutOthers, ownerText } from './view/incident-objects.ts';
import { type Intent, narrowedByTime } from './view/intents.ts';
import type { AskedQuestion, RulesAnswer } from './view/kept.ts';
import { about, acts, investigations, summary } from './parts/about.ts';
import { cause, evidence } from './parts/cause.ts';
import { changed } from './parts/changed.ts';
import { eventList } from './parts/event-list.ts';
import { logLines } from './parts/log-lines.ts';
import { nextSteps, undo } from './parts/next-steps.ts';
import { affected, exits, node } from './parts/pods.ts';
import { ports } from './parts/ports.ts';
import { ruledOut } from './parts/ruled-out.ts';
import { config, images, measured, resources } from './parts/settings.ts';
import { history, since, state, who } from './parts/standing.ts';
import { writers } from './parts/writers.ts';
import { type PartOf, type QuestionView, viewOf } from './view/view.ts';
import { wouldShow } from './view/would-show.ts';
import { type AnswerPart, joined, nothing } from './view/words.ts';

const canBeAsked =
  'You can ask: for a summary, why, how sure, what the log says, the events, since when, what changed, who changed it, what to do, how to roll back, how to undo it, which pods, exit codes, the node, limits, images, ports and probes, settings, why not something else, whether it was there before, who has it, what the investigation cost. Names of pods, containers and other objects choose among them.';

const parts: Record<Intent, PartOf> = {
  acts,
  summary,
  ruled_out: ruledOut,
  cause,
  evidence,
  state,
  since,
  changed,
  written_by: writers,
  steps: nextSteps,
  undo,
  logs: logLines,
  events: eventList,
  exits,
  affected,
  node,
  measured,
  resources,
  images,
  ports,
  config,
  history,
  investigations,
  about,
  who,
  help: () => ({ lines: [canBeAsked], sources: [] }),
};

/**
 * Answers a question about an incident by rules, from what is kept of it alone. What is not understood is said to be so, with
 * the cause and the next step. `understood` is false then. Where a question before it says what it means, that is told first.
 */
export function answerQuestion({ kept, text, ...before }: AskedQuestion): RulesAnswer {
  const view = viewOf(kept, text, before);
  const { entities, containers, unknown } = view.named;
  const { intents } = view.meaning;
  const isNamed = entities.length + containers.length > 0;
  const chosen = intents.length === 0 ? aboutNames(view) : intents;
  // Of an object that is not there, nothing is told about another one.
  const told = unknown.length > 0 && !isNamed ? chosen.filter((intent) => !ofObjects.has(intent)) : chosen;
  const understood = chosen.length + unknown.length > 0;
  const answers = understood ? answersOf(view, told) : [notUnderstood(view)];
  const all = joined(
    meant(view),
    mistyped(view),
    strangeTime(view),
    unknownNames(view),
    ...separated(answers),
    left(view),
  );
  return {
    text: answerText(all.lines),
    sources: all.sources.slice(0, 50),
    by: 'rules',
    understood,
  };
}

/** What is told of the incident is marked as that where the question names something else. */
function answersOf(view: QuestionView, told: readonly Intent[]): readonly AnswerPart[] {
  const answer = (some: readonly Intent[]): readonly AnswerPart[] => some.map((intent) => parts[intent](view));
  const { unknown, doubtful } = view.named;
  if (!isAboutOthers(view)) return unknown.length + doubtful.length > 0 ? marked(view, answer(told)) : answer(told);
  const ofNames = told.filter((intent) => ofObjects.has(intent));
  const ofIncident = told.filter((intent) => !ofObjects.has(intent) && intent !== 'ruled_out');
  // Why another object is down, and since when, is first of all whether it is.
  const asksOfIt = ofNames.length === 0 && (told.includes('cause') || told.includes('since'));
  return [
    ...answer([...(asksOfIt ? (['state'] as const) : []), ...told.filter((intent) => !ofIncident.includes(intent))]),
    ...marked(view, answer(ofIncident)),
  ];
}

function marked(view: QuestionView, [first, ...others]: readonly AnswerPart[]): readonly AnswerPart[] {
  if (first === undefined) return [];
  const mark = { lines: [say(`What follows is of the incident of ${ownerText(view)}.`)], sources: [] };
  return [joined(mark, first), ...others];
}

/** What is told of the objects that a question names. */
const ofObjects: ReadonlySet<Intent> = new Set([
  'state',
  'changed',
  'written_by',
  'measured',
  'logs',
  'events',
  'exits',
  'affected',
  'node',
  'resources',
  'images',
  'ports',
  'config',
]);

/** A name or a kind alone asks how that is. */
function aboutNames({ named, question, analysis }: QuestionView): readonly Intent[] {
  if (named.entities.length + named.containers.length === 0)
    return kindsIn(question, analysis?.graph.kinds ?? [], true).length > 0 ? ['state'] : [];
  const kinds = new Set(named.entities.map(({ kind }) => kind));
  if (kinds.has('Node')) return ['node'];
  if (kinds.has('ConfigMap') || kinds.has('Secret')) return ['config'];
  return named.containers.length > 0 ? ['exits', 'logs'] : ['state', 'events'];
}

function notUnderstood(view: QuestionView): AnswerPart {
  const head = { lines: ['The question was not understood. In short, what is known:'], sources: [] };
  return joined(head, cause(view), nextSteps(view), { lines: [canBeAsked], sources: [] });
}

function unknownNames(view: QuestionView): AnswerPart {
  const { analysis, kept, named } = view;
  const none = [...named.unknown, ...named.doubtful];
  const [first] = none;
  if (first === undefined) return nothing;
  const pods = analysis?.focus.workloads.flatMap((workload) => workload.pods.map(({ name }) => name)) ?? [];
  const there = [...new Set([kept.detail.incident.owner.name, ...pods])];
  const names = none
    .slice(0, 3)
    .map((name) => oneLine(name, 80))
    .join(', ');
  const show = wouldShow(view, [
    `kubectl get ${searched} -A --field-selector metadata.name=${shellWord(oneLine(first, 253))}`,
  ]);
  const head = say(`Nothing in the evidence is named ${names}. There are: ${listed(there, 8)}.`);
  return { lines: [head, ...show], sources: [] };
}

/** What people name most. */
const searched = 'pods,deployments,statefulsets,daemonsets,jobs,services,nodes';

function meant({ meaning: { said } }: QuestionView): AnswerPart {
  return said === null ? nothing : { lines: [say(said)], sources: [] };
}

function mistyped({ named }: QuestionView): AnswerPart {
  const lines = named.taken.slice(0, 3).map(({ word, name }) => say(`${oneLine(word, 80)} is taken for ${name}.`));
  return { lines, sources: [] };
}

/** Nothing that a time narrows is told without it in silence. */
function strangeTime({ meaning: { intents }, strangeTime: words }: QuestionView): AnswerPart {
  if (words === null || !intents.some((intent) => narrowedByTime.has(intent))) return nothing;
  const example =
    'Times are written as “in the last hour”, “since 14:00 yesterday”, “between 13:00 and 14:00”, in UTC.';
  const head = `“${oneLine(words, 60)}” was not understood as a time, or is yet to come: it narrows nothing.`;
  return { lines: [say(`${head} ${example}`)], sources: [] };
}

const separated = (answers: readonly AnswerPart[]): readonly AnswerPart[] =>
  answers.flatMap((part, at) => (at === 0 ? [part] : [{ lines: [''], sources: [] }, part]));

function left({ kept: { leftOut } }: QuestionView): AnswerPart {
  if (leftOut === 0) return nothing;
  return { lines: [`${leftOut} files of evidence were not looked at: they are too many or too large.`], sources: [] };
}
