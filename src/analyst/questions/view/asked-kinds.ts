import { longestQuestion } from '../../../domain/question.ts';
import { kindNamed } from '../../../kube/kinds.ts';

/** Kinds that have answers of their own, or that are the place of others. */
const elsewhere: ReadonlySet<string> = new Set(['Pod', 'Node', 'Event', 'Namespace', 'Endpoints', 'EndpointSlice']);
/** Short names of kinds that mean something else in a sentence. */
const ordinary: ReadonlySet<string> = new Set(['no', 'limits', 'pc', 'sc', 'rs', 'crd', 'crds', 'lease', 'leases']);
/** What stands before something that is asked about. */
const pointing: ReadonlySet<string> = new Set(
  'the a an our my your this that these those of about any all every'.split(' '),
);

/**
 * The kinds that a question names, `status of the pvc`; `held`: those of the evidence, custom ones too. `alone`: only where
 * the words say that it is asked about, which `good job` do not.
 */
export function kindsIn(question: string, held: readonly string[], alone = false): readonly string[] {
  const words = question
    .slice(0, longestQuestion)
    .toLowerCase()
    .split(/[^\p{L}\p{N}.-]+/u)
    .filter((word) => word !== '');
  const isAsked = (at: number): boolean => !alone || words.length === 1 || pointing.has(words[at - 1] ?? '');
  const found = words.flatMap((word, at) => (ordinary.has(word) || !isAsked(at) ? [] : (kindOf(word, held) ?? [])));
  return [...new Set(found)].filter((kind) => !elsewhere.has(kind));
}

function kindOf(word: string, held: readonly string[]): string | null {
  // Short names have no plural that kubectl knows, and people have one: `pvcs`.
  const one = word.length > 3 ? word.replace(/s$/, '') : word;
  const known = (kindNamed(word) ?? kindNamed(one))?.kind ?? null;
  return known ?? held.find((kind) => [kind.toLowerCase(), `${kind.toLowerCase()}s`].includes(word)) ?? null;
}
