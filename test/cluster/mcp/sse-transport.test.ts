import { expect, test } from 'vitest';
import { fleetOf, prod, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { faultOf } from '../../support/raw-mcp-server.ts';
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
