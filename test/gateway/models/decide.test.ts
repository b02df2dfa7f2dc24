import { expect, test } from 'vitest';
import { anthropic } from '../../../src/gateway/models/anthropic.ts';
import { decideModelBody, decideModelRequest } from '../../../src/gateway/models/decide.ts';
import { gemini } from '../../../src/gateway/models/gemini.ts';
import { openai } from '../../../src/gateway/models/openai.ts';
import {
  type AllowedCall,
  failureStatus,
  type FailureKind,
  type Provider,
} from '../../../src/gateway/models/provider.ts';

test.each([
  ['POST', '/llm/anthropic/v1/messages', '/v1/messages', null, true],
  ['POST', '/llm/anthropic/v1/messages?beta=true', '/v1/messages?beta=true', null, true],
  ['POST', '/llm/anthropic/v1/messages?beta=true&key=mine&x=1', '/v1/messages?beta=true', null, true],
  ['POST', '/llm/anthropic/v1/messages/count_tokens?beta=true', '/v1/messages/count_tokens?beta=true', null, false],
  ['POST', '/llm/openai/v1/responses', '/v1/responses', null, true],
  ['POST', '/llm/openai/v1/responses?api-version=1', '/v1/responses', null, true],
  [
    'POST',
    '/llm/gemini/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse&key=mine',
    '/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
    'gemini-3.8-flash',
    true,
  ],
  ['POST', '/llm/gemini/v1beta/models/m-1:generateContent?key=k', '/v1beta/models/m-1:generateContent', 'm-1', true],
  ['POST', '/llm/gemini/v1beta/models/m-1:countTokens', '/v1beta/models/m-1:countTokens', 'm-1', false],
])('GAT-3: %s %s goes on as %s', (method, target, path, model, paid) => {
  expect(decideModelRequest(method, target)).toMatchObject({ kind: 'call', call: { path, model, paid } });
});

test.each([
  ['GET', '/llm/anthropic/v1/messages', 'unknown_call'],
  ['POST', '/llm/anthropic/v1/messages/batches', 'unknown_call'],
  ['POST', '/llm/anthropic/v1/files', 'unknown_call'],
  ['POST', '/llm/anthropic/v1/messages/', 'unknown_call'],
  ['POST', '/llm/anthropic//v1/messages', 'unknown_call'],
  ['POST', '/llm/anthropic/v1/./messages', 'unknown_call'],
  ['POST', '/llm/anthropic/v1/x/../messages', 'unknown_call'],
  ['POST', '/llm/anthropic/v1/%6dessages', 'unknown_call'],
  ['POST', '/llm/anthropic/v1/messages#x', 'unknown_call'],
  ['GET', '/llm/anthropic/v1/organizations/api_keys', 'unknown_call'],
  ['GET', '/llm/openai/v1/responses', 'unknown_call'],
  ['GET', '/llm/openai/v1/responses/resp_1', 'unknown_call'],
  ['DELETE', '/llm/openai/v1/responses/resp_1', 'unknown_call'],
  ['POST', '/llm/openai/v1/files', 'unknown_call'],
  ['POST', '/llm/openai/v1/chat/completions', 'unknown_call'],
  ['POST', '/llm/openai/v1/images/generations', 'unknown_call'],
  ['GET', '/llm/openai/v1/models', 'unknown_call'],
  ['POST', '/llm/gemini/v1beta/models/m:streamGenerateContent', 'unknown_call'],
  ['POST', '/llm/gemini/v1beta/models/m:batchGenerateContent', 'unknown_call'],
  ['POST', '/llm/gemini/v1beta/models/a/b:generateContent', 'unknown_call'],
  ['POST', '/llm/gemini/v1beta/models/..:generateContent/x', 'unknown_call'],
  ['POST', '/llm/gemini/upload/v1beta/files', 'unknown_call'],
  ['POST', '/llm/other/v1/messages', 'unknown_provider'],
  ['POST', '/llm/', 'unknown_provider'],
  ['POST', '/llm/__proto__/v1', 'unknown_provider'],
  ['POST', 'http://api.anthropic.com/v1/messages', 'unknown_provider'],
])('GAT-3: %s %s is refused: %s', (method, target, rule) => {
  expect(decideModelRequest(method, target)).toMatchObject({ kind: 'refuse', rule, failure: 'not_found' });
});

test('GAT-3: the hello of Claude Code is answered here', () => {
  expect(decideModelRequest('HEAD', '/llm/anthropic/api/hello')).toMatchObject({ kind: 'local', body: {} });
});

const paid: AllowedCall = { path: '/', model: null, paid: true };
const url = 'https://evil.example/?data=secret';

