import type { EvidenceFile } from '../../domain/ports.ts';
import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import { kindNamed } from '../../kube/kinds.ts';
import { singleSpaced } from '../../lib/text.ts';

/*
 * What a cluster answered an agent during its run, as the gateway kept it: `evidence/agent/NNN-VERB-RESOURCE-….json`, a
 * table as text, or a log.
 */

/** Where these answers are. */
const servedFolder = 'evidence/agent/';

/** Columns of a table are printed with other spaces than they are kept with. `spaced`: what was spaced before, by file. */
export function standsInServed({ file, quote }: EvidenceRef, text: string, spaced: Map<string, string>): boolean {
  if (!file.startsWith(servedFolder)) return false;
  const wanted = singleSpaced(quote);
  // Each file once a check: a verdict may quote it often.
  const known = spaced.get(file) ?? singleSpaced(text);
  spaced.set(file, known);
  return wanted !== '' && known.includes(wanted);
}

/**
 * Whether an answer about the kind of an object names it. `asMissing`: an answer that it is not there counts too, because
 * that is the fault.
 */
export function servedNames(served: readonly EvidenceFile[], entity: Entity, asMissing: boolean): boolean {
  const kind = entity.kind.toLowerCase();
  const plural = kindNamed(kind)?.plural ?? `${kind}s`;
  const about = served.filter(({ path }) => path.toLowerCase().split(/[-./]/).includes(plural));
  return about.some(({ path, text }) => {
    if (!asMissing && text.includes('"reason": "NotFound"')) return false;
    const named = (name: string): boolean => isWord(text, name, /[\w.-]/) || isWord(path, name, /\w/);
    return named(entity.name) && (!entity.namespace || named(entity.namespace));
  });
}

/** Whether the name stands there by itself, not as a part of another; `part` are the characters of names. */
function isWord(text: string, name: string, part: RegExp): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const [before, after] = [text[at - 1] ?? ' ', text[at + name.length] ?? ' '];
    if (!part.test(before) && !part.test(after)) return true;
  }
  return false;
}
