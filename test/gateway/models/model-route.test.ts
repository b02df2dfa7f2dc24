import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { agentClis } from '../../support/models/agent-cli.ts';
import { type ModelGatewayOptions, startModelGateway } from '../../support/models/model-gateway.ts';
import { type Dialect, ModelServer } from '../../support/models/model-server.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import { waitUntil } from '../../support/wait-until.ts';

const paths: Record<Dialect['provider'], string> = {
  anthropic: '/v1/messages?beta=true',
  openai: '/v1/responses',
  gemini: '/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
};

const bodies: Record<Dialect['provider'], Record<string, unknown>> = {
  anthropic: { model: 'claude-opus-5-5', stream: true, messages: [], tools: [{ name: 'Bash' }] },
  openai: { model: 'gpt-5.5', stream: true, input: [], tools: [{ type: 'function', name: 'exec_command' }] },
  gemini: { contents: [], tools: [{ functionDeclarations: [{ name: 'run_shell_command' }] }] },
};

/** A text and arguments of a tool where each API has them. */
const texts: Record<Dialect['provider'], (text: string, args: object) => object> = {
  anthropic: (text, args) => ({
    system: text,
    messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'Bash', input: { env: [args] } }] }],
  }),
  openai: (text, args) => ({ instructions: text, input: [{ role: 'user', content: [{ env: [args] }] }] }),
  gemini: (text, args) => ({
    systemInstruction: { parts: [{ text }] },
    contents: [{ parts: [{ functionCall: { name: 'run', args: { env: [args] } } }] }],
  }),
};

const [claude, codex, geminiCli] = agentClis;
const { dialect: anthropic } = claude!;
const { dialect: openai } = codex!;
const { dialect: gemini } = geminiCli!;
const secret = 'kX9-cluster-token-4711';

async function setUp(dialect: Dialect, options: Partial<ModelGatewayOptions> = {}) {
  const server = await ModelServer.start(dialect, () => ({ kind: 'say', text: 'An answer of a model. '.repeat(40) }));
  onTestFinished(() => server.close());
  const provider = { api_key: server.key, base_url: `${server.url}/` };
  const gateway = await startModelGateway({ models: { [dialect.provider]: provider, idle_timeout: '1s' }, ...options });
  return { server, gateway };
}

