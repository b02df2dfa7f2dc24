import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { HttpTransport } from '../../../src/cluster/mcp/http-transport.ts';
import type { RpcMessage } from '../../../src/cluster/mcp/messages.ts';
import { ConnectionFailure, outcomeOf } from '../../../src/cluster/mcp/outcome.ts';
import { recordedTo } from '../../support/mcp-carrying.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;
const call = (method: string, id?: number): RpcMessage => ({ jsonrpc: '2.0', method, ...(id !== undefined && { id }) });

interface Asked {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
}

/** A transport to a server that writes `answer` to every exchange, or a good one when that gives false. */
async function transportTo(answer: (response: ServerResponse, method: string) => boolean = () => false) {
  const asked: Asked[] = [];
  const streams: ServerResponse[] = [];
  const url = await scriptedHttp((request, response) => {
    const { method = '', headers } = request;
    asked.push({ method, headers });
    request.resume();
    if (answer(response, method)) return;
    if (method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.push(response);
    } else if (method === 'DELETE') response.writeHead(204).end();
    else {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'one' });
      response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    }
  });
  const recorded = recordedTo(url);
  return { transport: new HttpTransport(recorded.carrying), asked, streams, ...recorded };
}

test('CON-2: the session and the version are said from then on, whatever later answers claim', async () => {
  let answers = 0;
  const { transport, asked } = await transportTo((response, method) => {
    if (method !== 'POST') return false;
    answers += 1;
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': `session-${answers}` });
    response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    return true;
  });
  await transport.start();
  await transport.send(call('initialize', 1), never);
  transport.setProtocolVersion('2025-06-18');
  await transport.send(call('ping', 1), never);
  await transport.send(call('ping', 1), never);
  await transport.openStream(never);
  await transport.endSession(never);
  const said = asked.map(({ method, headers }) => [method, headers['mcp-session-id'], headers['mcp-protocol-version']]);
  expect(said).toEqual([
    ['POST', undefined, undefined],
    ['POST', 'session-1', '2025-06-18'],
    ['POST', 'session-1', '2025-06-18'],
    ['GET', 'session-1', '2025-06-18'],
    ['DELETE', 'session-1', '2025-06-18'],
  ]);
  transport.close();
});

test('CON-6: a name of a session that is far too long is cut', async () => {
  const { transport, asked } = await transportTo((response, method) => {
    if (method !== 'POST') return false;
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's'.repeat(5000) });
    response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    return true;
  });
  await transport.send(call('initialize', 1), never);
  await transport.send(call('ping', 1), never);
  expect(asked[1]?.headers['mcp-session-id']).toHaveLength(1000);
});

test('CON-7: a server without sessions has none to end', async () => {
  const { transport, asked } = await transportTo((response, method) => {
    if (method === 'POST') response.writeHead(202).end();
    return method === 'POST';
  });
  await transport.send(call('notifications/initialized'), never);
  await transport.endSession(never);
  expect(asked.map(({ method }) => method)).toEqual(['POST']);
});

test.each([404, 405, 500])('CON-7: a %i for the end of a session is no failure', async (status) => {
  const { transport, asked } = await transportTo((response, method) => {
    if (method === 'DELETE') response.writeHead(status).end();
    return method === 'DELETE';
  });
  await transport.send(call('initialize', 1), never);
  await expect(transport.endSession(never)).resolves.toBeUndefined();
  expect(asked.at(-1)?.method).toBe('DELETE');
});

test.each<[string, RpcMessage, number, string | null]>([
  ['a notification is taken with 202', call('notifications/initialized'), 202, null],
  ['a notification is taken with 200', call('notifications/initialized'), 200, null],
  ['our answer is taken with 202', { jsonrpc: '2.0', id: 's1', result: {} }, 202, null],
  ['a request with 202 is not answered', call('ping', 1), 202, 'garbage'],
  ['a request with 204 is not answered', call('ping', 1), 204, 'garbage'],
  ['a refusal of a notification is a failure', call('notifications/initialized'), 400, 'http'],
])('CON-3: %s', async (...[, message, status, kind]) => {
  const { transport } = await transportTo((response) => {
    response.writeHead(status).end();
    return true;
  });
  const end = await transport.send(message, never).then(
    () => null,
    (error: unknown) => outcomeOf(error).kind,
  );
  expect(end).toBe(kind);
});

test.each([
  ['initialize', 'initialize'],
  ['ping', 'request'],
])('CON-3: a 404 for %s is one of the phase %s', async (method, during) => {
  const { transport } = await transportTo((response) => {
    response.writeHead(404).end();
    return true;
  });
  await expect(transport.send(call(method, 1), never)).rejects.toMatchObject({ outcome: { status: 404, during } });
});

test('CON-4: there is one stream, which can be closed in silence and opened again', async () => {
  const { transport, asked, streams, pushEnds } = await transportTo();
  await transport.openStream(never);
  await transport.openStream(never);
  expect(asked).toHaveLength(1);
  transport.closeStream();
  await waitUntil(() => streams[0]?.closed, 'the server sees the end');
  expect(pushEnds).toEqual([]);
  await transport.openStream(never);
  expect(asked).toHaveLength(2);
  transport.close();
});

test.each(['end', 'reset'] as const)(
  'CON-4: a stream that the server drops (%s) ends push and no more',
  async (how) => {
    const { transport, streams, pushEnds, ends } = await transportTo();
    await transport.openStream(never);
    if (how === 'end') streams[0]?.end();
    else streams[0]?.socket?.resetAndDestroy();
    await waitUntil(() => pushEnds.length === 1, 'it is told');
    expect(pushEnds).toMatchObject([{ kind: 'stream_ended' }]);
    expect(ends).toEqual([]);
  },
);

test('CON-4: a stream that is accepted when nobody wants it any more is closed', async () => {
  const stop = new AbortController();
  const { transport, streams, pushEnds } = await transportTo((response, method) => {
    if (method !== 'GET') return false;
    streams.push(response);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    stop.abort(new ConnectionFailure({ kind: 'closed', detail: 'stopped' }));
    return true;
  });
  await expect(transport.openStream(stop.signal)).rejects.toMatchObject({ outcome: { kind: 'closed' } });
  await waitUntil(() => streams[0]?.closed, 'the server sees the end');
  expect(pushEnds).toEqual([]);
});
