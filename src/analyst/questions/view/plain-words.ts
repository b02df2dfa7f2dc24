import { longestQuestion } from '../../../domain/question.ts';
import { printable } from '../../../lib/text.ts';
import { meantBy } from './mistyped.ts';

/** How people in a hurry write. */
const shortForms: Readonly<Record<string, string>> = {
  y: 'why',
  wyh: 'why',
  hwy: 'why',
  whi: 'why',
  wat: 'what',
  wut: 'what',
  wot: 'what',
  whats: 'what is',
  wats: 'what is',
  hows: 'how is',
  whos: 'who is',
  wheres: 'where is',
  whens: 'when is',
  u: 'you',
  r: 'are',
  im: 'i am',
  hv: 'have',
  b4: 'before',
  wen: 'when',
  cfg: 'config',
  rn: 'right now',
  reqs: 'requests',
  evts: 'events',
  lgs: 'logs',
  ooming: 'oom',
  rollback: 'roll back',
  rca: 'root cause',
};

/** Words that are meant as they are, however near they are to one of the table. */
const meant = new Set(
  (
    'the this that with what which have has does did was were are is it its for from about please can could would should show ' +
    'tell give me my we our you your and but not just any all some there here then them they been being than more most much ' +
    'many very only into onto off out on in at by to of or so if do go get got let see say says said know need want make made ' +
    'like look looks think thing things time times day days hour hours minute minutes week pod service cluster deployment ' +
    'container namespace app restart resolve scale delete remove drain close apply patch crash start error errors issue issues problem problems trouble stack trace today long short list line lines last first hold think weather lunch coffee ' +
    'shall must come came done dont cant wont isnt arent doesnt didnt will too also both each even ever over under nothing ' +
    'something everything anything chance chances charge charged stated editor lot bit serve serves serving server servers user users customer customers client clients outage still worth write right real really better worse best please thanks thank hello'
  ).split(' '),
);

/** The words of the table that a mistake in typing is held against. */
const typed =
  'why what when where who which cause reason evidence proof confidence still down status state resolved recovered since timeline started changed change deploy deploys deployed deployment rollout release released upgrade update difference steps fix command remediation undo revert reversible logs events warnings exit code restarts restarted crashed crashing terminated affected victims impact replicas pods node nodes memory resources limits requests quota image images version config configuration environment variables settings values secrets previous before happened again history incidents owner acknowledged oncall handling'.split(
    ' ',
  );
const known = new Set([...typed, ...meant]);

/** Small, without signs, short forms and mistakes of typing as the words that are meant. */
export function plainWords(question: string): string {
  const small = printable(question.slice(0, longestQuestion)).toLowerCase().replace(/['’`]/g, '');
  return small
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => shortForm(word) ?? corrected(word))
    .join(' ');
}

/** A word as it is meant: unchanged where it is known, or like nothing that is. */
function corrected(word: string): string {
  return word.length > 16 || known.has(word) || /\d/.test(word) ? word : (meantBy(word, typed) ?? word);
}

/** Whether a word is one of ours, and so no name of an object. */
export function isCommonWord(word: string): boolean {
  return known.has(word) || shortForm(word) !== null;
}

/** People write what they like, also `constructor`. */
function shortForm(word: string): string | null {
  return Object.hasOwn(shortForms, word) ? (shortForms[word] ?? null) : null;
}
