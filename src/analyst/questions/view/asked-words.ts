import { longestQuestion } from '../../../domain/question.ts';
import { kindNamed } from '../../../kube/kinds.ts';
import { isCommonWord } from './plain-words.ts';

const maxWords = 60;

/** A word of a question that can name an object. */
export interface AskedWord {
  readonly name: string;
  /** Of `kind/name`, or of the word before. */
  readonly kind: string | null;
  /** Written as a path: `deploy/cart`, `shop/cart`. */
  readonly isPath: boolean;
  /** It stands where a name is expected: in a path, after a kind or before one, after `of`. */
  readonly isPlaced: boolean;
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
  return all.flatMap((word, at): AskedWord[] => {
    const parts = word.split('/');
    // `deploy/shop/cart`, and `shop/cart`: the last is the name.
    const name = parts.at(-1) ?? '';
    const isPath = parts.length > 1;
    const isPointed = pointing.has(all[at - 1] ?? '');
    // Names of objects have no underscore, those of variables have.
    if (name.length < 3 || name.includes('_') || kindOf(name) !== null) return [];
    const isOfKind = kindOf(all[at + 1] ?? '') !== null;
    if (!isPath && (isCommonWord(name) || (ordinary.has(name) && !isPointed && !isOfKind))) return [];
    const kind = isPath ? kindOf(parts[0] ?? '') : kindBefore(all[at - 1] ?? '');
    const isPlaced = isPath || isPointed || isOfKind || kind !== null;
    return [{ name, kind, isPath, isPlaced }];
  });
}

const kindOf = (word: string): string | null => (word === '' ? null : (kindNamed(word)?.kind ?? null));

/** What stands before a name, and seldom before anything else that is none of our words. */
const pointing: ReadonlySet<string> = new Set(['of', 'for', 'from', 'about']);

/** What people say of objects: no names, also where a kind stands before (`is the node full`, `why does the pod crash`). */
const ordinary = new Set(
  (
    'full crash crashes fail fails die dies dead run runs slow pending evicted ready unready available unavailable ' +
    'reachable unreachable healthy unhealthy broken broke break breaks restart restarts reboot reboots drained cordoned ' +
    'stuck missing unschedulable overloaded hang hangs hung exist exists respond responds start starts stop stops stopped ' +
    'exit exits wait waits throttled oom alive red green yellow okay fine bad wrong empty big small enough rollout selector ' +
    'name count number status state spec yaml template label limit limits policy quota class level pressure use uses used ' +
    'have need needs want take takes point points serve serves send sends work works recover recovers print prints go goes ' +
    'went yet already check checks load loads test tests read reads write writes back other another every each new old'
  ).split(' '),
);

/** The kind that the word before says; several are not named by one name: `pods keep crashing`. */
function kindBefore(before: string): string | null {
  const facts = before === '' ? null : kindNamed(before);
  return facts !== null && facts.plural !== before ? facts.kind : null;
}

/**
 * Whether a word that names nothing was meant as a name: a path, `payments-7f`, `cart-0`, and `pod web-a`; not `pod recovered`,
 * not `roll-back`, not `12:30`.
 */
export function looksLikeName({ name, kind, isPath }: AskedWord): boolean {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name) || /^[\d.:-]+[a-z]?$/.test(name)) return false;
  if (isPath) return kind !== null || (name.includes('-') && /\d/.test(name));
  return kind === null ? name.includes('-') && /\d/.test(name) : /[-\d]/.test(name);
}
