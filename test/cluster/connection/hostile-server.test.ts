import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { crashLoop, fleetOf, prod, pushServer, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import {
  faultEvent,
  faultOf,
  type RawMcpOptions,
  type RawMcpServer,
  sendResult,
  startRawMcpServer,
} from '../../support/raw-mcp-server.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

async function rawServer(options: RawMcpOptions = {}): Promise<RawMcpServer> {
  const server = await startRawMcpServer(options);
  releaseLater(() => server.close());
  return server;
}

const quick = { handshakeMs: 200, requestMs: 200, toolMs: 300, endMs: 100 };

test.each([
  ['HTML', 'text/html', '<html><head><title>Sign in</title></head></html>'],
  ['half a JSON', 'application/json', '{"jsonrpc":"2.0","id":0,"result":{"protocol'],
  ['half a JSON in an event', 'text/event-stream', 'event: message\ndata: {"jsonrpc":"2.0","id":0,"res\n\n'],
  ['an event stream without the answer', 'text/event-stream', ': nothing\n\n'],
  ['JSON that is no JSON-RPC', 'application/json', '{"status": "ok"}'],
  ['nothing', 'text/plain', ''],
])('CON-3: a server that answers %s is no MCP server, and is said to be none', async (_what, type, body) => {
  const server = await rawServer({
    post: (_message, response) => {
      response.writeHead(200, { 'content-type': type }).end(body);
      return true;
    },
  });
  const { becomes } = fleetOf(prod(server.endpoint, { transport: 'streamable-http' }), { times: quick });
  const failed = await becomes('prod', 'failed');
  expect(failed.error).toMatchObject({ code: 'NC-CLUSTER-007' });
  expect(failed.error?.message).not.toContain('<');
});

test('CON-3: a protocol version that nobody speaks is a protocol error', async () => {
  const server = await rawServer({
    post: (message, response) => {
      if (message.method !== 'initialize') return false;
      sendResult(
        message,
        { protocolVersion: '1999-01-01', capabilities: {}, serverInfo: { name: 'x', version: '0' } },
        response,
      );
      return true;
    },
  });
  const { becomes } = fleetOf(prod(server.endpoint));
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-012' });
});

test('CON-3: a server that accepts and says nothing is silent', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releaseLater(() => new Promise((resolve) => void server.close(() => resolve())));
  const { becomes } = fleetOf(prod(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`), { times: quick });
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-008' });
});

test('CON-3: a server that resets every connection is unreachable', async () => {
  const server = createServer((socket) => socket.resetAndDestroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releaseLater(() => new Promise((resolve) => void server.close(() => resolve())));
  const { becomes } = fleetOf(prod(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`));
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-001' });
});

test('CON-3: a host name without an address is said', async () => {
  const { becomes } = fleetOf(prod('http://no-such-host.invalid:8080/mcp'));
  expect((await becomes('prod', 'failed', 15_000)).error).toMatchObject({ code: 'NC-CLUSTER-002' });
});

test('CON-3: a redirect is not followed, so that the key does not go elsewhere', async () => {
  const elsewhere = await rawServer();
  const server = await rawServer({
    post: (_message, response) => {
      response.writeHead(302, { location: `${elsewhere.endpoint}?token=hidden` }).end();
      return true;
    },
  });
  const { becomes } = fleetOf(prod(server.endpoint, { api_key: 'my-secret-key' }));
  const failed = await becomes('prod', 'failed');
  expect(failed.error).toMatchObject({ code: 'NC-CLUSTER-015' });
  expect(failed.error?.message).toContain(`redirects to ${elsewhere.endpoint}`);
  expect(failed.error?.message).not.toContain('hidden');
  expect(elsewhere.seen).toEqual([]);
});

test('CFG-3, CON-3: a server that repeats the key in its answer does not bring it into the status', async () => {
  const server = await rawServer({
    post: (_message, response, request) => {
      response.writeHead(403, { 'content-type': 'text/plain' }).end(`denied: ${request.headers.authorization}`);
      return true;
    },
  });
  const { becomes } = fleetOf(prod(server.endpoint, { api_key: 'my-secret-key' }));
  const failed = await becomes('prod', 'failed');
  expect(failed.error?.message).toContain('denied: ***');
  expect(JSON.stringify(failed)).not.toContain('my-secret-key');
});

test('CON-3: half-open TCP is found by the ping, and a new session made when the path is back', async () => {
  const push = await pushServer();
  const proxy = await startTcpProxy(Number(new URL(push.endpoint).port));
  releaseLater(() => proxy.close());
  const { becomes, status, store } = fleetOf(prod(`http://127.0.0.1:${proxy.port}/mcp`), {
    connection: { ping_interval: '50ms' },
    times: quick,
  });
  await becomes('prod', 'active');
  proxy.halfOpen();
  await waitUntil(() => status('prod').state !== 'active', 'the dead path is noticed');
  expect(status('prod').error).toMatchObject({ code: 'NC-CLUSTER-009' });
  proxy.heal();
  await becomes('prod', 'active');
  push.emitFault(crashLoop('after'));
  await waitUntil(() => store.faults.length === 1, 'the new session delivers');
});