/** Asks as the CLI does, through the port. */
async function ask(
  url: string,
  { provider }: Dialect,
  body: unknown = bodies[provider],
  headers: Record<string, string> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${url}/llm/${provider}${paths[provider]}`, { method: 'POST', body: text, headers });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

test.each([anthropic, openai, gemini])(
  'GAT-3: for $provider our key is put in place of every key of the agent, and secrets are taken out of what is sent',
  async (dialect) => {
    const { server, gateway } = await setUp(dialect, { secrets: [secret] });
    const mine = 'key-of-the-agent';
    const headers = { 'x-api-key': mine, authorization: `Bearer ${mine}`, 'x-goog-api-key': mine, cookie: `a=${mine}` };
    const body = {
      ...bodies[dialect.provider],
      ...texts[dialect.provider](`use ${secret}`, { name: 'DB_PASSWORD', value: 'hunter2hunter2' }),
    };
    const answer = await ask(gateway.url, dialect, body, {
      ...headers,
      'user-agent': `cli ${secret}`,
      'x-other': mine,
    });
    expect(answer.status).toBe(200);
    const [call] = server.calls;
    expect(dialect.keyOf(call!.headers)).toBe(server.key);
    expect(JSON.stringify(call)).not.toContain(mine);
    expect(JSON.stringify(call)).not.toContain(secret);
    expect(call!.body).not.toContain('hunter2');
    expect(call!.headers['user-agent']).toBe('cli <redacted:secret>');
    expect(JSON.stringify([...answer.headers])).not.toContain(server.key);
  },
);

test.each([anthropic, openai, gemini])('GAT-3: a stream of $provider comes as it comes', async (dialect) => {
  let go = (): void => {};
  const url = await scriptedHttp((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'a=b', 'x-request-id': 'req-1' });
    response.write('data: {"first":true}\n\n');
    go = () => void response.end('data: {"second":true}\n\n');
  });
  const models = { [dialect.provider]: { api_key: 'key-1', base_url: new URL(url).origin } };
  const gateway = await startModelGateway({ models });
  const target = `${gateway.url}/llm/${dialect.provider}${paths[dialect.provider]}`;
  const answer = await fetch(target, { method: 'POST', body: JSON.stringify(bodies[dialect.provider]) });
  const reader = answer.body!.getReader();
  const next = async (): Promise<string> => Buffer.from((await reader.read()).value ?? []).toString();
  expect(await next()).toBe('data: {"first":true}\n\n');
  go();
  expect(await next()).toBe('data: {"second":true}\n\n');
  expect(answer.headers.get('set-cookie')).toBeNull();
  expect(answer.headers.get('x-request-id')).toBe('req-1');
});

test.each([anthropic, openai, gemini])('GAT-3: without a key of $provider nothing is asked', async (dialect) => {
  const gateway = await startModelGateway({ models: {} });
  const answer = await ask(gateway.url, dialect);
  expect(answer.status).toBe(401);
  expect(answer.text).toContain(`set gateway.models.${dialect.provider}.api_key`);
  expect(gateway.exchanges).toEqual([expect.objectContaining({ status: 401, refused: 'no_key' })]);
  expect(gateway.spends).toEqual([]);
  await ask(gateway.url, dialect);
  // Once a run, however often the agent asks.
  expect(gateway.log).toEqual([expect.stringContaining('NC-GATEWAY-020')]);
});

test.each([anthropic, openai, gemini])(
  'GAT-3: a refusal of $provider is heard also by who sends a long body first',
  async (dialect) => {
    const gateway = await startModelGateway({ models: {} });
    const target = `${gateway.url}/llm/${dialect.provider}${paths[dialect.provider]}`;
    const answer = await fetch(target, { method: 'POST', body: ' '.repeat(16 * 1024 * 1024) });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('nightcrier has no key');
  },
);

test.each([anthropic, openai, gemini])(
  'GAT-3: a key that $provider refuses is told by its setting, without a word of the provider',
  async (dialect) => {
    const { server, gateway } = await setUp(dialect);
    const { key } = server;
    server.key = 'another';
    const answer = await ask(gateway.url, dialect);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain(`gateway.models.${dialect.provider}.api_key`);
    expect(gateway.log.join()).toContain('NC-GATEWAY-021');
    expect(answer.text + gateway.log.join()).not.toContain(key);
  },
);

test('GAT-3: a failure in which the provider repeats the key is told without it', async () => {
  const url = await scriptedHttp((request, response) => {
    response.writeHead(403, { 'content-type': 'application/json', 'retry-after': '7' });
    response.end(JSON.stringify({ error: { message: `${request.headers.authorization} may not` } }));
  });
  const gateway = await startModelGateway({
    models: { openai: { api_key: 'key-4711-0815', base_url: new URL(url).origin } },
  });
  const answer = await ask(gateway.url, openai);
  expect(answer.status).toBe(403);
  expect(JSON.parse(answer.text)).toEqual({ error: { message: 'Bearer <redacted:model_key> may not' } });
  expect(answer.headers.get('retry-after')).toBe('7');
});

test.each([
  [301, 502],
  [204, 502],
  [404, 404],
  [429, 429],
  [500, 500],
])('GAT-3: status %s with a page of a proxy is told as %s in the form of the provider', async (status, told) => {
  const url = await scriptedHttp((_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html', location: 'http://127.0.0.1:1/' });
    response.end(status === 204 ? undefined : '<html>'.repeat(100_000));
  });
  const gateway = await startModelGateway({
    models: { anthropic: { api_key: 'key-1', base_url: new URL(url).origin } },
  });
  const answer = await ask(gateway.url, anthropic);
  expect(answer.status).toBe(told);
  expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
  expect(gateway.spends).toEqual([expect.objectContaining({ tokens: { input: 0, cached: 0, output: 0 }, usd: 0 })]);
});

test('GAT-3: the budget is looked at before each request, in USD and in tokens', async () => {
  for (const budget of [{ usd: 0.01 }, { tokens: 2000 }]) {
    const { gateway, server } = await setUp(anthropic, { budget });
    const statuses: number[] = [];
    for (let nth = 0; nth < 4; nth += 1) statuses.push((await ask(gateway.url, anthropic)).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(server.calls).toHaveLength(2);
    const refused = await ask(gateway.url, anthropic);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(refused.text).toContain('finish without the model');
    // Counting costs nothing.
    const count = `${gateway.url}/llm/anthropic/v1/messages/count_tokens`;
    expect((await fetch(count, { method: 'POST', body: JSON.stringify(bodies.anthropic) })).status).toBe(404);
    expect(server.calls).toHaveLength(3);
    expect(gateway.spends).toHaveLength(2);
  }
});

test('GAT-3, TRI-8: a model without a price: said once, its USD are not known, the limit in tokens holds', async () => {
  const { gateway } = await setUp(anthropic, { budget: { usd: 0.000_001, tokens: 3000 } });
  const body = { ...bodies.anthropic, model: 'my-own-model' };
  const statuses: number[] = [];
  for (let nth = 0; nth < 3; nth += 1) statuses.push((await ask(gateway.url, anthropic, body)).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect(gateway.spends.map(({ usd }) => usd)).toEqual([null, null]);
  expect(gateway.log.filter((line) => line.includes('NC-GATEWAY-022'))).toHaveLength(1);
});

test('GAT-3: at most four requests of a run are under way together', async () => {
  const { gateway, server } = await setUp(openai);
  server.fault = () => ({ kind: 'nothing' });
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(gateway.url, openai)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    429, 429, 429, 429, 429, 429, 504, 504, 504, 504,
  ]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.headers.get('retry-after')).toBe('1');
  server.fault = () => null;
  expect((await ask(gateway.url, openai)).status).toBe(200);
});

test('GAT-3: bodies are bounded, whether their length is told or not, and come without an encoding', async () => {
  const { gateway, server } = await setUp(anthropic, { limits: { request: 10_000 } });
  const long = JSON.stringify({ ...bodies.anthropic, system: 'x'.repeat(20_000) });
  expect((await ask(gateway.url, anthropic, long)).status).toBe(413);
  const target = `${gateway.url}/llm/anthropic/v1/messages`;
  const stream = new ReadableStream({ start: (out) => (out.enqueue(Buffer.from(long)), out.close()) });
  const request: RequestInit & { duplex: 'half' } = { method: 'POST', body: stream, duplex: 'half' };
  const chunked = await fetch(target, request);
  expect(chunked.status).toBe(413);
  expect((await ask(gateway.url, anthropic, bodies.anthropic, { 'content-encoding': 'gzip' })).status).toBe(400);
  expect((await ask(gateway.url, anthropic, '{"model":')).status).toBe(400);
  expect(server.calls).toEqual([]);
  expect(gateway.exchanges.map(({ refused }) => refused)).toEqual([
    'too_large',
    'too_large',
    'encoded_body',
    'bad_body',
  ]);
});

test('GAT-3, TRI-8: an answer is bounded; over the bound it is cut and counted', async () => {
  const { gateway, server } = await setUp(anthropic, { limits: { answer: 1024 * 1024 } });
  server.fault = () => ({ kind: 'huge', bytes: 20 * 1024 * 1024 });
  await expect(ask(gateway.url, anthropic)).rejects.toThrow(/terminated|socket/);
  await gateway.settled();
  expect(gateway.exchanges[0]?.bytes).toBeLessThanOrEqual(1024 * 1024);
  expect(gateway.spends).toEqual([expect.objectContaining({ tokens: expect.objectContaining({ input: 1600 }) })]);
  expect(gateway.spends[0]!.tokens.output).toBeGreaterThan(10_000);
});

test('GAT-3, TRI-8: an agent that hangs up in the middle is counted, and the provider is not kept waiting', async () => {
  const { gateway, server } = await setUp(anthropic);
  server.fault = () => ({ kind: 'stall' });
  const cut = new AbortController();
  const target = `${gateway.url}/llm/anthropic/v1/messages`;
  const answer = await fetch(target, { method: 'POST', body: JSON.stringify(bodies.anthropic), signal: cut.signal });
  await answer.body!.getReader().read();
  cut.abort();
  await waitUntil(() => gateway.spends.length === 1, 'the spend');
  expect(gateway.spends[0]!.tokens).toMatchObject({ input: 1600, cached: 300 });
  expect(gateway.spends[0]!.tokens.output).toBeGreaterThan(100);
});

test('GAT-3, TRI-8: an agent that hangs up before the first byte is counted by what it sent', async () => {
  const { gateway, server } = await setUp(gemini);
  server.fault = () => ({ kind: 'nothing' });
  const cut = new AbortController();
  const target = `${gateway.url}/llm/gemini${paths.gemini}`;
  const body = JSON.stringify({ ...bodies.gemini, systemInstruction: 'x'.repeat(3000) });
  const answer = fetch(target, { method: 'POST', body, signal: cut.signal });
  await waitUntil(() => server.calls.length === 1, 'the call');
  cut.abort();
  await expect(answer).rejects.toThrow(/abort/);
  await waitUntil(() => gateway.spends.length === 1, 'the spend');
  expect(gateway.spends[0]!.tokens.input).toBeGreaterThan(1000);
  expect(gateway.spends[0]!.tokens.output).toBe(32_000);
});

test.each<[string, Dialect, object, number]>([
  ['what it asked for', anthropic, { max_tokens: 4711 }, 4711],
  ['what it asked for', openai, { max_output_tokens: 4711 }, 4711],
  ['what it asked for', gemini, { generation_config: { maxOutputTokens: 4711 } }, 4711],
  ['no more than models write', anthropic, { max_tokens: 1e9 }, 128_000],
  ['what is usual when it does not say', openai, {}, 32_000],
])(
  'TRI-8: a request without a byte of an answer is counted with %s: $provider, %o',
  async (_what, dialect, more, output) => {
    const { gateway, server } = await setUp(dialect);
    server.fault = () => ({ kind: 'nothing' });
    expect((await ask(gateway.url, dialect, { ...bodies[dialect.provider], ...more })).status).toBe(504);
    expect(gateway.spends.map(({ tokens }) => tokens.output)).toEqual([output]);
  },
);

test('GAT-3: a body of many values, and bodies over the bound of all runs, are refused; so when tokens are counted', async () => {
  const { gateway, server } = await setUp(anthropic, { limits: { held: 5000 } });
  const target = `${gateway.url}/llm/anthropic/v1/messages/count_tokens`;
  const post = (body: string) => fetch(target, { method: 'POST', body });
  const full = await post(JSON.stringify({ ...bodies.anthropic, system: 'x'.repeat(6000) }));
  expect(full.status).toBe(429);
  expect(full.headers.get('retry-after')).toBe('1');
  expect(await full.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
  // What was refused is held no longer.
  expect((await ask(gateway.url, anthropic, { ...bodies.anthropic, system: 'x'.repeat(4000) })).status).toBe(200);
  const { gateway: usual } = await setUp(anthropic);
  const many = `{"model":"m","system":[${Array(200_000).fill('[]').join()}]}`;
  const refused = await ask(usual.url, anthropic, many);
  expect(refused.status).toBe(413);
  expect(JSON.parse(refused.text)).toMatchObject({ error: { type: 'request_too_large' } });
  expect(server.calls).toHaveLength(1);
});

test('GAT-3: the end of a run ends its requests', async () => {
  const { gateway, server } = await setUp(anthropic);
  server.fault = () => ({ kind: 'stall' });
  const answer = ask(gateway.url, anthropic);
  await waitUntil(() => server.calls.length === 1, 'the call');
  gateway.end();
  await expect(answer).rejects.toThrow(/terminated|fetch failed/);
  await gateway.settled();
  expect(gateway.spends).toHaveLength(1);
});

test('GAT-3: an agent that does not read holds the provider back', async () => {
  const { gateway, server } = await setUp(anthropic);
  server.fault = () => ({ kind: 'huge', bytes: 60 * 1024 * 1024 });
  const asked = httpRequest(`${gateway.url}/llm/anthropic/v1/messages`, { method: 'POST' });
  asked.end(JSON.stringify(bodies.anthropic));
  const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { destroy(): void }];
  // Time for far more than buffers hold, had anybody read it.
  await new Promise((resolve) => setTimeout(resolve, 500));
  answer.destroy();
  await gateway.settled();
  expect(gateway.exchanges[0]!.bytes).toBeLessThan(30 * 1024 * 1024);
});

test('GAT-3: nobody at the address is 502, told with what to do', async () => {
  const gateway = await startModelGateway({ models: { openai: { api_key: 'key-1', base_url: 'http://127.0.0.1:1' } } });
  const answer = await ask(gateway.url, openai);
  expect(answer.status).toBe(502);
  expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'bad_gateway' } });
  expect(gateway.log.join()).toContain('NC-GATEWAY-023');
  expect(gateway.spends).toEqual([expect.objectContaining({ usd: 0 })]);
});

test('GAT-3: proxies of the environment are honoured, and what NO_PROXY names goes past them', async () => {
  const proxy = await startForwardProxy();
  onTestFinished(() => proxy.close());
  const server = await ModelServer.start(openai, () => ({ kind: 'say', text: 'An answer of a model. '.repeat(40) }));
  onTestFinished(() => server.close());
  const askAt = async (base_url: string, noProxy: string): Promise<number> => {
    const env = { HTTP_PROXY: proxy.url, NO_PROXY: noProxy };
    const gateway = await startModelGateway({ models: { openai: { api_key: server.key, base_url } }, proxy: env });
    return (await ask(gateway.url, openai)).status;
  };
  const named = server.url.replace('127.0.0.1', 'models.test');
  expect(await askAt(named, '10.0.0.0/8')).toBe(200);
  expect(proxy.seen).toHaveLength(1);
  // Past the proxy nobody knows this name.
  expect(await askAt(named, '.test')).toBe(502);
  expect(await askAt(server.url, '')).toBe(200);
  expect(proxy.seen).toHaveLength(1);
});

test('GAT-3: what is no provider and what is no call is refused in a form that CLIs read', async () => {
  const gateway = await startModelGateway({ models: {} });
  const unknown = await fetch(`${gateway.url}/llm/other/v1/messages`, { method: 'POST', body: '{}' });
  expect(unknown.status).toBe(404);
  const call = await fetch(`${gateway.url}/llm/anthropic/v1/files`);
  expect(await call.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  const hello = await fetch(`${gateway.url}/llm/anthropic/api/hello`, { method: 'HEAD' });
  expect(hello.status).toBe(200);
  expect(gateway.exchanges.map(({ provider, refused }) => [provider, refused])).toEqual([
    [null, 'unknown_provider'],
    ['anthropic', 'unknown_call'],
    ['anthropic', null],
  ]);
});
