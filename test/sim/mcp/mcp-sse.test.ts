import { expect, onTestFinished, test } from 'vitest';
import { type PushServerOptions, startPushServer } from '../../../src/sim/mcp/push-server.ts';
import { HttpExchange } from '../../support/http-exchange.ts';
import { waitUntil } from '../../support/wait-until.ts';

async function open(options: PushServerOptions = {}) {
  const server = await startPushServer({ subscribeDelayMs: 0, ...options });
  onTestFinished(() => server.close());
  const stream = await HttpExchange.open(server.sseEndpoint, 'GET', { accept: 'text/event-stream' });
  onTestFinished(() => stream.abort());
  await waitUntil(() => stream.body.endsWith('\n\n'), 'the endpoint');
  const path = /^event: endpoint\ndata: (\/sse\?sessionid=[A-Z2-7]{26})\n\n$/.exec(stream.body)?.[1] ?? '';
  const post = async (body: object | string, to = path) => {
    const text = typeof body === 'string' ? body : JSON.stringify({ jsonrpc: '2.0', ...body });
    const url = new URL(to, server.sseEndpoint).href;
    return HttpExchange.open(url, 'POST', { 'content-type': 'application/json' }, text);
  };
  return { server, stream, post, path };
}

test('every answer comes over the stream that is the session, faults too', async () => {
  const { server, stream, post } = await open({ serverCluster: 's' });
  expect((await post({ id: 1, method: 'initialize', params: {} })).status).toBe(202);
  await post({ method: 'notifications/initialized' });
  await post({ id: 2, method: 'logging/setLevel', params: { level: 'info' } });
  await post({ id: 3, method: 'tools/call', params: { name: 'events_subscribe', arguments: { mode: 'faults' } } });
  await waitUntil(() => stream.body.includes('sub-'), 'the subscription');
  expect(stream.body).toContain('"serverInfo":{"name":"kubernetes-mcp-server"');
  const resource = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u1' };
  expect(server.emitFault({ faultType: 'NodeUnhealthy', severity: 'critical', resource, context: 'c' })).toBe(1);
  await waitUntil(() => stream.body.includes('"faultType":"NodeUnhealthy"'), 'the fault');
});

test('the session ends with its stream', async () => {
  const { server, stream, post } = await open();
  expect(server.counts()).toMatchObject({ sessions: 1, streams: 1 });
  stream.abort();
  await waitUntil(() => server.counts().sessions === 0, 'the end of the session');
  expect((await post({ id: 1, method: 'ping' })).status).toBe(404);
});

test('an unknown session is 404, no JSON is 400, in the words of the stock server', async () => {
  const { post } = await open();
  const unknown = await post({ id: 1, method: 'ping' }, '/message?sessionid=nope');
  await waitUntil(() => unknown.ended, 'the end');
  expect([unknown.status, unknown.body]).toEqual([404, 'session not found\n']);
  const garbage = await post('{oops');
  await waitUntil(() => garbage.ended, 'the end');
  expect([garbage.status, garbage.body]).toEqual([400, 'failed to parse body\n']);
});

test('a server can be without the newer transport', async () => {
  const { server } = await open({ streamable: false });
  const answer = await fetch(server.endpoint, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(404);
});
