import { anyObject, isListOf, without } from './walk.ts';
import {
  type ChargedTokens,
  type FailureKind,
  isObject,
  type JsonObject,
  lettersIn,
  type Provider,
  tokenCount,
} from './provider.ts';

/** Tools that the CLI itself runs; `namespace` holds more of them. */
const ownTools: ReadonlySet<unknown> = new Set(['function', 'custom', 'local_shell', 'apply_patch', 'tool_search']);

/** What refers to state at the provider; the CLIs may send it empty. */
const stateKeys = ['prompt', 'background', 'previous_response_id', 'conversation'];
const keys: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tool_calls',
  'reasoning',
  'store',
  'stream',
  'stream_options',
  'include',
  'prompt_cache_key',
  'prompt_cache_retention',
  'text',
  'client_metadata',
  'metadata',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'truncation',
  'safety_identifier',
  'user',
  'context_management',
  ...stateKeys,
]);

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
  keys,
  maxOutput: (body) => tokenCount(body['max_output_tokens']),
  refusal(body) {
    const { input, tools } = body;
    if (!isListOf(tools, isOwnTool) || anyObject(input, (found) => !isListOf(found['tools'], isOwnTool), looked)) {
      return 'hosted_tool';
    }
    if (stateKeys.some((key) => Boolean(body[key]))) return 'stored_state';
    if (anyObject(input, isRemote, looked)) return 'remote_content';
    return typeof input === 'string' || isListOf(input, isItem) ? null : 'unknown_shape';
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
  return tool['type'] === 'namespace' ? isListOf(tool['tools'], isOwnTool) : ownTools.has(tool['type']);
}

/** Without either it is a reference to an item at the provider. */
function isItem({ type, role }: JsonObject): boolean {
  return typeof type === 'string' || typeof role === 'string';
}

/** Tools are looked at as tools: the schemas of their parameters may name anything. */
function looked(found: JsonObject): readonly unknown[] {
  return Object.values(without(found, 'tools'));
}

/** Content that the provider would fetch, or that was left there before. */
function isRemote(part: JsonObject): boolean {
  const image = part['image_url'];
  const address = isObject(image) ? image['url'] : image;
  if (isThere(image) && !(typeof address === 'string' && address.startsWith('data:'))) return true;
  return isThere(part['file_url']) || isThere(part['file_id']) || part['type'] === 'item_reference';
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
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
