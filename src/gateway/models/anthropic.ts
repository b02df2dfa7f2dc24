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

/** Tools that the CLI itself runs. Every other type is run by the provider, which reaches the whole network. */
const ownTools = /^(?:custom|bash_\d+|text_editor_\d+|memory_\d+|tool_search_tool_\w+)$/;

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
  refusal(body) {
    if (body['mcp_servers'] !== undefined) return 'hosted_tool';
    if (body['container'] !== undefined) return 'stored_state';
    const hosted = objectsOf(body['tools']).some(
      ({ type }) => type !== undefined && type !== null && !(typeof type === 'string' && ownTools.test(type)),
    );
    if (hosted) return 'hosted_tool';
    const blocks = [
      ...blocksOf(body['system']),
      ...objectsOf(body['messages']).flatMap(({ content }) => blocksOf(content)),
    ];
    return blocks.some(isRemote) ? 'remote_content' : null;
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

/** The blocks of a content, with those inside the answers of tools. */
function blocksOf(content: unknown): JsonObject[] {
  return objectsOf(content).flatMap((block) => [block, ...objectsOf(block['content'])]);
}

/** Content that the provider would fetch, or that was left there before. */
function isRemote({ source, type }: JsonObject): boolean {
  if (type === 'container_upload') return true;
  return isObject(source) && (source['type'] === 'url' || source['type'] === 'file');
}

function lettersOfType(delta: unknown): number {
  return isObject(delta) ? lettersIn(delta['type']) : 0;
}

/** `input_tokens` is without what was read from or written to the cache. What a later event leaves out stays. */
function usageOf(holder: JsonObject, before: ChargedTokens | null): ChargedTokens | null {
  const usage = holder['usage'];
  if (!isObject(usage)) return before;
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
