import { anyObject, without } from './walk.ts';
import {
  type ChargedTokens,
  type FailureKind,
  failureStatus,
  isObject,
  type JsonObject,
  lettersIn,
  type ModelRule,
  objectsOf,
  type Provider,
  tokenCount,
} from './provider.ts';

const calls = /^\/v1beta\/models\/([A-Za-z0-9._-]{1,128}):(streamGenerateContent|generateContent|countTokens)$/;

/** As the API names them; it takes each of them with `_` as well. */
const keys = spellings(
  'model',
  'contents',
  'tools',
  'toolConfig',
  'safetySettings',
  'systemInstruction',
  'generationConfig',
  'generateContentRequest',
);
const toolKeys = spellings('functionDeclarations');
const contentKeys = spellings('role', 'parts');
const partKeys = spellings(
  'text',
  'inlineData',
  'functionCall',
  'functionResponse',
  'thought',
  'thoughtSignature',
  'videoMetadata',
  'mediaResolution',
  'partMetadata',
);

const words: Readonly<Record<FailureKind, string>> = {
  no_key: 'UNAUTHENTICATED',
  refused: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  too_large: 'INVALID_ARGUMENT',
  bad_request: 'INVALID_ARGUMENT',
  over_budget: 'RESOURCE_EXHAUSTED',
  too_many: 'RESOURCE_EXHAUSTED',
  unavailable: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
};

/** The Gemini API (ai.google.dev/api/generate-content). */
export const gemini: Provider = {
  name: 'gemini',
  headers: ['accept', 'user-agent', 'x-goog-api-client'],
  call(method, path, query) {
    const [, model, name] = calls.exec(path) ?? [];
    if (method !== 'POST' || model === undefined) return null;
    // Without it a stream is one list, of which nothing is known before its end.
    if (name === 'streamGenerateContent' && query.get('alt') !== 'sse') return null;
    return { path: name === 'streamGenerateContent' ? `${path}?alt=sse` : path, model, paid: name !== 'countTokens' };
  },
  local: () => null,
  keyHeaders: (key) => ({ 'x-goog-api-key': key }),
  dearer: ['serviceTier', 'service_tier'],
  keys,
  maxOutput: (body) => Math.max(...valuesOf(body, 'generationConfig').flatMap(outputOf), 0),
  refusal(body) {
    const inner = valuesOf(body, 'generateContentRequest');
    if (inner.length === 0) return refusalOf(body);
    const rules = [without(body, ...spellings('generateContentRequest')), ...inner].map((one) =>
      isObject(one) ? refusalOf(one) : 'unknown_shape',
    );
    if (rules.some((rule) => rule !== null)) return rules.find((rule) => rule !== null) ?? null;
    const strange = inner.filter(isObject).some((one) => {
      return !hasOnly(keys)(one) || valuesOf(one, 'generateContentRequest').length > 0;
    });
    return strange ? 'unknown_shape' : null;
  },
  count(counted, event) {
    const tokens = usageOf(event) ?? counted.tokens;
    const candidates = objectsOf(event['candidates']);
    const letters = counted.letters + candidates.reduce((sum, { content }) => sum + lettersIn(content), 0);
    const refused = isObject(event['promptFeedback']) && event['promptFeedback']['blockReason'] !== undefined;
    const ended = refused || candidates.some(({ finishReason }) => typeof finishReason === 'string');
    return { tokens, letters, complete: counted.complete || (ended && tokens !== null) };
  },
  failure: (kind, message) => ({
    error: {
      code: failureStatus[kind],
      message,
      status: words[kind],
      // So that the CLI does not ask again: a limit that stays for the day.
      ...(kind === 'over_budget' ? { details: [spentForToday] } : {}),
    },
  }),
};

const spentForToday: JsonObject = {
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId: 'RunBudgetPerDay', quotaMetric: 'nightcrier/run_budget' }],
};

function refusalOf(body: JsonObject): ModelRule | null {
  if (valuesOf(body, 'cachedContent').length > 0) return 'stored_state';
  if (!isOneOrMany(valuesOf(body, 'tools'), hasOnly(toolKeys))) return 'hosted_tool';
  const contents = [...valuesOf(body, 'contents'), ...valuesOf(body, 'systemInstruction')];
  if (anyObject(contents, isRemote, looked)) return 'remote_content';
  const isContent = (content: JsonObject): boolean =>
    hasOnly(contentKeys)(content) && isOneOrMany(valuesOf(content, 'parts'), hasOnly(partKeys));
  return isOneOrMany(contents, isContent) ? null : 'unknown_shape';
}

/** Content that the provider would fetch, or that was left there before, however its key is spelled. */
function isRemote(part: JsonObject): boolean {
  return Object.keys(part).some((key) => /^file(?:data|uri)$/.test(plain(key)));
}

/** What the model gave a function, and what that answered, is plain data. */
function looked(part: JsonObject): readonly unknown[] {
  return Object.entries(part).map(([key, value]) => {
    if (!isObject(value)) return value;
    if (plain(key) === 'functioncall') return without(value, 'args');
    return plain(key) === 'functionresponse' ? without(value, 'response') : value;
  });
}

function plain(key: string): string {
  return key.replaceAll('_', '').toLowerCase();
}

function spellings(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name, name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]));
}

/** What an object holds under a name, in each of its spellings. */
function valuesOf(holder: JsonObject, name: string): unknown[] {
  return [...spellings(name)].map((key) => holder[key]).filter((value) => value !== undefined && value !== null);
}

/** Where the API takes a list it takes one object as well. A text holds nothing else. */
function isOneOrMany(values: readonly unknown[], isSuch: (found: JsonObject) => boolean): boolean {
  return values.flat().every((value) => typeof value === 'string' || (isObject(value) && isSuch(value)));
}

function hasOnly(known: ReadonlySet<string>): (found: JsonObject) => boolean {
  return (found) => Object.keys(found).every((key) => known.has(key));
}

function outputOf(config: unknown): number[] {
  return isObject(config) ? valuesOf(config, 'maxOutputTokens').map(tokenCount) : [];
}

/** `promptTokenCount` includes the cache; what was thought and what tools were given stand beside the rest. */
function usageOf({ usageMetadata: usage }: JsonObject): ChargedTokens | null {
  if (!isObject(usage)) return null;
  const input = tokenCount(usage['promptTokenCount']) + tokenCount(usage['toolUsePromptTokenCount']);
  const output = tokenCount(usage['candidatesTokenCount']) + tokenCount(usage['thoughtsTokenCount']);
  return {
    input,
    cached: Math.min(tokenCount(usage['cachedContentTokenCount']), input),
    written: 0,
    writtenLong: 0,
    output,
  };
}
