import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { redactAnswer } from '../../../gateway/kubernetes/redact-answer.ts';
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

/** Names under which environment variables stand: of containers, and as charts and operators call them. */
const envName = /^(?:\w*env|\w*env_?vars?|environment)$/i;

/** Any JSON with `<redacted:env>` in place of the values of environment variables; their names stay. */
export function withoutEnvValues(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) return '<redacted:depth>';
  if (typeof value === 'string') return embedded(value, depth);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => withoutEnvValues(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      envName.test(key) ? variables(item, depth) : withoutEnvValues(item, depth + 1),
    ]),
  );
}

/** A list of `{name, value}`, or a map of names to values. */
function variables(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => (isFields(item) ? withoutValue(item, depth) : variable(item)));
  if (!isFields(value)) return withoutEnvValues(value, depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isFields(item) || Array.isArray(item) ? withoutValue(item, depth) : hidden,
    ]),
  );
}

function withoutValue(item: unknown, depth: number): unknown {
  if (!isFields(item)) return withoutEnvValues(item, depth + 1);
  const rest = withoutEnvValues(item, depth + 1) as Fields;
  return 'value' in item ? { ...rest, value: hidden } : rest;
}

/** `NAME=value`, as command lines have it. */
function variable(item: unknown): unknown {
  return typeof item === 'string' ? item.replace(/=.*$/s, `=${hidden}`) : item;
}

/** A string may hold an object: an annotation, a ConfigMap. */
function embedded(text: string, depth: number): string {
  if (!/^\s*[[{]/.test(text) || !/env/i.test(text)) return text;
  try {
    const parsed: unknown = JSON.parse(text);
    const bare = JSON.stringify(withoutEnvValues(parsed, depth + 1));
    return bare === JSON.stringify(parsed) ? text : bare;
  } catch {
    return text;
  }
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
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withCutTexts(item, max, onCut)]));
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