test('CON-4: a server that refuses the stream (405) is swept', async () => {
  const server = await rawServer({
    get: (response) => {
      response.writeHead(405).end();
      return true;
    },
  });
  const { becomes } = fleetOf(prod(server.endpoint));
  expect(await becomes('prod', 'active')).toMatchObject({ source: 'sweep' });
  expect(server.count('tools/call events_subscribe')).toBe(0);
});

test('CON-3: a 409 for the stream is answered with a new session', async () => {
  let conflicts = 0;
  const server = await rawServer({
    get: (response) => {
      if (conflicts >= 2) return false;
      conflicts += 1;
      response.writeHead(409, { 'content-type': 'text/plain' }).end('stream ID conflicts with ongoing stream\n');
      return true;
    },
  });
  const { becomes, status } = fleetOf(prod(server.endpoint));
  await becomes('prod', 'active');
  expect(status('prod')).toMatchObject({ reconnects: 2, source: 'push' });
  expect(server.count('initialize')).toBe(3);
});

test('CON-6: a message of 50 MiB is thrown away, counted as invalid, and swept after; the stream goes on', async () => {
  const server = await rawServer();
  const { becomes, store } = fleetOf(prod(server.endpoint));
  await becomes('prod', 'active');
  await waitUntil(() => server.streams.length === 1 && store.sweeps.length === 1, 'the stream');
  const [stream] = server.streams;
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const piece = 'x'.repeat(1024 * 1024);
  stream?.write('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"');
  for (let index = 0; index < 50; index += 1) {
    if (!stream?.write(piece)) await new Promise((resolve) => stream?.once('drain', resolve));
    if (index % 10 !== 9) continue;
    collectGarbage();
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  stream?.write('"}}\n\n');
  stream?.write(faultEvent(faultOf('good')));
  await waitUntil(() => store.faults.length === 1, 'the next fault is taken');
  expect(store.invalid).toMatchObject([{ cluster: 'prod', reason: expect.stringContaining('connection.max_message') }]);
  expect(store.invalid[0]?.excerpt.length).toBeLessThanOrEqual(500);
  expect(most).toBeLessThan(25 * 1024 * 1024);
  await waitUntil(() => store.sweeps.length === 2, 'a sweep follows', 10_000);
});

test('CON-6: a tool answer over max_response is refused, and the connection goes on', async () => {
  const huge = 'y'.repeat(3 * 1024 * 1024);
  const server = await rawServer({
    post: (message, response) => {
      if (message.params?.name !== 'pods_list') return false;
      sendResult(message, { content: [{ type: 'text', text: huge }] }, response);
      return true;
    },
  });
  const { becomes, manager, status } = fleetOf(prod(server.endpoint), { connection: { max_response: '1Mi' } });
  await becomes('prod', 'active');
  const call = manager.toolsOf('prod')?.callTool('pods_list', {}, new AbortController().signal);
  await expect(call).rejects.toMatchObject({ name: 'ReadError', failure: 'too_large' });
  expect(status('prod')).toMatchObject({ state: 'active', source: 'push', reconnects: 0 });
});

test('CON-6: a tool that drips its answer is given up after its time, without harm to the session', async () => {
  const server = await rawServer({
    post: (message, response) => {
      if (message.params?.name !== 'pods_list') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
      return true;
    },
  });
  const { becomes, manager, status } = fleetOf(prod(server.endpoint), { times: quick });
  await becomes('prod', 'active');
  const call = manager.toolsOf('prod')?.callTool('pods_list', {}, new AbortController().signal);
  await expect(call).rejects.toMatchObject({ failure: 'timeout' });
  expect(status('prod').state).toBe('active');
});

test('CON-6: garbage on the stream is listed as invalid, bounded, and does not end the session', async () => {
  const server = await rawServer();
  const { becomes, store, status } = fleetOf(prod(server.endpoint));
  await becomes('prod', 'active');
  await waitUntil(() => server.streams.length === 1, 'the stream');
  for (let index = 0; index < 500; index += 1) server.streams[0]?.write('data: {oops\n\n');
  server.streams[0]?.write(faultEvent(faultOf('good')));
  await waitUntil(() => store.faults.length === 1, 'the fault after it');
  await waitUntil(() => store.throttledOf('prod') > 0, 'the rest is counted');
  expect(store.invalid.length).toBeLessThan(30);
  expect(store.invalid.length + store.throttledOf('prod')).toBe(500);
  expect(status('prod')).toMatchObject({ state: 'active', reconnects: 0 });
});

test('CON-3: a ping of the server over the stream is answered', async () => {
  const server = await rawServer();
  const { becomes } = fleetOf(prod(server.endpoint));
  await becomes('prod', 'active');
  await waitUntil(() => server.streams.length === 1, 'the stream');
  const before = server.seen.length;
  server.streams[0]?.write('data: {"jsonrpc":"2.0","id":"s1","method":"ping"}\n\n');
  await waitUntil(
    () => server.seen.slice(before).some((one) => one.method === 'undefined'),
    'an answer without a method',
  );
  expect(server.seen.at(-1)?.headers['mcp-session-id']).toBe('session-1');
});
