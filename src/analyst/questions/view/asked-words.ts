import { longestQuestion } from '../../../domain/question.ts';
import { kindNamed } from '../../../kube/kinds.ts';
import { isCommonWord } from './plain-words.ts';

const maxWords = 60;

/** A word of a question that can name an object. */
export interface AskedWord {
  readonly name: string;
  /** Of `kind/name`, or of the word before. */
  readonly kind: string | null;
  /** It stands where a name is expected: in a path, after a kind or before one, after `of`, before `is down`. */
  readonly isPlaced: boolean;
  /** What the words around it make of it where nothing has that name. */
  readonly unknownAs: 'name' | 'perhaps a name' | null;
}

/** The words of a question that can be names, in small letters. */
export function wordsOf(question: string): readonly AskedWord[] {
  const all = question
    .slice(0, longestQuestion)
    .toLowerCase()
    .split(/[^\p{L}\p{N}./:_-]+/u)
    .map((word) => word.replace(/^[./:_-]+|[./:_-]+$/g, ''))
    .filter((word) => word !== '')
    .slice(0, maxWords);
  return all.flatMap((word, at) => askedWord(word, placeOf(all, at)));
}

/** What stands around a word: the words before it, without an article, and those after it. */
interface Place {
  readonly before: string;
  readonly before2: string;
  readonly after: readonly string[];
}

const articles: ReadonlySet<string> = new Set(['the', 'my', 'our', 'your', 'this', 'that']);

function placeOf(all: readonly string[], at: number): Place {
  const end = articles.has(all[at - 1] ?? '') ? at - 1 : at;
  const [before = '', before2 = ''] = [all[end - 1], all[end - 2]];
  return { before, before2, after: all.slice(at + 1, at + 6) };
}

function askedWord(word: string, place: Place): readonly AskedWord[] {
  const parts = word.split('/');
  // `deploy/shop/cart`, and `shop/cart`: the last is the name.
  const name = parts.at(-1) ?? '';
  const isPath = parts.length > 1;
  // Names of objects have no underscore, those of variables have.
  if (name.length < 3 || name.includes('_') || kindOf(name) !== null) return [];
  const isPointed = pointing.has(place.before);
  const isOfKind = kindOf(place.after[0] ?? '') !== null;
  if (!isPath && (isCommonWord(name) || (ordinary.has(name) && !isPointed && !isOfKind))) return [];
  const kind = isPath ? kindOf(parts[0] ?? '') : kindBefore(place.before);
  const asked = isGeneric(name) ? null : askedOf(place);
  const isPlaced = isPath || isPointed || isOfKind || kind !== null || asked !== null;
  return [{ name, kind, isPlaced, unknownAs: looksLikeName(name, kind, isPath) ? 'name' : asked }];
}

const kindOf = (word: string): string | null => (word === '' ? null : (kindNamed(word)?.kind ?? null));

const isGeneric = (name: string): boolean =>
  ordinary.has(name) || generic.has(name) || generic.has(name.replace(/s$/, ''));

/** What stands before a name, and seldom before anything else that is none of our words. */
const pointing: ReadonlySet<string> = new Set(['of', 'for', 'from', 'about']);
/** What objects have: `logs of cart`, not `out of sync`. */
const belonging = new Set(
  (
    'log logs event events warnings status state health image images config configuration env environment variables ' +
    'settings limit limits requests resources restarts code codes port ports probe probes pod pods container containers ' +
    'node replicas yaml output stdout stderr describe description versions version'
  ).split(' '),
);
const verbs: ReadonlySet<string> = new Set('is are was were isnt arent does did has have will how why'.split(' '));
/** What people call what they name: `the redis server`. */
const servers: ReadonlySet<string> = new Set(
  'server app api db database instance host endpoint queue cache'.split(' '),
);
const adverbs: ReadonlySet<string> = new Set(
  'still now also really actually back currently not be all even'.split(' '),
);
const states = new Set(
  (
    'ok okay up down alive dead healthy unhealthy ready fine broken back working serving running failing crashing crashed slow ' +
    'stuck affected impacted involved fixed recovered available unavailable reachable unreachable gone fail crash'
  ).split(' '),
);
/** What is asked about in the same words and is no object. */
const generic = new Set(
  (
    'production prod staging site website traffic customer customers user users people anyone anybody someone somebody ' +
    'everyone everybody nobody system systems platform business backend frontend database network dns internet api apis ' +
    'world others incident incidents alert alerts fault faults situation outage yesterday tonight morning afternoon ' +
    'memory cpu disk storage volume registry quota probe config permission rbac certificate scheduler autoscaler upstream ' +
    'dependency port code bug application webhook admission secret key tls rights scheduling debugging connection ' +
    'call login build pipeline scaling autoscaling readiness liveness'
  ).split(' '),
);

/** `logs of cart` asks for a name; `is cart down`, `how is cart` and `what about cart` most often do. */
function askedOf({ before, before2, after }: Place): AskedWord['unknownAs'] {
  if (pointing.has(before) && belonging.has(before2)) return 'name';
  if (verbs.has(before) && isState(after)) return 'perhaps a name';
  const asksHow = before === 'about' || (before2 === 'how' && ['is', 'are', 'does'].includes(before));
  return asksHow && after.length === 0 ? 'perhaps a name' : null;
}

/** `down`, `still down`, `service down`, and with one word more that is none of ours: `docker hub down`. */
function isState(after: readonly string[]): boolean {
  const rest = after.filter((word) => !adverbs.has(word) && !servers.has(word) && kindOf(word) === null);
  const [first = '', second = ''] = rest;
  return states.has(first) || (states.has(second) && !isCommonWord(first));
}

/** What people say of objects: no names, also where a kind stands before (`is the node full`, `why does the pod crash`). */
const ordinary = new Set(
  (
    'full crash crashes fail fails die dies dead run runs slow pending evicted ready unready available unavailable ' +
    'reachable unreachable healthy unhealthy broken broke break breaks restart restarts reboot reboots drained cordoned ' +
    'stuck missing unschedulable overloaded hang hangs hung exist exists respond responds start starts stop stops stopped ' +
    'exit exits wait waits throttled oom alive red green yellow okay fine bad wrong empty big small enough rollout selector ' +
    'name count number status state spec yaml template label limit limits policy quota class level pressure use uses used ' +
    'have need needs want take takes point points serve serves serving send sends work works recover recovers print prints go goes ' +
    'went yet already check checks load loads test tests read reads write writes back other another every each new old using taking waiting doing going being getting making'
  ).split(' '),
);

/** The kind that the word before says; several are not named by one name: `pods keep crashing`. */
function kindBefore(before: string): string | null {
  const facts = before === '' ? null : kindNamed(before);
  return facts !== null && facts.plural !== before ? facts.kind : null;
}

/** Written as a name is: a path, `payments-7f`, `cart-0`, and `pod web-a`; not `pod recovered`, not `roll-back`, not `12:30`. */
function looksLikeName(name: string, kind: string | null, isPath: boolean): boolean {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name) || /^[\d.:-]+[a-z]?$/.test(name)) return false;
  if (isPath) return kind !== null || (name.includes('-') && /\d/.test(name));
  return kind === null ? name.includes('-') && /\d/.test(name) : /[-\d]/.test(name);
}
