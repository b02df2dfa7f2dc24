import { expect, onTestFinished, test } from 'vitest';
import { ConnectionFailure } from '../../../src/cluster/mcp/outcome.ts';
import { SseTransport } from '../../../src/cluster/mcp/sse-transport.ts';
import { recordedTo } from '../../support/mcp-carrying.ts';
import { fleetOf, prod, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { faultOf } from '../../support/raw-mcp-server.ts';
import { scriptedHttp, writeByBytes } from '../../support/scripted-http.ts';
import { startSseMcpServer } from '../../support/sse-mcp-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

async function sseServer(...args: Parameters<typeof startSseMcpServer>) {
  const server = await startSseMcpServer(...args);
  releaseLater(() => server.close());
  return server;
}

const notification = (data: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level: 'warning', logger: 'kubernetes/faults', data },
});

test.each([
  ['auto', '/mcp', 'the newer one is not known there'],
  ['auto', '/sse', 'the address is of the older one'],
  ['sse', '/sse', 'it is chosen'],
] as const)('CON-2: the older transport with transport %s at %s: %s', async (...[transport, path]) => {
  const server = await sseServer();
  const { becomes, store } = fleetOf(prod(`${server.origin}${path}`, { transport }));
  expect(await becomes('prod', 'active')).toMatchObject({ source: 'push', error: null });
  server.send(notification(faultOf('1')));
  await waitUntil(() => store.faults.length === 1, 'the fault is stored');
  expect(server.methods.slice(0, 4)).toEqual([
    'initialize',
    'notifications/initialized',
    'logging/setLevel',
    'tools/call',
  ]);
});

test('CON-2: streamable-http by choice does not fall back', async () => {
  const server = await sseServer();
  const { becomes } = fleetOf(prod(`${server.origin}/mcp`, { transport: 'streamable-http' }));
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-005' });
  expect(server.streams).toHaveLength(0);
});

test('CON-2: an address for POSTs on another host is refused, so that the key does not go there', async () => {
  const server = await sseServer('http://attacker.invalid/message');
  const { becomes } = fleetOf(prod(`${server.origin}/sse`, { api_key: 'my-secret-key' }));
  const failed = await becomes('prod', 'failed');
  expect(failed.error).toMatchObject({ code: 'NC-CLUSTER-007' });
  expect(failed.error?.message).toContain('http://attacker.invalid');
  expect(server.methods).toEqual([]);
});

test('CON-3, CON-7: a stream that ends is replaced by a new session; a stop closes it', async () => {
  const server = await sseServer();
  const fleet = fleetOf(prod(`${server.origin}/sse`));
  await fleet.becomes('prod', 'active');
  server.streams[0]?.end();
  await waitUntil(
    () => fleet.status('prod').reconnects === 1 && fleet.status('prod').state === 'active',
    'a new session',
  );
  await fleet.stop();
  await waitUntil(() => server.streams.length === 0, 'the stream is closed');
  expect(fleet.status('prod').state).toBe('disconnected');
});

test('CON-6: answers come over the stream: larger than a notification may be, up to max_response', async () => {
  const server = await sseServer(undefined, 'y'.repeat(3 * 1024 * 1024));
  const { becomes, manager, status } = fleetOf(prod(`${server.origin}/sse`), {
    connection: { max_message: '1Mi', max_response: '4Mi' },
  });
  await becomes('prod', 'active');
  const answer = await manager.toolsOf('prod')?.callTool('pods_list', {}, new AbortController().signal);
  expect(answer?.text).toHaveLength(3 * 1024 * 1024);
  expect(status('prod')).toMatchObject({ state: 'active', reconnects: 0 });
});

const never = new AbortController().signal;
const ping = { jsonrpc: '2.0', method: 'ping', id: 1 } as const;

/** A transport to a server whose stream begins with `head`; `posts` are the addresses that were posted to. */
async function transportTo(head: string, postStatus = 202) {
  const posts: string[] = [];
  const streams: true[] = [];
  const url = await scriptedHttp((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      void writeByBytes(response, head).then(() => streams.push(true));
      return;
    }
    posts.push(request.url ?? '');
    request.resume();
    response.writeHead(postStatus).end('Accepted');
  });
  const recorded = recordedTo(url);
  const transport = new SseTransport(recorded.carrying);
  onTestFinished(() => transport.close());
  return { transport, posts, streams, ...recorded };
}

const named = (address: string) => `event: endpoint\ndata: ${address}\n\n`;

test.each([
  ['a path', named('/message?sessionId=1'), '/message?sessionId=1'],
  ['a path with CRLF', named('/message').replaceAll('\n', '\r\n'), '/message'],
  ['a relative one', named('message/ä'), '/message/%C3%A4'],
  ['only a query', named('?session=2'), '/mcp?session=2'],
  ['one after comments', `: hello\n\n: wait\n\n${named('/late')}`, '/late'],
  ['the first of two', named('/first') + named('/second'), '/first'],
])('CON-2: the address for POSTs: %s', async (_what, head, expected) => {
  const { transport, posts } = await transportTo(head);
  await transport.start(never);
  await transport.send(ping, never);
  expect(posts).toEqual([expected]);
});

test.each([
  ['another port', 'http://127.0.0.1:1/message', 'http://127.0.0.1:1'],
  ['another scheme', 'https://127.0.0.1/message', 'https://127.0.0.1'],
  ['another host without a scheme', '//attacker.invalid/message', 'http://attacker.invalid'],
  ['a host in the name of a user', 'http://127.0.0.1@attacker.invalid/', 'http://attacker.invalid'],
  ['code', 'javascript:alert(1)', 'null'],
  ['no address at all', 'http://[', 'http://['],
])('CON-2: an address for POSTs that is %s is garbage, and nothing goes there', async (_what, address, said) => {
  const { transport, posts } = await transportTo(named(address));
  await expect(transport.start(never)).rejects.toMatchObject({
    outcome: { kind: 'garbage', detail: `the server names an address elsewhere: ${said}` },
  });
  await expect(transport.send(ping, never)).rejects.toMatchObject({ outcome: { kind: 'closed' } });
  expect(posts).toEqual([]);
});

test('CON-3: a server that never names an address is waited for as long as the signal says', async () => {
  const stop = new AbortController();
  const { transport, streams } = await transportTo(': still there\n\n');
  const started = transport.start(stop.signal);
  await waitUntil(() => streams.length === 1, 'the comment is sent');
  stop.abort(new ConnectionFailure({ kind: 'silent', detail: 'no answer' }));
  await expect(started).rejects.toMatchObject({ outcome: { kind: 'silent' } });
});

test.each([
  ['initialize', 'initialize'],
  ['ping', 'request'],
])('CON-3: a refused %s is of the phase %s', async (method, during) => {
  const { transport } = await transportTo(named('/message'), 404);
  await transport.start(never);
  await expect(transport.send({ ...ping, method }, never)).rejects.toMatchObject({ outcome: { status: 404, during } });
});
