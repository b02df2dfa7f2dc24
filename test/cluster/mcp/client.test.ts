import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createAgents } from '../../../src/cluster/mcp/agents.ts';
import { AnswerBudget } from '../../../src/cluster/mcp/answer.ts';
import { type McpClient, openClient, protocolVersions } from '../../../src/cluster/mcp/client.ts';
import { parseMessage } from '../../../src/cluster/mcp/messages.ts';
import type { Outcome } from '../../../src/cluster/mcp/outcome.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type RawMcpOptions, type RawMcpServer, sendResult, startRawMcpServer } from '../../support/raw-mcp-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;
const limitMs = 5000;

interface Opened {
  readonly client: McpClient;
  readonly ended: Outcome[];
}

/** A client whose messages are taken as they come. */
async function connect(endpoint: string, times = {}): Promise<Opened> {
  const agents = createAgents({});
  const ended: Outcome[] = [];
  const client = await openClient(
    {
      endpoint: {
        url: new URL(endpoint),
        headers: {},
        agents: agents.agentsFor({ endpoint, ca_file: undefined, insecure_skip_tls_verify: false }),
        limits: { maxMessage: 1_000_000, maxResponse: 1_000_000 },
        budget: new AnswerBudget(10_000_000),
      },
      transport: 'streamable-http',
      inlet: {
        take: (text) => {
          const message = parseMessage(text);
          return message === null ? { kind: 'invalid' } : { kind: 'message', message };
        },
        invalid: () => {},
      },
      owner: { pushEnded: () => {}, ended: (outcome) => void ended.push(outcome) },
      times: { handshakeMs: limitMs, requestMs: limitMs, pingMs: 60_000, ...times },
      clock: systemClock,
      version: '1.2.3',
    },
    never,
  );
  onTestFinished(async () => {
    await client.close(never);
    agents.close();
  });
  return { client, ended };
}

