import { setImmediate } from 'node:timers/promises';
import { changeEmbedded, newRoom, type Room } from '../../kube/read/embedded.ts';
import { redactedBase64 } from '../../lib/redact/names.ts';
import type { Redactor } from '../../lib/redact/redact.ts';

const hidden = '<redacted:secret>';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

type Fields = Record<string, unknown>;

/**
 * An answer of the Kubernetes API (object, list, table, event of a watch) without secrets. Of Secrets the keys stay and
 * the values go, wherever one stands: in a list, in a table, in an annotation. `ofSecrets`: the answer is to a read of
 * Secrets, whose lists do not say so item by item; `keepSecrets`: their values are allowed. What was a value is replaced
 * wherever else it stands from then on.
 */
export function redactAnswer(answer: unknown, { redact, ofSecrets, keepSecrets }: AnswerRules): unknown {
  if (keepSecrets && ofSecrets) return answer;
  if (keepSecrets) return redact.value(answer);
  const found: string[] = [];
  const bare = withoutValues(answer, { ofSecrets, redact, found, room: newRoom() }, 0);
  learnFrom(found, redact);
  return redact.value(bare);
}

export interface AnswerRules {
  readonly redact: Redactor;
  readonly ofSecrets: boolean;
  readonly keepSecrets: boolean;
}

/**
 * The same for an answer that may be a large list: element by element with pauses, so that the daemon goes on meanwhile.
 * The values of all Secrets are known before anything is searched for them.
 */
export async function redactInTurns(answer: unknown, rules: AnswerRules): Promise<unknown> {
  const { redact, ofSecrets, keepSecrets } = rules;
  const field = isObject(answer) ? ['items', 'rows'].find((name) => Array.isArray(answer[name])) : undefined;
  if (field === undefined || (keepSecrets && ofSecrets)) return redactAnswer(answer, rules);
  const { [field]: elements, ...head } = answer as Fields;
  const found: string[] = [];
  const bare = keepSecrets
    ? (elements as unknown[])
    : await inTurns(elements as unknown[], (element) =>
        withoutValues(element, { ofSecrets, redact, found, room: newRoom() }, 1),
      );
  learnFrom(found, redact);
  const shown = await inTurns(bare, (element) => redact.value(element));
  return { ...(redactAnswer(head, rules) as Fields), [field]: shown };
}

/** Work without a pause, ms. */
const maxTurnMs = 10;

async function inTurns(elements: readonly unknown[], change: (element: unknown) => unknown): Promise<unknown[]> {
  const changed: unknown[] = [];
  let began = performance.now();
  for (const element of elements) {
    changed.push(change(element));
    if (performance.now() - began < maxTurnMs) continue;
    await setImmediate();
    began = performance.now();
  }
  return changed;
}

const maxDepth = 64;

interface Search {
  readonly ofSecrets: boolean;
  readonly redact: Redactor;
  /** Values of Secrets as they are found: learned together, as each time costs. */
  readonly found: string[];
  readonly room: Room;
}

/** Walks any JSON. What has no Secret in it is the same object. */
function withoutValues(value: unknown, search: Search, depth: number): unknown {
  if (typeof value === 'string') return embedded(value, search, depth);
  if (value === null || typeof value !== 'object' || depth > maxDepth) return value;
  if (Array.isArray(value)) {
    const cleaned = value.map((item) => withoutValues(item, search, depth + 1));
    return cleaned.some((item, at) => item !== value[at]) ? cleaned : value;
  }
  const object = value as Fields;
  if (isSecret(object, search.ofSecrets)) return secretWithoutValues(object, search);
  const entries = Object.entries(object);
  const cleaned = entries.map(([key, item]) => [key, withoutValues(item, search, depth + 1)] as const);
  return cleaned.some(([, item], at) => item !== entries[at]?.[1]) ? Object.fromEntries(cleaned) : object;
}

const secretKind = /\bkind\\{0,3}["']?\s{0,8}:\s{0,8}\\{0,3}["']?Secret/;
const secretFields = /\b(?:data|stringData)\\{0,3}["']?\s{0,8}:/;

/**
 * An object inside a string (an annotation, a ConfigMap) may be a Secret as well. What says that it holds one and cannot
 * be read (a template, a script) is hidden whole.
 */
function embedded(text: string, search: Search, depth: number): string {
  if (!text.includes('Secret') || !(/^\s*[[{]/.test(text) || secretKind.test(text))) return text;
  const inner = { ...search, ofSecrets: false };
  const cleaned = changeEmbedded(text, search.room, (value) => withoutValues(value, inner, depth + 1));
  if (cleaned !== null) return cleaned;
  if (!secretKind.test(text) || !secretFields.test(text)) return text;
  search.redact.noted(1);
  return hidden;
}

function isSecret(object: Fields, ofSecrets: boolean): boolean {
  const { kind } = object;
  if (kind === 'Secret') return true;
  // Items of a SecretList, and the objects of a table, may come without their kind.
  return (
    ofSecrets &&
    (kind === undefined || kind === 'PartialObjectMetadata') &&
    isObject(object['metadata']) &&
    !('items' in object)
  );
}

function secretWithoutValues(secret: Fields, { redact, found }: Search): Fields {
  const cleaned = { ...secret };
  redact.noted(
    [secret['data'], secret['stringData']].reduce<number>((sum, part) => sum + Object.keys(part ?? {}).length, 0),
  );
  if (isObject(secret['data'])) {
    const encoded = texts(secret['data']);
    found.push(...encoded.map((text) => Buffer.from(text, 'base64').toString('utf8')), ...encoded);
    cleaned['data'] = withEach(secret['data'], redactedBase64);
  }
  if (isObject(secret['stringData'])) {
    found.push(...texts(secret['stringData']));
    cleaned['stringData'] = withEach(secret['stringData'], hidden);
  }
  const metadata = secret['metadata'];
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  if (isObject(metadata) && isObject(annotations)) {
    const applied = lastApplied in annotations;
    if (applied) redact.noted(1);
    const shown = applied ? { ...annotations, [lastApplied]: hidden } : annotations;
    cleaned['metadata'] = { ...metadata, annotations: shown };
  }
  return cleaned;
}

/**
 * Letters. What is larger (a release of Helm, a key store) is no credential that is written elsewhere, and looking for it
 * everywhere would cost seconds.
 */
const maxKnown = 4096;
/** Values of one answer that are looked into. */
const maxSearched = 50;

/** What was a value is replaced from now on, and the parts of it that have names: of a file of settings, of a JSON. */
function learnFrom(values: readonly string[], redact: Redactor): void {
  const known = values.filter(({ length }) => length <= maxKnown);
  const withParts = known.filter((value) => /[\n{]/.test(value));
  for (const value of withParts.slice(0, maxSearched)) redact.value(value);
  // Afterwards: what is known whole is not looked into.
  redact.learn(known);
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const texts = (fields: Fields): string[] => Object.values(fields).filter((value) => typeof value === 'string');
const withEach = (fields: Fields, value: string): Fields =>
  Object.fromEntries(Object.keys(fields).map((key) => [key, value]));
