import { type EarlierQuestion, isAskedBefore } from '../../../domain/history.ts';
import { kindNamed } from '../../../kube/kinds.ts';
import { entityText } from '../../model/entities.ts';
import { listed, oneLine } from '../../../lib/text.ts';
import { type Intent, intentsOf, narrowedByTime } from './intents.ts';
import type { AskedQuestion } from './kept.ts';
import { type Named, nobody } from './names.ts';
import { plainWords } from './plain-words.ts';
import { strangeTimeIn, timePhraseIn, withoutTime } from '../time/time-phrase.ts';

/** What a question is taken to ask. */
export interface Meaning {
  readonly intents: readonly Intent[];
  /** Words of which parts of an answer look for more: those of the question, or of the one that it goes on from. */
  readonly question: string;
  /** The words that say a time, where any do: those of the question before those of the one that it goes on from. */
  readonly time: string;
  readonly named: Named;
  /** The question as it was written. */
  readonly asked: string;
  /** One sentence that says what it was taken to mean, where that comes from a question before it; null otherwise. */
  readonly said: string | null;
}

/** Nobody goes on from what was asked longer before it, ms; and from no more questions. */
const recentMs = 10 * 60_000;
const longestChain = 5;

const opening = /^(?:and|what about|how about|(?:the )?same (?:for|of))\b/;
/** An opening and what is left of a time that has no other words. */
const openingAlone = /^(?:and|what about|how about|(?:the )?same (?:for|of))(?: (?:only|just|for|of|in|with))?$/;
const why =
  /^(?:and |but |so )?(?:why|how come)(?: (?:that|this|so|then|though|not|is that|was that|is this|is that so))?$/;
const before =
  /^(?:(?:and|but|what about|how about|what was|it|that|the|one|ones|run|version|value) )*(?:before|previous|previously|earlier)(?: (?:that|this|it|then|one|ones|run|version|value))*$/;
const command =
  /^(?:and |so |but )?(?:(?:with |by )?(?:which|what) commands?(?: (?:is that|is it|exactly|then|for that|do i (?:run|type)|should i (?:run|type)))?|how exactly|(?:show|give|tell) (?:me )?the commands?)$/;
const pointing = /\bits\b|\bof it\b|\b(?:that|this) one\b|\bthe same one\b/;
const pointingAtKind = /\b(?:that|this|the same) ([a-z]+)\b/g;

/**
 * What a question means: by its own words, and where it leaves out what was asked before (`and before?`, `why that?`,
 * `which command?`, `and of search?`), by the last question of the person or the thread. Where these two differ, nothing is
 * taken from them. `naming` gives what a text names of the evidence.
 */
export function meaningOf(asked: AskedQuestion, naming: (text: string) => Named): Meaning {
  const own = meaningAlone(asked.text, naming);
  if (!goesOn(asked.text)) return own;
  const taken = chainsOf(asked).map((chain) => meaningAfter(asked.text, lastOf(chain, naming), naming));
  const [first] = taken;
  return first === undefined || taken.some((one) => !isSame(one, first)) ? own : first;
}

const meaningAlone = (text: string, naming: (text: string) => Named): Meaning => ({
  intents: intentsBesideTime(text),
  question: text,
  time: text,
  named: naming(text),
  asked: text,
  said: null,
});

/** `events before 14:00` asks nothing of what was before: its time narrows the events. `how is it since 14:00` asks of it. */
function intentsBesideTime(text: string): readonly Intent[] {
  const beside = intentsOf(withoutTime(text));
  return beside.some((intent) => narrowedByTime.has(intent)) ? beside : intentsOf(text);
}

/** Whether its words may leave something out. */
function goesOn(text: string): boolean {
  const words = plainWords(withoutTime(text));
  return [opening, why, before, command, pointing].some((form) => form.test(words)) || kindsIn(words).length > 0;
}

/** The questions that it may go on from, each list from the oldest on: of the person, and of the thread. */
function chainsOf({ kept, talk, after, askedAt = kept.now }: AskedQuestion): readonly (readonly string[])[] {
  if (after !== undefined) return [chain(after)];
  if (talk === undefined) return [];
  const earlier = kept.earlier.filter((one) => isAskedBefore(one, { askedAt, id: talk.id }));
  const own = recent(
    earlier.filter(({ person }) => person === talk.person),
    askedAt,
  );
  const thread = recent(
    earlier.filter((one) => talk.thread !== null && one.thread === talk.thread),
    askedAt,
  );
  const texts = (some: readonly EarlierQuestion[]): readonly string[] => chain(some.map(({ text }) => text));
  const [newest] = thread;
  if (own[0] === undefined) return newest === undefined ? [] : [texts(thread)];
  const othersAsked = newest !== undefined && newest.person !== talk.person && newest.at > own[0].at;
  return othersAsked ? [texts(own), texts(thread)] : [texts(own)];
}

const chain = (texts: readonly string[]): readonly string[] => texts.slice(0, longestChain).toReversed();

/** Those, newest first, of which each was asked soon before the next: what the last one meant may rest on the first. */
function recent(earlier: readonly EarlierQuestion[], askedAt: number): readonly EarlierQuestion[] {
  const cut = earlier.findIndex(({ at }, index) => at < (earlier[index - 1]?.at ?? askedAt) - recentMs);
  return cut === -1 ? earlier : earlier.slice(0, cut);
}

