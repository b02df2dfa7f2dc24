import type { EvidenceFile } from '../../domain/ports.ts';
import type { EvidenceLine } from '../../domain/verdict/findings.ts';
import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import { plural } from '../../lib/text.ts';
import { eventOf, eventWords } from './events.ts';
import { excerptOf } from './excerpt.ts';
import { fieldWords } from './field-words.ts';
import { type JsonPath, jsonPathsOf } from './json-place.ts';
import { fieldOf, logPlace, objectName, objectOf, parsed } from './objects.ts';

/** A shorter run of texts is never cut off in the middle of a sentence. */
const maxLines = 20;

/** Quotes of evidence in words, each fact once, in their order, at most 20. `told`: what stands elsewhere already. */
export function evidenceLines(
  refs: readonly EvidenceRef[],
  files: ReadonlyMap<string, EvidenceFile>,
  told: readonly EvidenceLine[] = [],
): EvidenceLine[] {
  const known = new Set(told.map(factOf));
  const lines: EvidenceLine[] = [];
  for (const ref of refs) {
    if (lines.length === maxLines) break;
    const line = evidenceLine(ref, files.get(ref.file)?.text ?? null);
    const fact = factOf(line);
    if (known.has(fact)) continue;
    known.add(fact);
    lines.push(line);
  }
  return lines;
}

/** What tells a fact from others: two quotes of one field, of one event or of one line are the same to a reader. */
function factOf({ file, quote, field, value, words, excerpt }: EvidenceLine): string {
  if (value !== null && field !== '') return words;
  if (excerpt === null) return `${file}\n${quote}`;
  return `${file}\n${excerpt.lines.flatMap(({ marked }, at) => (marked ? [excerpt.first + at] : [])).join()}`;
}

/** What a quote says of which object; `text` is its file, null when that is not there. */
export function evidenceLine({ file, quote }: EvidenceRef, text: string | null): EvidenceLine {
  const ref = { file, quote };
  const log = logPlace(file);
  if (log !== null) return logLine(ref, log, text);
  const json = text === null ? null : parsed(text);
  if (text === null || json === null) {
    const object = objectOf(file, null);
    const excerpt = text === null ? null : excerptOf(text, quote);
    return { ...ref, object, field: null, value: null, words: object ?? 'The evidence says', excerpt };
  }
  return jsonLine(ref, text, json);
}

function logLine(ref: EvidenceRef, log: NonNullable<ReturnType<typeof logPlace>>, text: string | null): EvidenceLine {
  const excerpt = text === null ? null : excerptOf(text, ref.quote);
  const object = `Pod ${log.namespace}/${log.pod}`;
  const line = excerpt?.lines.findIndex(({ marked }) => marked) ?? -1;
  const place = excerpt === null || line === -1 ? '' : `, line ${excerpt.first + line}`;
  const often = excerpt !== null && excerpt.times > 1 ? `, ${plural(excerpt.times, 'time')}` : '';
  const run = log.previous ? ' before its last restart' : '';
  const words = `${object}, log of container ${log.container}${run}${place}${often}`;
  return { ...ref, object, field: null, value: null, words, excerpt };
}

function jsonLine(ref: EvidenceRef, text: string, json: object): EvidenceLine {
  const paths = jsonPathsOf(text, ref.quote);
  const path = paths.find((one) => isSilence(json, one)) ?? paths[0] ?? [];
  const event = eventOf(ref.file, json, path);
  if (event !== null) return { ...ref, ...eventWords(event), excerpt: null };
  const { field, part, name, value } = fieldWords(json, path);
  if (ref.file === 'evidence/index.json') return { ...ref, ...collectionWords(field, value), excerpt: null };
  const object = objectOf(ref.file, json);
  const about = [object ?? objectName(null, null, ref.file), part].filter((it) => it !== '').join(', ');
  const said = [name, value].filter((it) => it !== '').join(' ');
  return { ...ref, object, field, value, words: said === '' ? about : `${about}: ${said}`, excerpt: null };
}

/** All conditions of a node that went silent say the same: what is meant is that it is not ready. */
function isSilence(json: object, path: JsonPath): boolean {
  const at = path.indexOf('conditions') + 1;
  if (at === 0 || fieldOf(json, 'kind') !== 'Node') return false;
  const condition = path.slice(0, at + 1).reduce<unknown>(fieldOf, json);
  return fieldOf(condition, 'type') === 'Ready' && fieldOf(condition, 'status') === 'Unknown';
}

/** What the collection of the evidence says of itself. */
function collectionWords(field: string, value: string): Pick<EvidenceLine, 'object' | 'field' | 'value' | 'words'> {
  if (field.startsWith('absent')) {
    return { object: value, field: null, value: 'absent', words: `${value}: was looked for, and does not exist` };
  }
  if (field.startsWith('missing')) return { object: null, field: null, value, words: `Could not be read: ${value}` };
  if (field.startsWith('lists')) return { object: null, field: null, value, words: `Listed whole: ${value}` };
  return { object: null, field, value, words: `Of the evidence, ${field}: ${value}` };
}
