import type { Entity } from '../../domain/verdict/verdict.ts';
import { kindNamed } from '../../kube/kinds.ts';
import { commandWords } from '../../lib/process/command-line.ts';

/** A kubectl command as far as it can be told what it does, and to what. */
export interface KubectlCommand {
  /** `edit`, `rollout undo`, `set image`, `create secret generic`. */
  readonly verb: string;
  readonly namespace: string | null;
  /** What it is about, where it names one object. */
  readonly target: Entity | null;
  /** What stands behind the object: `name=image`, `KEY=value`. */
  readonly values: readonly string[];
  /** The values of options, by the name without dashes; empty for one that has none. */
  readonly options: ReadonlyMap<string, string>;
}

/** Words that make a verb together with the next. */
const groups: ReadonlySet<string> = new Set(['rollout', 'set', 'config', 'auth', 'top']);
/** Verbs whose object is a Node, of which only the name is given. */
const ofNodes: ReadonlySet<string> = new Set(['cordon', 'uncordon', 'drain']);
/** Short options that take a value. */
const valued: ReadonlySet<string> = new Set(['n', 'c', 'p', 'o', 'l', 'f']);
const longNames: Readonly<Record<string, string>> = { n: 'namespace', c: 'container', p: 'patch', l: 'selector' };
/** Long options that a step writes without `=`. */
const valuedLong: ReadonlySet<string> = new Set(['namespace', 'context', 'kubeconfig', 'field-selector', 'type']);

/** Reads one simple `kubectl` command; null for anything else. */
export function readKubectl(text: string): KubectlCommand | null {
  const words = commandWords(text);
  if (words?.[0] !== 'kubectl') return null;
  const { plain, options } = sorted(words.slice(1));
  const [first = '', second = ''] = plain;
  const length = first === 'create' && second === 'secret' ? 3 : groups.has(first) || first === 'create' ? 2 : 1;
  const verb = plain.slice(0, length).join(' ');
  const namespace = options.get('namespace') ?? null;
  const kind = first === 'create' ? second : ofNodes.has(first) ? 'Node' : null;
  const [target, used] = targetOf(kind, plain.slice(length), namespace);
  return { verb, namespace, target, values: plain.slice(length + used), options };
}

/** A command about an object, without the options of its cluster. */
export function kubectlFor({ namespace }: Entity, verb: string, ...rest: readonly string[]): string {
  return ['kubectl', ...(namespace === null ? [] : ['-n', namespace]), verb, ...rest].join(' ');
}

function sorted(words: readonly string[]): { plain: readonly string[]; options: ReadonlyMap<string, string> } {
  const plain: string[] = [];
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, dashes = '', name = '', , value] = /^(--?)([a-z][a-z-]*)(=([^]*))?$/i.exec(word) ?? [];
    if (dashes === '') plain.push(word);
    else if (value === undefined && (dashes === '-' ? valued : valuedLong).has(name)) {
      at += 1;
      options.set(longNames[name] ?? name, words[at] ?? '');
    } else options.set(longNames[name] ?? name, value ?? '');
  }
  return { plain, options };
}

/** The object of a command, and of how many words it is made. `only`: the kind, where the verb says it. */
function targetOf(
  only: string | null,
  words: readonly string[],
  namespace: string | null,
): [target: Entity | null, words: number] {
  const [first = '', second] = words;
  const slash = first.indexOf('/');
  const entity = (kind: string, name: string): Entity => ({ kind: kindNamed(kind)?.kind ?? kind, namespace, name });
  if (only !== null) return first === '' ? [null, 0] : [entity(only, first), 1];
  if (slash > 0) return [entity(first.slice(0, slash), first.slice(slash + 1)), 1];
  return first !== '' && second !== undefined ? [entity(first, second), 2] : [null, Math.min(1, words.length)];
}
