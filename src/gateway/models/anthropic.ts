import { anyObject, isListOf, without } from './walk.ts';
import {
  type ChargedTokens,
  type FailureKind,
  isObject,
  type JsonObject,
  lettersIn,
  noTokens,
  type Provider,
  tokenCount,
} from './provider.ts';

/** Tools that the CLI itself runs. Every other type is run by the provider, which reaches the whole network. */
const ownTools = /^(?:custom|bash_\d+|text_editor_\d+|memory_\d+|tool_search_tool_\w+)$/;

const keys: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'max_tokens',
  'stream',
  'stop_sequences',
  'metadata',
  'temperature',
  'top_p',
  'top_k',
  'thinking',
  'output_config',
  'output_format',
  'context_management',
  'cache_control',
]);
/** Sources of images and documents that come with the request. */
const sentSources: ReadonlySet<unknown> = new Set(['base64', 'text', 'content']);
const calls: ReadonlySet<unknown> = new Set(['tool_use', 'server_tool_use', 'mcp_tool_use']);

const words: Readonly<Record<FailureKind, string>> = {
  no_key: 'authentication_error',
  refused: 'permission_error',
  not_found: 'not_found_error',
  too_large: 'request_too_large',
  bad_request: 'invalid_request_error',
  over_budget: 'rate_limit_error',
  too_many: 'rate_limit_error',
  unavailable: 'api_error',
  timeout: 'timeout_error',
};

/** The Messages API (docs.claude.com/en/api/messages). */
export const anthropic: Provider = {
  name: 'anthropic',
  headers: ['accept', 'anthropic-beta', 'anthropic-version', 'user-agent', 'x-app', 'x-claude-code-session-id'],
  call(method, path, query) {
    const suffix = query.get('beta') === 'true' ? '?beta=true' : '';
    if (method !== 'POST') return null;
    if (path === '/v1/messages') return { path: path + suffix, model: null, paid: true };
    return path === '/v1/messages/count_tokens' ? { path: path + suffix, model: null, paid: false } : null;
  },
  local: (method, path) => (method === 'HEAD' && path === '/api/hello' ? {} : null),
  keyHeaders: (key) => ({ 'x-api-key': key }),
  dearer: ['service_tier', 'speed', 'inference_geo'],
  keys,
  maxOutput: (body) => tokenCount(body['max_tokens']),
  refusal(body) {
    if (body['mcp_servers'] !== undefined) return 'hosted_tool';
    if (body['container'] !== undefined) return 'stored_state';
    if (!isListOf(body['tools'], isOwnTool)) return 'hosted_tool';
    return anyObject([body['system'], body['messages']], isRemote, looked) ? 'remote_content' : null;
  },
  count(counted, event) {
    switch (event['type']) {
      case 'message_start':
        return { ...counted, tokens: usageOf(isObject(event['message']) ? event['message'] : {}, counted.tokens) };
      case 'content_block_delta':
        return { ...counted, letters: counted.letters + lettersIn(event['delta']) - lettersOfType(event['delta']) };
      case 'message_delta':
        return { ...counted, tokens: usageOf(event, counted.tokens), complete: true };
      case 'message':
        return { ...counted, tokens: usageOf(event, counted.tokens), complete: true };
      default:
        return counted;
    }
  },
  failure: (kind, message) => ({ type: 'error', error: { type: words[kind], message } }),
};

function isOwnTool({ type }: JsonObject): boolean {
  return type === undefined || type === null || (typeof type === 'string' && ownTools.test(type));
}

/** What the model gave a tool is plain data. */
function looked(block: JsonObject): readonly unknown[] {
  return Object.values(calls.has(block['type']) ? without(block, 'input') : block);
}

/** Content that the provider would fetch, or that was left there before. */
function isRemote({ source, type, file_id: file }: JsonObject): boolean {
  if (type === 'container_upload' || (file !== undefined && file !== null)) return true;
  return isObject(source) && !sentSources.has(source['type']);
}

function lettersOfType(delta: unknown): number {
  return isObject(delta) ? lettersIn(delta['type']) : 0;
}

/** `input_tokens` is without what was read from or written to the cache. What a later event leaves out stays. */
function usageOf(holder: JsonObject, before: ChargedTokens | null): ChargedTokens | null {
  const usage = holder['usage'];
  if (!isObject(usage)) return before;
  // What a compaction used stands only here; the figures beside it leave it out.
  const iterations = Array.isArray(usage['iterations']) ? usage['iterations'].filter(isObject) : [];
  if (iterations.length > 0) {
    return iterations.map((one) => usageOf({ usage: one }, null) ?? noTokens).reduce(sumOf, noTokens);
  }
  const at = (name: string, known: number | undefined): number =>
    usage[name] === undefined || usage[name] === null ? (known ?? 0) : tokenCount(usage[name]);
  const cached = at('cache_read_input_tokens', before?.cached);
  const allWritten = at('cache_creation_input_tokens', before === null ? 0 : before.written + before.writtenLong);
  const creation = usage['cache_creation'];
  const long = isObject(creation) ? tokenCount(creation['ephemeral_1h_input_tokens']) : (before?.writtenLong ?? 0);
  const writtenLong = Math.min(long, allWritten);
  const fresh = at(
    'input_tokens',
    before === null ? 0 : before.input - before.cached - before.written - before.writtenLong,
  );
  return {
    input: fresh + cached + allWritten,
    cached,
    written: allWritten - writtenLong,
    writtenLong,
    output: at('output_tokens', before?.output),
  };
}

function sumOf(a: ChargedTokens, b: ChargedTokens): ChargedTokens {
  return {
    input: a.input + b.input,
    cached: a.cached + b.cached,
    written: a.written + b.written,
    writtenLong: a.writtenLong + b.writtenLong,
    output: a.output + b.output,
  };
}