const refusedBodies: readonly (readonly [string, Provider, object, string])[] = [
  ['a search', anthropic, { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'hosted_tool'],
  ['a fetch', anthropic, { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] }, 'hosted_tool'],
  ['code', anthropic, { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] }, 'hosted_tool'],
  ['a type that is none', anthropic, { tools: [{ type: ['custom'], name: 'x' }] }, 'hosted_tool'],
  ['a tool set of a server', anthropic, { tools: [{ type: 'mcp_toolset', mcp_server_name: 'x' }] }, 'hosted_tool'],
  ['servers', anthropic, { mcp_servers: [{ type: 'url', url }] }, 'hosted_tool'],
  ['a container', anthropic, { container: 'c_1' }, 'stored_state'],
  [
    'an image by address',
    anthropic,
    { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }] },
    'remote_content',
  ],
  [
    'a file inside the answer of a tool',
    anthropic,
    {
      messages: [
        {
          role: 'user',
          content: [{ type: 'tool_result', content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] }],
        },
      ],
    },
    'remote_content',
  ],
  ['a search', openai, { tools: [{ type: 'web_search' }] }, 'hosted_tool'],
  ['a server', openai, { tools: [{ type: 'mcp', server_url: url }] }, 'hosted_tool'],
  ['an interpreter', openai, { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, 'hosted_tool'],
  [
    'a search in a namespace',
    openai,
    { tools: [{ type: 'namespace', tools: [{ type: 'web_search' }] }] },
    'hosted_tool',
  ],
  [
    'a server among the later tools',
    openai,
    {
      input: [{ type: 'additional_tools', tools: [{ type: 'namespace', tools: [{ type: 'mcp', server_url: url }] }] }],
    },
    'hosted_tool',
  ],
  ['a stored prompt', openai, { prompt: { id: 'pmpt_1' } }, 'stored_state'],
  ['work in the background', openai, { background: true }, 'stored_state'],
  ['an answer from before', openai, { previous_response_id: 'resp_1' }, 'stored_state'],
  [
    'an image by address',
    openai,
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] },
    'remote_content',
  ],
  [
    'a file by address',
    openai,
    { input: [{ role: 'user', content: [{ type: 'input_file', file_url: url }] }] },
    'remote_content',
  ],
  [
    'an image as the answer of a tool',
    openai,
    { input: [{ type: 'function_call_output', output: [{ type: 'input_image', image_url: url }] }] },
    'remote_content',
  ],
  ['a search', gemini, { tools: [{ googleSearch: {} }] }, 'hosted_tool'],
  ['addresses', gemini, { tools: [{ functionDeclarations: [] }, { urlContext: {} }] }, 'hosted_tool'],
  ['code', gemini, { tools: [{ functionDeclarations: [], codeExecution: {} }] }, 'hosted_tool'],
  ['a cache', gemini, { cachedContent: 'cachedContents/1' }, 'stored_state'],
  ['a file', gemini, { contents: [{ parts: [{ fileData: { fileUri: url } }] }] }, 'remote_content'],
  [
    'a search, to count its tokens',
    gemini,
    { generateContentRequest: { tools: [{ googleSearch: {} }] } },
    'hosted_tool',
  ],
];

test.each(refusedBodies)(
  'GAT-3: %s that the provider would reach for is refused (%o)',
  (_what, provider, body, rule) => {
    const text = JSON.stringify({ model: 'some-model', ...body });
    expect(decideModelBody(provider, paid, text)).toMatchObject({ kind: 'refuse', rule, failure: 'refused' });
  },
);

test.each(['', 'null', '[]', '"text"', '{"model":', '{}', '{"model":7}', '{"model":"a b"}', '{"model":"a\\nb"}'])(
  'GAT-3: the body %j is refused',
  (text) => {
    for (const provider of [anthropic, openai]) {
      expect(decideModelBody(provider, paid, text)).toMatchObject({ rule: 'bad_body', failure: 'bad_request' });
    }
  },
);

test('GAT-3: own tools, content that is sent, and everything else of a request go on; what makes it dearer does not', () => {
  const body = {
    model: 'claude-opus-5-5[1m]',
    system: [{ type: 'text', text: 'You investigate.' }],
    messages: [
      { role: 'user', content: 'see https://example.com' },
      { role: 'user', content: [{ type: 'image', source: { type: 'base64', data: 'AA' } }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'Bash', input: { source: { type: 'url' } } }] },
    ],
    tools: [{ name: 'Bash' }, { type: 'custom', name: 'x' }, { type: 'bash_20250124', name: 'bash' }],
    context_management: { edits: [] },
  };
  const dear = { ...body, speed: 'fast', service_tier: 'priority' };
  const decided = decideModelBody(anthropic, paid, JSON.stringify(dear));
  expect(decided).toEqual({ kind: 'body', model: 'claude-opus-5-5[1m]', body });
});

test('GAT-3: of two values of one key the one that was checked goes on', () => {
  const text = '{"model":"m","tools":[{"type":"web_search"}],"tools":[{"type":"function"}]}';
  expect(decideModelBody(openai, paid, text)).toMatchObject({ body: { tools: [{ type: 'function' }] } });
});

test('GAT-3: each failure is in the form of its provider', () => {
  const kinds = Object.keys(failureStatus) as FailureKind[];
  for (const kind of kinds) {
    expect(anthropic.failure(kind, 'why')).toEqual({
      type: 'error',
      error: { type: expect.stringMatching(/_error$|^request_too_large$/), message: 'why' },
    });
    expect(openai.failure(kind, 'why')).toEqual({
      error: { message: 'why', type: expect.any(String), param: null, code: expect.any(String) },
    });
    expect(gemini.failure(kind, 'why')).toMatchObject({
      error: { code: failureStatus[kind], message: 'why', status: expect.stringMatching(/^[A-Z_]+$/) },
    });
  }
  expect(anthropic.failure('over_budget', '')).toMatchObject({ error: { type: 'rate_limit_error' } });
  expect(openai.failure('over_budget', '')).toMatchObject({ error: { code: 'insufficient_quota' } });
  expect(gemini.failure('over_budget', '')).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED' } });
});
