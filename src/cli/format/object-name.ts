import { kinds, kindNamed } from '../../kube/kinds.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine, truncate } from '../../lib/text.ts';
import type { NamedObject } from '../../domain/fault.ts';
import { kindUnknown, objectInvalid } from '../errors.ts';

/** The words of a command line that name one object. */
export interface ObjectWords {
  /** `KIND/NAMESPACE/NAME`, `KIND//NAME`, `KIND/NAME`, or only `KIND` where the name is the next word. */
  readonly object: string;
  readonly name?: string | undefined;
  /** `-n`. */
  readonly namespace?: string | undefined;
}

/** What a command says of its two arguments and of `-n`, the same for each that takes an object. */
export const objectHelp = {
  object: 'KIND/NAMESPACE/NAME, KIND/NAME with -n or of the whole cluster, or KIND alone; kinds as kubectl has them',
  name: 'name of the object, after a KIND alone',
  namespace: 'namespace of the object',
};

/**
 * Reads the name of an object in each form that people know from kubectl. The kind comes back as the API writes it where
 * it is known (`kinds.ts`); one that is not known stays as it was written, because faults of custom resources are kept too.
 * @throws ProblemError NC-CLI-003 when it is the name of no object
 */
export function parseObjectName(words: ObjectWords): NamedObject {
  const { kind, written, name } = partsOf(words);
  const { namespace: asked = '' } = words;
  if (written !== '' && asked !== '' && written !== asked) {
    throw new ProblemError(
      objectInvalid,
      `${oneLine(words.object, 80)} is in namespace ${written}, and -n says ${asked}`,
    );
  }
  const facts = kindNamed(kind);
  if (facts?.namespaced !== false) return { kind: facts?.kind ?? kind, namespace: written || asked || null, name };
  // As kubectl: -n says nothing to a kind of the whole cluster.
  if (written === '') return { kind: facts.kind, namespace: null, name };
  throw new ProblemError(objectInvalid, `a ${facts.kind} is in no namespace: ${facts.kind}//${truncate(name, 80)}`);
}

/** Kind, name, and the namespace that stands between them, empty where none does. @throws ProblemError */
function partsOf({ object, name: next }: ObjectWords): { kind: string; written: string; name: string } {
  const words = next === undefined ? [object] : [object, next];
  const parts = [...object.split('/'), ...words.slice(1)];
  const [kind = '', second = '', third] = parts;
  const name = third ?? second;
  const whole = (parts.length === 2 || parts.length === 3) && kind !== '' && name !== '';
  if (!whole) throw new ProblemError(objectInvalid, `"${truncate(words.join(' '), 80)}" is not KIND/NAMESPACE/NAME`);
  return { kind, written: third === undefined ? '' : second, name };
}

/**
 * The object as one that a cluster can be asked for: of a known kind, with a namespace where the kind has one.
 * @throws ProblemError NC-CLI-011 (with the nearest kind), NC-CLI-003
 */
export async function requireKnownObject(ref: NamedObject): Promise<void> {
  const facts = kindNamed(ref.kind);
  if (facts === null) {
    const near = await nearestKind(ref.kind);
    const hint = near === null ? '' : `, did you mean "${near}"?`;
    throw new ProblemError(kindUnknown, `there is no kind "${oneLine(ref.kind, 80)}"${hint}`);
  }
  if (facts.namespaced && ref.namespace === null) {
    const name = truncate(ref.name, 80);
    throw new ProblemError(objectInvalid, `a ${facts.kind} is in a namespace: ${facts.kind}/NAMESPACE/${name}`);
  }
}

/** The same form back, safe for a terminal: `Deployment/shop/cart`. */
export function objectName(ref: { kind: string; namespace: string | null; name: string }): string {
  return oneLine(`${ref.kind}/${ref.namespace ?? ''}/${ref.name}`, 700);
}

async function nearestKind(word: string): Promise<string | null> {
  const { nearest } = await import('../../config/schema-problems.ts');
  const [plain = ''] = word.split('.');
  const words = new Map(
    kinds.flatMap((facts) => [facts.kind.toLowerCase(), facts.plural].map((one) => [one, facts.kind] as const)),
  );
  return words.get(nearest(plain, [...words.keys()]) ?? '') ?? null;
}
