import {
  type ChargedTokens,
  type FailureKind,
  isObject,
  type JsonObject,
  lettersIn,
  objectsOf,
  type Provider,
  tokenCount,
} from './provider.ts';

/** Tools that the CLI itself runs; `namespace` holds more of them. */
const ownTools: ReadonlySet<unknown> = new Set(['function', 'custom', 'local_shell', 'apply_patch', 'tool_search']);

const words: Readonly<Record<FailureKind, readonly [type: string, code: string]>> = {
  no_key: ['invalid_request_error', 'invalid_api_key'],
  refused: ['invalid_request_error', 'permission_denied'],
  not_found: ['invalid_request_error', 'not_found'],
  too_large: ['invalid_request_error', 'request_too_large'],
  bad_request: ['invalid_request_error', 'bad_request'],
  over_budget: ['insufficient_quota', 'insufficient_quota'],
  too_many: ['requests', 'rate_limit_exceeded'],
  unavailable: ['server_error', 'bad_gateway'],
  timeout: ['server_error', 'gateway_timeout'],
};

/** Events at which an answer is complete. */
const ends: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** The Responses API (developers.openai.com/api/reference/resources/responses). */
export const openai: Provider = {
  name: 'openai',
  headers: [
    'accept',
    'openai-beta',
    'originator',
    'session-id',
    'thread-id',
    'user-agent',
    'x-client-request-id',
    'x-codex-beta-features',
    'x-codex-turn-metadata',
    'x-codex-window-id',
    'x-openai-internal-codex-responses-lite',
  ],
  call: (method, path) =>
    method === 'POST' && path === '/v1/responses' ? { path: '/v1/responses', model: null, paid: true } : null,
  local: () => null,
  keyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  dearer: ['service_tier'],
  refusal(body) {
    const items = objectsOf(body['input']);
    const tools = [body['tools'], ...items.map((item) => item['tools'])].flatMap(objectsOf);
    if (!tools.every(isOwnTool)) return 'hosted_tool';
    if (['prompt', 'background', 'previous_response_id', 'conversation'].some((key) => Boolean(body[key]))) {
      return 'stored_state';
    }
    const parts = [...items, ...items.flatMap((item) => [...objectsOf(item['content']), ...objectsOf(item['output'])])];
    return parts.some(isRemote) ? 'remote_content' : null;
  },
  count(counted, event) {
    const { type, delta, item, response } = event;
    if (ends.has(type) && isObject(response)) {
      return { ...counted, tokens: usageOf(response) ?? counted.tokens, complete: usageOf(response) !== null };
    }
    if (event['object'] === 'response')
      return { ...counted, tokens: usageOf(event), complete: usageOf(event) !== null };
    // What the model thought comes in one piece, which nobody can read but which was paid.
    const thought = type === 'response.output_item.done' && isObject(item) ? lettersIn(item['encrypted_content']) : 0;
    return { ...counted, letters: counted.letters + thought + (typeof delta === 'string' ? delta.length : 0) };
  },
  failure(kind, message) {
    const [type, code] = words[kind];
    return { error: { message, type, param: null, code } };
  },
};

function isOwnTool(tool: JsonObject): boolean {
  return tool['type'] === 'namespace' ? objectsOf(tool['tools']).every(isOwnTool) : ownTools.has(tool['type']);
}

/** Content that the provider would fetch, or that was left there before. */
function isRemote(part: JsonObject): boolean {
  const image = part['image_url'];
  const address = isObject(image) ? image['url'] : image;
  if (typeof address === 'string' && !address.startsWith('data:')) return true;
  return (
    typeof part['file_url'] === 'string' || typeof part['file_id'] === 'string' || part['type'] === 'item_reference'
  );
}

/** `input_tokens` includes what was read from the cache, `output_tokens` what was thought. */
function usageOf({ usage }: JsonObject): ChargedTokens | null {
  if (!isObject(usage)) return null;
  const details = isObject(usage['input_tokens_details']) ? usage['input_tokens_details'] : {};
  const input = tokenCount(usage['input_tokens']);
  const cached = Math.min(tokenCount(details['cached_tokens']), input);
  const written = Math.min(tokenCount(details['cache_write_tokens']), input - cached);
  return { input, cached, written, writtenLong: 0, output: tokenCount(usage['output_tokens']) };
}
