import { afterEach, describe, expect, test } from 'vitest';
import { startPushServer, type PushServer, type PushServerOptions } from '../../../src/sim/mcp/push-server.ts';
import type { PushFault } from '../../../src/sim/mcp/push-fault.ts';
import { readFixtureLines } from '../../support/fixture-lines.ts';
import { HttpExchange } from '../../support/http-exchange.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface Line {
  exchange: number;
  request?: { method: string; path: string; headers: Record<string, string>; body?: unknown };
  response?: { status: number; headers: Record<string, string> };
  chunk?: string;
  end?: boolean;
}

const servers: PushServer[] = [];
const exchanges: HttpExchange[] = [];

async function start(options: PushServerOptions = {}): Promise<PushServer> {
  const server = await startPushServer({ subscribeDelayMs: 0, ...options });
  servers.push(server);
  return server;
}

function send(
  server: PushServer,
  method: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<HttpExchange> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return HttpExchange.open(server.endpoint, method, headers, text).then((exchange) => {
    exchanges.push(exchange);
    return exchange;
  });
}

afterEach(async () => {
  for (const exchange of exchanges.splice(0)) exchange.abort();
  for (const server of servers.splice(0)) await server.close();
});

describe('replay of recorded traffic', () => {
  for (const name of ['push-session', 'push-hazards']) {
    test(`${name} is answered as the recorded server answered, byte for byte`, async () => {
      const recorded = readFixtureLines<Line>(`wire/${name}.jsonl`);
      const answered = await replay(await start({ serverCluster: 'test', subscribeDelayMs: 100 }), recorded);
      expect(comparable(answered)).toEqual(comparable(recorded));
    });
  }
});

/** Sends the recorded requests; gives what the server answered, in the order and form of the recording. */
async function replay(server: PushServer, lines: readonly Line[]): Promise<Line[]> {
  const ids = new Map<string, string>();
  const open = new Map<number, HttpExchange>();
  const seen = new Map<number, number>();
  const answered: Line[] = [];
  for (const line of lines) {
    if (line.request) {
      const headers = withLiveSession(line.request.headers, ids);
      open.set(line.exchange, await send(server, line.request.method, headers, line.request.body));
      continue;
    }
    const exchange = open.get(line.exchange)!;
    if (line.response) {
      const headers = Object.fromEntries(
        watched.flatMap((h) => (exchange.headers[h] ? [[h, exchange.headers[h]]] : [])),
      );
      const id = line.response.headers['mcp-session-id'];
      if (id) ids.set(id, exchange.headers['mcp-session-id'] ?? '');
      answered.push({ exchange: line.exchange, response: { status: exchange.status, headers } });
    } else if (line.chunk !== undefined) {
      if (line.chunk.includes('notifications/message')) emitRecorded(server, line.chunk);
      const start = seen.get(line.exchange) ?? 0;
      await waitUntil(() => exchange.body.length > start && exchange.body.endsWith('\n'), `chunk of ${line.exchange}`);
      answered.push({ exchange: line.exchange, chunk: exchange.body.slice(start) });
      seen.set(line.exchange, exchange.body.length);
    } else {
      await waitUntil(() => exchange.ended, `end of ${line.exchange}`);
      answered.push({ exchange: line.exchange, end: true });
    }
  }
  return answered;
}

const watched = ['content-type', 'mcp-session-id', 'cache-control', 'connection'];

/** Ids and times vary from run to run; the recording leaves out the tool list and plain connection headers. */
function comparable(lines: readonly Line[]): Line[] {
  return lines
    .filter((line) => !line.request)
    .map(({ exchange, response, chunk, end }) => {
      if (response)
        return { exchange, response: { status: response.status, headers: comparableHeaders(response.headers) } };
      return chunk === undefined ? { exchange, end: end ?? true } : { exchange, chunk: normalized(chunk) };
    });
}

function comparableHeaders(headers: Record<string, string>): Record<string, string> {
  const isStream = headers['content-type'] === 'text/event-stream';
  const kept = Object.entries(headers).filter(([name]) => isStream || name !== 'connection');
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === 'mcp-session-id' ? value.replace(/^[A-Z2-7]{26}$/, 'SESSION') : value]),
  );
}

