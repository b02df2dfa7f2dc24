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

const byAddress = { type: 'url', url };
const image = { type: 'image', source: byAddress };

const anthropicContents: readonly object[] = [
  { type: 'document', source: { type: 'content', content: [image] } },
  { type: 'tool_result', content: [{ type: 'document', source: { type: 'content', content: [image] } }] },
  { type: 'tool_result', content: image },
  { type: 'search_result', content: [[[image]]] },
  { type: 'image', source: { file_id: 'file_1' } },
  { type: 'image', source: { type: 'gs', url } },
  { type: 'container_upload', file_id: 'file_1' },
];

const openaiOutputs: readonly unknown[] = [
  { type: 'computer_screenshot', image_url: url },
  { type: 'computer_screenshot', file_id: 'file-1' },
  [{ content: { image_url: { url } } }],
  { image_url: [url] },
  { image_url: ' data:' + url },
  { a: { b: [{ type: 'item_reference', id: 'msg_1' }] } },
];

const file = { file_uri: url };
const geminiContents: readonly object[] = [
  { parts: { file_data: file } },
  [{ parts: { file_data: file } }],
  [{ parts: { fileData: file } }],
  { parts: [{ text: 'a' }, { File_Data: {} }] },
  [{ parts: [{ functionResponse: {}, function_response: { parts: [{ file_data: file }] } }] }],
  [{ parts: [{ function_response: { name: 'f', response: {}, parts: { fileData: file } } }] }],
];

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
  ...anthropicContents.map(
    (content) =>
      [
        'remote content at any depth',
        anthropic,
        { messages: [{ role: 'user', content: [content] }] },
        'remote_content',
      ] as const,
  ),
  ['a remote system text', anthropic, { system: [{ type: 'document', source: byAddress }] }, 'remote_content'],
  ['a tool that is no object', anthropic, { tools: { type: 'web_search_20250305' } }, 'hosted_tool'],
  ['an unknown key', anthropic, { skills: [] }, 'unknown_shape'],
  ...openaiOutputs.map(
    (output) =>
      [
        'remote content at any depth',
        openai,
        { input: [{ type: 'computer_call_output', output }] },
        'remote_content',
      ] as const,
  ),
  ['one item without a list', openai, { input: { type: 'message', role: 'user', content: [] } }, 'unknown_shape'],
  ['an item by its id', openai, { input: [{ id: 'msg_1' }] }, 'unknown_shape'],
  ['tools that are no list', openai, { input: [], tools: { type: 'web_search' } }, 'hosted_tool'],
  ['tools deep in the input', openai, { input: [{ role: 'user', content: [{ tools: [{}] }] }] }, 'hosted_tool'],
  ['an unknown key', openai, { input: [], moderation: {} }, 'unknown_shape'],
  ...[
    { url_context: {} },
    [{ url_context: {} }],
    { urlContext: {} },
    [[{ google_search: {} }]],
    { mcp_servers: [] },
  ].map((tools) => ['a tool that Google runs', gemini, { tools }, 'hosted_tool'] as const),
  ...geminiContents.flatMap((contents) => [
    ['a file at any depth', gemini, { contents }, 'remote_content'] as const,
    ['a file to count', gemini, { generate_content_request: { contents } }, 'remote_content'] as const,
    ['a file of the system', gemini, { system_instruction: contents }, 'remote_content'] as const,
  ]),
  ['a cache', gemini, { cached_content: 'cachedContents/1' }, 'stored_state'],
  ['a cache to count', gemini, { generateContentRequest: { cached_content: 'c' } }, 'stored_state'],
  [
    'a search beside what is counted',
    gemini,
    { generateContentRequest: {}, tools: { googleSearch: {} } },
    'hosted_tool',
  ],
  ['a list of what is counted', gemini, { generateContentRequest: [{ contents: [] }] }, 'unknown_shape'],
  ['counting in counting', gemini, { generateContentRequest: { generateContentRequest: {} } }, 'unknown_shape'],
  ['an unknown key to count', gemini, { generateContentRequest: { store: true } }, 'unknown_shape'],
  ['an unknown part', gemini, { contents: [{ parts: { executableCode: {} } }] }, 'unknown_shape'],
  ['an unknown content', gemini, { contents: { parts: [], uri: url } }, 'unknown_shape'],
  ['an unknown key', gemini, { contents: [], store: true }, 'unknown_shape'],
];

test.each(refusedBodies)(
  'GAT-3: %s that the provider would reach for is refused (%o)',
  async (_what, provider, body, rule) => {
    const text = JSON.stringify({ model: 'some-model', ...body });
    expect(await decideModelBody(provider, paid, text)).toMatchObject({ kind: 'refuse', rule, failure: 'refused' });
  },
);

test.each(['', 'null', '[]', '"text"', '{"model":', '{}', '{"model":7}', '{"model":"a b"}', '{"model":"a\\nb"}'])(
  'GAT-3: the body %j is refused',
  async (text) => {
    for (const provider of [anthropic, openai]) {
      expect(await decideModelBody(provider, paid, text)).toMatchObject({ rule: 'bad_body', failure: 'bad_request' });
    }
  },
);

test('GAT-3: own tools, content that is sent, and everything else of a request go on; what makes it dearer does not', async () => {
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
  const decided = await decideModelBody(anthropic, paid, JSON.stringify(dear));
  expect(decided).toEqual({ kind: 'body', model: 'claude-opus-5-5[1m]', body });
});

test.each<[Provider, object]>([
  [anthropic, { messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'text', data: 'a' } }] }] }],
  [
    openai,
    {
      input: [
        { type: 'additional_tools', tools: [{ type: 'function', parameters: { properties: { file_id: {} } } }] },
        { role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AA' }] },
      ],
      previous_response_id: null,
    },
  ],
  [openai, { input: 'a question' }],
  [
    gemini,
    {
      contents: {
        parts: [
          { function_call: { name: 'f', args: { file_data: 1 } }, thoughtSignature: 'x' },
          { functionResponse: { name: 'f', response: { fileData: 1 } } },
          { inlineData: { mimeType: 'image/png', data: 'AA' } },
        ],
      },
      tools: { function_declarations: { name: 'f' } },
      generation_config: { max_output_tokens: 9 },
    },
  ],
  [gemini, { generateContentRequest: { model: 'models/m', contents: [{ parts: { text: 'a' } }] } }],
])('GAT-3: what only looks like it goes on: %#', async (provider, more) => {
  const body = { model: 'some-model', ...more };
  expect(await decideModelBody(provider, paid, JSON.stringify(body))).toMatchObject({ kind: 'body', body });
});

test.each<[Provider, object, number]>([
  [anthropic, { max_tokens: 64_000 }, 64_000],
  [anthropic, {}, 0],
  [openai, { max_output_tokens: 5 }, 5],
  [gemini, { generationConfig: { maxOutputTokens: 7 } }, 7],
  [gemini, { generationConfig: { maxOutputTokens: 1 }, generation_config: { max_output_tokens: 8 } }, 8],
  [gemini, { generationConfig: [] }, 0],
])('TRI-8: the tokens that a body asks for at most: %#', (provider, body, tokens) => {
  expect(provider.maxOutput({ ...body })).toBe(tokens);
});

test('GAT-3: of two values of one key the one that was checked goes on', async () => {
  const text = '{"model":"m","tools":[{"type":"web_search"}],"tools":[{"type":"function"}],"input":[]}';
  expect(await decideModelBody(openai, paid, text)).toMatchObject({ body: { tools: [{ type: 'function' }] } });
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
