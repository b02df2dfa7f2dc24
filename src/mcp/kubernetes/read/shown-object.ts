import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { redactAnswer } from '../../../gateway/kubernetes/redact-answer.ts';
import { changeEmbedded, newRoom, type Room } from '../../../kube/read/embedded.ts';
import type { Redactor } from '../../../lib/redact/redact.ts';
import { truncate } from '../../../lib/text.ts';

const hidden = '<redacted:env>';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
/** What is deeper is not shown. */
const maxDepth = 64;

type Fields = Record<string, unknown>;

/** An object as it may be shown, and what of it was left out. */
export interface ShownObject {
  readonly object: Fields;
  /** In a sentence; null when all is there. */
  readonly cut: string | null;
}

/**
 * An object of any kind without the values of Secrets and environment variables, wherever one stands, and without what
 * only repeats it (`managedFields`, the copy that `kubectl apply` keeps). Long texts are cut until its JSON has `maxBytes`.
 */
export function shownObject(object: KubeObject, redact: Redactor, maxBytes: number): ShownObject {
  const bare = withoutEnvValues(withoutCopies(object)) as Fields;
  const rules = { redact, ofSecrets: object.kind === 'Secret', keepSecrets: false };
  return bounded(redactAnswer(bare, rules) as Fields, maxBytes);
}

function withoutCopies(object: KubeObject): Fields {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  const entries = Object.entries(annotations ?? {}).filter(([name]) => name !== lastApplied);
  return {
    ...object,
    metadata: { ...metadata, ...(entries.length === 0 ? {} : { annotations: Object.fromEntries(entries) }) },
  };
}

/** Names under which environment variables stand: of containers, and as charts, operators and files call them. */
const envName = /(?:envs?|env(?:ironment)?var(?:iable)?s?|environments?)$/i;
const envFile = /(?:^|\.)env(?:\.\w+)?$/i;

function isEnvName(name: string): boolean {
  return envName.test(name.replace(/[-_.]/g, '')) || envFile.test(name);
}

/** Any JSON with `<redacted:env>` in place of the values of environment variables; their names stay. */
export function withoutEnvValues(value: unknown): unknown {
  return shownValue(value, { depth: 0, room: newRoom() });
}

interface Place {
  readonly depth: number;
  readonly room: Room;
}

const below = ({ depth, room }: Place): Place => ({ depth: depth + 1, room });

function shownValue(value: unknown, place: Place): unknown {
  if (place.depth > maxDepth) return '<redacted:depth>';
  if (typeof value === 'string') return embedded(value, place);
  if (Array.isArray(value)) return value.map((item) => shownValue(item, below(place)));
  if (!isFields(value)) return value;
  return mapped(value, (item, key) =>
    isEnvName(key) ? variables(item, below(place)) : shownValue(item, below(place)),
  );
}

/** A list of `{name, value}`, a map of names to values, or of groups to such maps, or a text that holds either. */
function variables(value: unknown, place: Place): unknown {
  if (place.depth > maxDepth) return '<redacted:depth>';
  if (typeof value === 'string') return variableText(value, place);
  if (Array.isArray(value)) return value.map((item) => variable(item, below(place)));
  if (!isFields(value)) return value;
  return mapped(value, (item, key) => {
    // Where a value comes from is none.
    if (/(?:From|Ref)$/.test(key)) return shownValue(item, below(place));
    if (typeof item === 'object') return variables(item, below(place));
    return hidden;
  });
}

/** One of a list. */
function variable(item: unknown, place: Place): unknown {
  if (!isFields(item) || typeof item['name'] !== 'string') return variables(item, place);
  const rest = shownValue(item, place) as Fields;
  return 'value' in item ? { ...rest, value: hidden } : rest;
}

const assignment = /^(\s*(?:-\s+)?(?:export\s+)?["']?[\w.-]+\s?)=.*$/;

/** `NAME=value`, as command lines and files have it, each on a line; or YAML. What is neither is a word, or hidden. */
function variableText(text: string, place: Place): string {
  const lines = text.split('\n');
  if (lines.some((line) => assignment.test(line))) {
    const shown = lines.map((line) => {
      if (assignment.test(line)) return line.replace(assignment, `$1=${hidden}`);
      return /^\s*(?:#.*)?$/.test(line) ? line : hidden;
    });
    return shown.join('\n');
  }
  if (/^[\w./ -]{0,64}$/.test(text)) return text;
  return changeEmbedded(text, place.room, (value) => variables(value, below(place))) ?? hidden;
}

/** The key of variables in YAML or JSON, at the start of a line or of a map. */
const envKey = /(^|[\n{,])[ \t]*(?:-[ \t]+)*\\{0,3}["']?([\w.-]{1,128})\\{0,3}["']?[ \t]*:(?=\s|$)/g;
const jsonKey = /"(?:\\{0,3}")?[\w.-]*env[\w.-]*/i;

/** A string may hold an object: an annotation, a ConfigMap. What names variables and cannot be read ends there. */
function embedded(text: string, place: Place): string {
  if (!/env/i.test(text)) return text;
  const key = text.matchAll(envKey).find(([, , name = '']) => isEnvName(name));
  if (key === undefined && !(/^\s*[[{]/.test(text) && jsonKey.test(text))) return text;
  const changed = changeEmbedded(text, place.room, (value) => shownValue(value, below(place)));
  if (changed !== null || key === undefined) return changed ?? text;
  return `${text.slice(0, key.index + key[0].length)} ${hidden}`;
}

function mapped(fields: Fields, change: (value: unknown, key: string) => unknown): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, change(item, key)]));
}

/** The longest text that stays whole at first, characters; the shortest that they are cut to. */
const longest = 16_384;
const shortest = 64;

function bounded(object: Fields, maxBytes: number): ShownObject {
  let shown = object;
  let max = longest;
  let cut = 0;
  for (; max >= shortest; max /= 2) {
    cut = 0;
    shown = withCutTexts(object, max, () => (cut += 1)) as Fields;
    if (Buffer.byteLength(JSON.stringify(shown)) <= maxBytes) break;
  }
  const long = cut === 1 ? 'a text is' : `${cut} texts are`;
  return { object: shown, cut: cut === 0 ? null : `${long} cut to ${Math.max(max, shortest)} characters` };
}

function withCutTexts(value: unknown, max: number, onCut: () => void): unknown {
  if (typeof value === 'string') {
    if (value.length > max) onCut();
    return truncate(value, max);
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => withCutTexts(item, max, onCut));
  return mapped(value as Fields, (item) => withCutTexts(item, max, onCut));
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