function normalized(text: string): string {
  return text
    .replace(/sub-[0-9a-f]{8}/g, 'sub-ID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/^event: message\ndata: \{"jsonrpc":"2.0","id":1,"result":\{"tools":\[.*\]\}\}\n\n$/, '(tools)')
    .replace(/^\(tool list.*$/, '(tools)');
}

function withLiveSession(headers: Record<string, string>, ids: Map<string, string>): Record<string, string> {
  const recorded = headers['mcp-session-id'];
  return recorded ? { ...headers, 'mcp-session-id': ids.get(recorded) ?? recorded } : headers;
}

/** Makes the server detect the fault that the recorded chunk tells of; the id must come out the same. */
function emitRecorded(server: PushServer, chunk: string): void {
  const data = JSON.parse(chunk.split('data: ')[1]!).params.data;
  const container = data.resource.kind === 'Pod' ? 'api' : '';
  server.emitFault({ ...data, container, at: Date.parse(data.timestamp) } as PushFault);
}

const json = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
const fault: PushFault = {
  faultType: 'CrashLoop',
  severity: 'critical',
  resource: { apiVersion: 'v1', kind: 'Pod', name: 'web-1', namespace: 'shop', uid: 'uid-1' },
  container: 'web',
  context: 'Container entered CrashLoopBackOff state',
};

/** A session with a stream, a level and a subscription, as far as asked for. */
async function session(server: PushServer, with_: { stream?: boolean; level?: boolean; subscribe?: boolean } = {}) {
  const opened = await send(server, 'POST', json, rpc('initialize', { protocolVersion: '2025-11-25' }));
  const headers = { ...json, 'mcp-session-id': opened.headers['mcp-session-id']! };
  const call = async (method: string, params: object = {}): Promise<string> => {
    const exchange = await send(server, 'POST', headers, rpc(method, params));
    await waitUntil(() => exchange.ended, 'the end');
    return exchange.body;
  };
  const openStream = () => send(server, 'GET', { ...headers, accept: 'text/event-stream' });
  const stream = with_.stream === false ? null : await openStream();
  if (with_.level !== false) await call('logging/setLevel', { level: 'info' });
  if (with_.subscribe !== false) await call('tools/call', { name: 'events_subscribe', arguments: { mode: 'faults' } });
  return { headers, call, stream, openStream };
}

describe('delivery', () => {
  test('a fault reaches a subscribed session, and nothing does before setLevel', async () => {
    const server = await start();
    const silent = await session(server, { level: false });
    const heard = await session(server);
    expect(server.emitFault(fault)).toBe(1);
    await waitUntil(() => heard.stream?.body?.includes('"faultType":"CrashLoop"'), '"faultType":"CrashLoop"');
    expect(silent.stream?.body).toBe('');
  });

  test('a repeat within 15 minutes is not sent again, another container is', async () => {
    const server = await start();
    await session(server);
    expect(server.emitFault(fault)).toBe(1);
    expect(server.emitFault(fault)).toBe(0);
    expect(server.emitFault({ ...fault, container: 'sidecar' })).toBe(1);
  });

  test('repeats are sent again after the window', async () => {
    const server = await start({ repeatWindowMs: 0 });
    await session(server);
    expect([server.emitFault(fault), server.emitFault(fault)]).toEqual([1, 1]);
  });

  test('a fault that appears without a stream is lost', async () => {
    const server = await start();
    const s = await session(server, { stream: false });
    expect(server.emitFault(fault)).toBe(0);
    const stream = await s.openStream();
    expect(server.emitFault({ ...fault, faultType: 'PodCrash' })).toBe(1);
    await waitUntil(() => stream.body?.includes('PodCrash'), 'PodCrash');
    expect(stream.body).not.toContain('"faultType":"CrashLoop"');
  });

  test('a degraded subscription says so once, stays listed and delivers nothing', async () => {
    const server = await start({ serverCluster: 'c' });
    const s = await session(server);
    expect(server.emitSubscriptionError('watch failed')).toBe(1);
    await waitUntil(
      () => s.stream?.body?.includes('"logger":"kubernetes/subscription_error"'),
      '"logger":"kubernetes/subscription_error"',
    );
    expect(server.emitFault(fault)).toBe(0);
    const listed = await s.call('tools/call', { name: 'events_list_subscriptions', arguments: {} });
    expect(listed).toContain('\\"degraded\\": true');
  });

  test('without event subscriptions events_subscribe is an unknown tool and is not listed', async () => {
    const server = await start({ events: false });
    const s = await session(server, { subscribe: false });
    expect(await s.call('tools/call', { name: 'events_subscribe', arguments: {} })).toContain('-32602');
    expect(await s.call('tools/list')).not.toContain('events_subscribe');
  });

  test('no more than 100 subscriptions in all', async () => {
    const server = await start();
    for (let i = 0; i < 10; i += 1) {
      const s = await session(server, { stream: false, subscribe: false });
      for (let j = 0; j < 10; j += 1)
        await s.call('tools/call', { name: 'events_subscribe', arguments: { mode: 'faults' } });
    }
    expect(server.counts()).toMatchObject({ sessions: 10, subscriptions: 100 });
    const last = await session(server, { stream: false, subscribe: false });
    const refused = await last.call('tools/call', { name: 'events_subscribe', arguments: { mode: 'faults' } });
    expect(refused).toContain('server has reached maximum subscriptions (100)');
    expect(refused).toContain('"isError":true');
  });
});

describe('hooks that make it fail', () => {
  test('streams can be ended and reset; the session goes on', async () => {
    const server = await start();
    const s = await session(server);
    expect(server.dropStreams('reset')).toBe(1);
    await waitUntil(() => s.stream?.failed, 'the end');
    const second = await s.openStream();
    expect(second.status).toBe(200);
    expect(server.dropStreams()).toBe(1);
    await waitUntil(() => second.ended, 'the end');
    expect(await s.call('ping')).toContain('"result":{}');
  });

  test('a stream that died unseen makes the next one a conflict', async () => {
    const server = await start();
    server.keepDeadStreams();
    const s = await session(server);
    s.stream?.abort();
    await waitUntil(async () => (await s.openStream()).status === 409, 'a conflict');
    server.dropStreams();
    expect((await s.openStream()).status).toBe(200);
  });

  test('forgotten sessions answer 404, a stalled server says nothing, a refusing one its status', async () => {
    const server = await start();
    const s = await session(server);
    server.forgetSessions();
    expect((await send(server, 'POST', s.headers, rpc('ping'))).status).toBe(404);
    server.refuse(503);
    expect((await send(server, 'POST', json, rpc('initialize'))).status).toBe(503);
    server.refuse(null);
    server.stall();
    const pending = fetch(server.endpoint, {
      method: 'POST',
      headers: json,
      body: '{}',
      signal: AbortSignal.timeout(100),
    });
    await expect(pending).rejects.toThrow(/timeout/i);
    server.stall(false);
    expect((await send(server, 'POST', json, rpc('initialize'))).status).toBe(200);
  });

  test('with a key, requests without it are refused', async () => {
    const server = await start({ apiKey: 'k1' });
    expect((await send(server, 'POST', json, rpc('initialize'))).status).toBe(401);
    expect((await send(server, 'POST', { ...json, authorization: 'Bearer k1' }, rpc('initialize'))).status).toBe(200);
  });

  test('what is too large, elsewhere, or of another method is refused', async () => {
    const server = await start();
    expect((await send(server, 'POST', json, 'x'.repeat(5 * 1024 * 1024))).status).toBe(413);
    expect((await send(server, 'PUT', { accept: '*/*' })).status).toBe(405);
    expect((await send(server, 'POST', { accept: 'application/json' }, rpc('ping'))).status).toBe(400);
    const elsewhere = await fetch(server.endpoint.replace('/mcp', '/other'));
    expect(elsewhere.status).toBe(404);
  });
});

test('two hundred servers stand in one process', async () => {
  const all = await Promise.all(Array.from({ length: 200 }, () => start()));
  const sessions = await Promise.all(all.map((server) => session(server)));
  for (const server of all) expect(server.emitFault(fault)).toBe(1);
  await waitUntil(() => sessions.every((s) => s.stream?.body.includes('CrashLoop')), 'the end');
});
