import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { fleetOf, prod, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { type RawMcpOptions, sendResult, startRawMcpServer } from '../../support/raw-mcp-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

type Message = Parameters<NonNullable<RawMcpOptions['post']>>[0];

function sendError(message: Message, code: number, text: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code, message: text } }));
}

async function rawServer(options: RawMcpOptions) {
  const server = await startRawMcpServer(options);
  releaseLater(() => server.close());
  return server;
}

test('CON-5: while the subscription is refused after a reconnect, sweeps keep to the name that the ids of push have', async () => {
  let refused = false;
  const server = await rawServer({
    post: (message, response) => {
      if (!refused || message.params?.name !== 'events_subscribe') return false;
      const content = [{ type: 'text', text: 'server has reached maximum subscriptions (100)' }];
      sendResult(message, { content, isError: true }, response);
      return true;
    },
  });
  const { becomes, status, sweeper } = fleetOf(prod(server.endpoint));
  expect(await becomes('prod', 'active')).toMatchObject({ source: 'push' });
  await waitUntil(() => sweeper.runs.length === 1, 'the first sweep');
  refused = true;
  for (const stream of server.streams.splice(0)) stream.end();
  await waitUntil(() => status('prod').reconnects === 1 && status('prod').source === 'sweep', 'it is swept');
  expect(sweeper.runs.map((run) => run.serverCluster)).toEqual(sweeper.runs.map(() => 'test'));
  expect(sweeper.runs.length).toBeGreaterThan(1);
});

test('CON-4: a refused log level is asked for again on the stream that is open: there is never a second one', async () => {
  let refusals = 2;
  const server = await rawServer({
    post: (message, response) => {
      if (message.method !== 'logging/setLevel' || refusals === 0) return false;
      refusals -= 1;
      sendError(message, -32603, 'not ready', response);
      return true;
    },
    get: (response) => {
      if (server.streams.length === 0) return false;
      response.writeHead(409).end('stream ID conflicts with ongoing stream');
      return true;
    },
  });
  const { status } = fleetOf(prod(server.endpoint));
  await waitUntil(() => status('prod').source === 'push', 'it pushes in the end');
  expect(status('prod')).toMatchObject({ state: 'active', reconnects: 0, error: null });
  expect(server.count('logging/setLevel')).toBe(3);
});

test('CON-3: a server that refuses pings answers them, and keeps its session', async () => {
  const server = await rawServer({
    post: (message, response) => {
      if (message.method !== 'ping') return false;
      sendError(message, -32601, 'method not found', response);
      return true;
    },
  });
  const { becomes, status } = fleetOf(prod(server.endpoint), { connection: { ping_interval: '150ms' } });
  await becomes('prod', 'active');
  await waitUntil(() => server.count('ping') >= 3, 'pings go on');
  expect(status('prod')).toMatchObject({ state: 'active', reconnects: 0 });
});
