import {
  type ChargedTokens,
  type FailureKind,
  failureStatus,
  isObject,
  type JsonObject,
  lettersIn,
  objectsOf,
  type Provider,
  tokenCount,
} from './provider.ts';

const calls = /^\/v1beta\/models\/([A-Za-z0-9._-]{1,128}):(streamGenerateContent|generateContent|countTokens)$/;

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
  refusal(body) {
    const inner = body['generateContentRequest'];
    if (isObject(inner)) return gemini.refusal(inner);
    if (body['cachedContent'] !== undefined) return 'stored_state';
    const own = (tool: JsonObject): boolean =>
      Object.keys(tool).every((key) => key === 'functionDeclarations' || key === 'function_declarations');
    if (!objectsOf(body['tools']).every(own)) return 'hosted_tool';
    const contents = [...objectsOf(body['contents']), body['systemInstruction'], body['system_instruction']];
    const parts = contents.filter(isObject).flatMap((content) => objectsOf(content['parts']));
    return parts.some(isRemote) ? 'remote_content' : null;
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

/** Content that the provider would fetch, or that was left there before; also inside the answer of a function. */
function isRemote(part: JsonObject): boolean {
  if (part['fileData'] !== undefined || part['file_data'] !== undefined) return true;
  const answer = part['functionResponse'] ?? part['function_response'];
  return isObject(answer) && objectsOf(answer['parts']).some(isRemote);
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