/** What the last of them means; null where it is not understood: then nobody knows what goes on from it. */
function lastOf(chain: readonly string[], naming: (text: string) => Named): Meaning | null {
  return chain.reduce<Meaning | null>((last, text) => {
    const meaning = goesOn(text) ? meaningAfter(text, last, naming) : meaningAlone(text, naming);
    return meaning.intents.length > 0 || hasNames(meaning.named) ? meaning : null;
  }, null);
}

function meaningAfter(text: string, last: Meaning | null, naming: (text: string) => Named): Meaning {
  const own = meaningAlone(text, naming);
  if (last === null) return own;
  const asked = withoutTime(text);
  const words = plainWords(asked);
  const going = (change: Partial<Meaning>): Meaning => withWords({ ...own, ...change }, last);
  const topic = { question: last.question, time: saysTime(text) ? text : last.time };
  if (hasNames(own.named)) {
    const isSameOfAnother = opening.test(words) && intentsOf(asked).length === 0 && last.intents.length > 0;
    return isSameOfAnother ? going({ ...topic, intents: last.intents }) : own;
  }
  if (own.named.unknown.length + own.named.doubtful.length > 0) return own;
  const named = { ...nobody, entities: last.named.entities, containers: last.named.containers };
  const same = topicAlone(text, words, last);
  if (same !== null)
    return same.length === 0 ? own : going({ ...topic, intents: same, named: { ...last.named, taken: [] } });
  if (before.test(words)) {
    const back = turnedBack(last.intents);
    return back === null ? own : going({ ...back, named });
  }
  const isAboutThem = opening.test(words) || why.test(words) || pointing.test(words) || pointsAt(words, named);
  return hasNames(named) && own.intents.length > 0 && isAboutThem ? going({ named }) : own;
}

/** What is asked once more, of the same objects: for its commands, or of another time; null where neither is asked. */
function topicAlone(text: string, words: string, { intents }: Meaning): readonly Intent[] | null {
  if (command.test(words)) return intents.filter((intent) => withCommands.has(intent));
  const isTimeAlone = openingAlone.test(words) && saysTime(text);
  return isTimeAlone ? intents.filter((intent) => narrowedByTime.has(intent)) : null;
}

const saysTime = (text: string): boolean => timePhraseIn(text) !== null || strangeTimeIn(text) !== null;

/** What is answered with commands of the report. */
const withCommands: ReadonlySet<Intent> = new Set(['steps', 'undo', 'acts']);

/** What was before that; null where that is nothing, or several things. */
function turnedBack(intents: readonly Intent[]): Pick<Meaning, 'intents' | 'question'> | null {
  const [only, ...others] = intents;
  if (only === undefined || others.length > 0) return null;
  if (only === 'logs') return { intents: ['logs'], question: 'previous logs' };
  return templated.has(only) ? { intents: ['changed'], question: 'what changed' } : null;
}

/** What a template says: the newest revision is told against the one before. */
const templated: ReadonlySet<Intent> = new Set(['images', 'resources', 'ports', 'config']);

function withWords(meaning: Meaning, last: Meaning): Meaning {
  const { intents, question, named } = meaning;
  const topics = intents.map((intent) =>
    question === 'previous logs' ? 'the log of the run before' : topicWords[intent],
  );
  const names = [...named.entities.map(entityText), ...named.containers.map((name) => `container ${name}`)];
  const whose = names.length === 0 ? '' : `, of ${listed(names, 3)}`;
  const asked = oneLine(last.asked, 120);
  return { ...meaning, said: `Taken to mean: ${topics.join('; ')}${whose}, after the question “${asked}”.` };
}

/** What is asked, in words that follow `taken to mean:`. */
const topicWords: Readonly<Record<Intent, string>> = {
  acts: 'what was asked to be done',
  summary: 'a summary',
  ruled_out: 'whether something else is to blame',
  cause: 'why',
  evidence: 'what that rests on',
  state: 'how it is',
  since: 'since when',
  changed: 'what changed',
  written_by: 'who set it',
  steps: 'what to do',
  undo: 'how a step is taken back',
  logs: 'the log',
  events: 'the events',
  exits: 'exit codes and restarts',
  affected: 'what is affected',
  node: 'the node',
  measured: 'what is measured',
  resources: 'limits and requests',
  images: 'images',
  ports: 'ports and probes',
  config: 'settings',
  history: 'whether it was there before',
  investigations: 'the investigations',
  about: 'which incident it is',
  who: 'who has it',
  help: 'what can be asked',
};

const hasNames = ({ entities, containers }: Named): boolean => entities.length + containers.length > 0;

/** The words after `that`, `this` and `the same` that are kinds of objects. */
const kindsIn = (words: string): readonly string[] =>
  [...words.matchAll(pointingAtKind)]
    .map(([, word = '']) => word)
    .filter((word) => word === 'container' || kindNamed(word) !== null);

function pointsAt(words: string, { entities, containers }: Named): boolean {
  return kindsIn(words).some((word) =>
    word === 'container' ? containers.length > 0 : entities.some(({ kind }) => kind === kindNamed(word)?.kind),
  );
}

function isSame(one: Meaning, other: Meaning): boolean {
  const plain = ({ intents, question, time, named: { entities, containers } }: Meaning): string =>
    JSON.stringify([intents, question, time, entities, containers]);
  return plain(one) === plain(other);
}