async function rawServer(options: RawMcpOptions = {}): Promise<RawMcpServer> {
  const server = await startRawMcpServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** A server of the protocol's own SDK, in this process. */
async function sdkServer(answersInJson: boolean): Promise<string> {
  const mcp = new McpServer({ name: 'sdk', version: '1' });
  mcp.registerTool('shout', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text: text.toUpperCase() }],
  }));
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => 'session-of-the-sdk',
    enableJsonResponse: answersInJson,
  });
  await mcp.connect(transport);
  const server = createServer((request, response) => void transport.handleRequest(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await mcp.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

test('CON-2: the versions that we speak are those of the SDK, in its order', () => {
  expect(protocolVersions).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
});

test.each([true, false])('CON-2: a server of the SDK is spoken to (answers in JSON: %s)', async (answersInJson) => {
  const { client } = await connect(await sdkServer(answersInJson));
  expect(await client.callTool('shout', { text: 'quiet' }, limitMs, never)).toMatchObject({
    text: 'QUIET',
    isError: false,
  });
  expect(await client.ping(never)).toBeNull();
  await client.openStream(never);
  await client.openStream(never);
  const { tools } = await client.request('tools/list', undefined, limitMs, never);
  expect(tools).toMatchObject([{ name: 'shout' }]);
  const unknown = client.request('no/such', undefined, limitMs, never);
  await expect(unknown).rejects.toMatchObject({
    outcome: { kind: 'protocol_error', detail: expect.stringContaining('-32601') },
  });
});

test.each(protocolVersions)(
  'CON-2: a server that speaks %s is met in it, and hears it with every request',
  async (version) => {
    const server = await rawServer({
      post: (message, response) => {
        if (message.method !== 'initialize') return false;
        sendResult(message, { protocolVersion: version, capabilities: {}, serverInfo: {} }, response);
        return true;
      },
    });
    const { client } = await connect(server.endpoint);
    await client.ping(never);
    expect(server.seen.map(({ method }) => method)).toEqual(['initialize', 'notifications/initialized', 'ping']);
    expect(server.seen.map(({ headers }) => headers['mcp-protocol-version'])).toEqual([undefined, version, version]);
    expect(server.seen.map(({ headers }) => headers['mcp-session-id'])).toEqual([undefined, 'session-1', 'session-1']);
  },
);

test.each([
  ['another version', { protocolVersion: '2099-01-01' }],
  ['no version', {}],
  ['a list', []],
  ['null', null],
])('CON-3: %s for an answer to initialize is a protocol error', async (_what, result) => {
  const server = await rawServer({
    post: (message, response) => {
      if (message.method !== 'initialize') return false;
      sendResult(message, result, response);
      return true;
    },
  });
  await expect(connect(server.endpoint)).rejects.toMatchObject({ outcome: { kind: 'protocol_error' } });
});

test.each([
  ['text blocks', { content: [{ type: 'text', text: 'a' }, { type: 'image' }, { type: 'text', text: 'b' }] }, 'a\n\nb'],
  ['no content', {}, ''],
  ['content that is no list', { content: 'text' }, ''],
  ['content of anything', { content: [null, 1, 'text', { text: 7 }] }, '\n\n\n'],
])('a tool that answers %s is read as far as it goes', async (_what, result, text) => {
  const server = await rawServer({
    post: (message, response) => {
      if (message.method !== 'tools/call') return false;
      sendResult(message, result, response);
      return true;
    },
  });
  const { client } = await connect(server.endpoint);
  expect(await client.callTool('any', {}, limitMs, never)).toMatchObject({ text, isError: false });
});

test('CON-6: a call that takes too long is silence, the server is told, and the next call is answered', async () => {
  const server = await rawServer({ post: (message) => message.params?.name === 'slow' });
  const { client, ended } = await connect(server.endpoint);
  const slow = client.callTool('slow', {}, 50, never);
  await expect(slow).rejects.toMatchObject({ outcome: { kind: 'silent' } });
  await waitUntil(() => server.count('notifications/cancelled') === 1, 'the cancellation');
  expect(await client.ping(never)).toBeNull();
  expect(ended).toEqual([]);
});

test('CON-3: requests of the server: a ping is answered, what we do not offer is refused', async () => {
  const answers: unknown[] = [];
  const server = await rawServer({
    post: (message, response) => {
      if (message.method !== undefined) return false;
      answers.push(message);
      response.writeHead(202).end();
      return true;
    },
  });
  const { client } = await connect(server.endpoint);
  await client.openStream(never);
  await waitUntil(() => server.streams.length === 1, 'the stream');
  for (const [id, method] of [
    ['s1', 'ping'],
    [2, 'sampling/createMessage'],
  ]) {
    server.streams[0]?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, method })}\n\n`);
  }
  await waitUntil(() => answers.length === 2, 'both are answered');
  expect(answers).toEqual(
    expect.arrayContaining([
      { jsonrpc: '2.0', id: 's1', result: {} },
      { jsonrpc: '2.0', id: 2, error: { code: -32601, message: 'Method not found' } },
    ]),
  );
});

test('CON-3: a missed ping ends the session, and what waits with it', async () => {
  const server = await rawServer({ post: (message) => message.method === 'ping' || message.params?.name === 'slow' });
  const { client, ended } = await connect(server.endpoint, { pingMs: 30, requestMs: 100 });
  const slow = client.callTool('slow', {}, limitMs, never);
  await expect(slow).rejects.toMatchObject({ outcome: { kind: 'ping_lost' } });
  expect(ended).toMatchObject([{ kind: 'ping_lost' }]);
});

test('a request after the end is refused at once', async () => {
  const { client } = await connect((await rawServer()).endpoint);
  await client.close(never);
  await expect(client.callTool('any', {}, limitMs, never)).rejects.toMatchObject({ outcome: { kind: 'closed' } });
});

test('CON-3: answers that nobody waits for, late, made up or doubled, change nothing', async () => {
  const ids: unknown[] = [];
  const server = await rawServer({
    post: (message, response) => {
      if (message.method !== 'tools/call') return false;
      ids.push(message.id);
      if (message.params?.name === 'slow') return true;
      const answer = { jsonrpc: '2.0', id: message.id, result: { content: [{ type: 'text', text: 'its own' }] } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify(answer)}\n\n`.repeat(3));
      return true;
    },
  });
  const { client, ended } = await connect(server.endpoint);
  await client.openStream(never);
  await waitUntil(() => server.streams.length === 1, 'the stream');
  await expect(client.callTool('slow', {}, 50, never)).rejects.toMatchObject({ outcome: { kind: 'silent' } });
  const next = Number(ids[0]) + 1;
  const stray = [ids[0], 4711, -1, 0, 'nobody', String(next), `${next}.0`];
  for (const id of stray) {
    server.streams[0]?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { content: 'stray' } })}\n\n`);
  }
  expect(await client.callTool('good', {}, limitMs, never)).toMatchObject({ text: 'its own' });
  expect(await client.callTool('good', {}, limitMs, never)).toMatchObject({ text: 'its own' });
  expect(await client.ping(never)).toBeNull();
  expect(ids).toEqual([ids[0], next, next + 1]);
  expect(ended).toEqual([]);
});
