import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, type TestContext } from 'vitest';
import type { SweepRunner } from '../../../src/cluster/sweep/sweeper.ts';
import { type Fleet, startFleet } from '../../support/cluster-fleet.ts';
import { fleetOf, prod, pushServer, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { faultEvent, faultOf, type RawMcpServer, startRawMcpServer } from '../../support/raw-mcp-server.ts';
import { signal } from '../../support/signals.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

/*
 * The stream, the log level and the subscription are what push needs and nothing else does: however one of them fails, a
 * cluster in mode auto is swept, says why there is no push, and is pushed to when the server mends.
 */

/** How an HTTP exchange can fail; each leaves the session as good as it was. */
const ways: Record<string, (response: ServerResponse) => void> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 405, 406, 408, 410, 429, 500, 501, 502, 503, 504].map((status) => [
      `answers ${status}`,
      (response: ServerResponse) => void response.writeHead(status, { 'content-type': 'text/plain' }).end('no'),
    ]),
  ),
  'redirects elsewhere': (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/login' }).end(),
  'answers JSON that is no JSON-RPC': (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  'answers HTML': (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
  'answers nothing with 204': (response) => void response.writeHead(204).end(),
  'takes it with 202': (response) => void response.writeHead(202).end(),
  'answers a stream that ends at once': (response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
  'never answers, not even a header': () => {},
  'resets the connection': (response) => void response.socket?.resetAndDestroy(),
  'answers an error of 100 KiB that never ends': (response) =>
    void response.writeHead(500, { 'content-type': 'text/plain' }).write('x'.repeat(100 * 1024)),
};

/** How a JSON-RPC request can be refused. */
const refusals: Record<string, { result?: unknown; error?: unknown }> = {
  'is an unknown method': { error: { code: -32601, message: 'Method not found' } },
  'fails inside': { error: { code: -32603, message: 'internal error' } },
  'gives a result that says error': { result: { isError: true, content: [{ type: 'text', text: 'watch failed' }] } },
};

const quick = { handshakeMs: 1000, requestMs: 1000, endMs: 100, pushFirstMs: 100, pushAgainMs: 300 };

/** A sweeper that asks the server and finds a fault each time. */
const findingSweeper: SweepRunner = {
  run: async (...[cluster, tools, , , stop]) => {
    await tools.callTool('resources_list', { apiVersion: 'v1', kind: 'Pod' }, stop);
    const report = { cluster, at: Date.now(), findings: [signal({ cluster })], observations: [] };
    return { report, result: 'ok', warnings: [], unlisted: [] };
  },
};

interface Case {
  readonly server: RawMcpServer;
  readonly fleet: Fleet;
  readonly mend: () => void;
}

/** A fleet of one cluster whose server fails in one part until it is mended. */
async function brokenIn(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  part: Part,
  fail: (response: ServerResponse, id: unknown) => void,
): Promise<Case> {
  const state = { broken: true };
  const server = await startRawMcpServer({
    get: (response) => {
      if (!state.broken || part !== 'stream') return false;
      fail(response, undefined);
      return true;
    },
    post: (message, response) => {
      const name = message.method === 'tools/call' ? message.params?.name : message.method;
      if (!state.broken || name !== methods[part]) return false;
      fail(response, message.id);
      return true;
    },
  });
  const fleet = startFleet(prod(server.endpoint), {
    times: quick,
    sweep: { interval_without_push: '100ms' },
    sweeper: findingSweeper,
  });
  onTestFinished(async () => {
    await fleet.stop();
    await server.close();
  });
  return { server, fleet, mend: () => void (state.broken = false) };
}

type Part = 'stream' | 'level' | 'subscription';
const methods: Record<Part, string> = {
  stream: 'GET',
  level: 'logging/setLevel',
  subscription: 'events_subscribe',
};

const codes: Record<Part, string> = {
  stream: 'NC-CLUSTER-018',
  level: 'NC-CLUSTER-011',
  subscription: 'NC-CLUSTER-011',
};

async function isSweptThenPushed({ server, fleet, mend }: Case): Promise<void> {
  const { store, status } = fleet;
  await waitUntil(() => store.sweeps.length >= 3, 'it is swept again and again');
  expect(store.sweeps.at(-1)?.findings).toMatchObject([{ cluster: 'prod', faultType: signal().faultType }]);
  // A try to push may be under way at any moment: what counts is that it falls back.
  const swept = () => status('prod').state === 'active' && status('prod').source === 'sweep';
  await waitUntil(swept, 'active by sweep');
  expect(status('prod').lastSweep).not.toBeNull();
  mend();
  await waitUntil(() => status('prod').source === 'push', 'push comes back');
  await waitUntil(() => server.streams.length > 0, 'the stream');
  server.streams.at(-1)?.write(faultEvent(faultOf('pushed')));
  await waitUntil(() => store.faults.length > 0, 'a fault is pushed');
  expect(status('prod')).toMatchObject({ state: 'active', source: 'push', error: null });
}

const parts: Part[] = ['stream', 'level', 'subscription'];
const byHttp = parts.flatMap((part) => Object.entries(ways).map(([name, fail]) => ({ part, name, fail })));

test.concurrent.for(byHttp)(
  'CON-4: a server whose $part $name is swept, and pushes when it mends',
  async (way, context) => {
    const { part, name, fail } = way;
    const broken = await brokenIn(context, part, fail);
    const { fleet, server } = broken;
    const { status } = fleet;
    // The specification's own way to say that there is no stream is no error.
    const code = name === 'answers 405' && part === 'stream' ? null : codes[part];
    await waitUntil(
      () => status('prod').source === 'sweep' && (status('prod').error?.code ?? null) === code,
      `it is swept, and ${code} says why`,
    );
    const sessions = server.count('initialize');
    await isSweptThenPushed(broken);
    // Trying push again needs no new session: the sweeps are not disturbed.
    expect(server.count('initialize')).toBe(sessions);
  },
);

const byRefusal = (['level', 'subscription'] as const).flatMap((part) =>
  Object.entries(refusals)
    .filter(([name]) => part === 'subscription' || name !== 'gives a result that says error')
    .map(([name, answer]) => ({ part, name, answer })),
);

test.concurrent.for(byRefusal)(
  'CON-4: a server whose $part $name is swept, and pushes when it mends',
  async (way, context) => {
    const { part, answer } = way;
    const broken = await brokenIn(context, part, (response, id) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    });
    await isSweptThenPushed(broken);
    expect(broken.server.count('initialize')).toBe(1);
  },
);

test('CON-4: a stream that never answers does not hold the sweep up', async (context) => {
  const { fleet } = await brokenIn(context, 'stream', () => {});
  // Before the stream is given up.
  expect(await fleet.becomes('prod', 'active')).toMatchObject({ source: 'sweep', error: null });
  await waitUntil(() => fleet.status('prod').error?.message.includes('GET'), 'then it is said');
});

test('CON-4: a stream that ends again and again, or is a conflict each time, costs two sessions and no sweep', async () => {
  const state = { broken: true };
  const server = await startRawMcpServer({
    get: (response) => {
      if (state.broken) response.writeHead(409).end('conflict');
      return state.broken;
    },
  });
  releaseLater(() => server.close());
  const fleet = fleetOf(prod(server.endpoint), {
    times: quick,
    sweep: { interval_without_push: '100ms' },
    sweeper: findingSweeper,
  });
  await waitUntil(() => fleet.store.sweeps.length >= 3, 'it is swept');
  expect(server.count('initialize')).toBe(3);
  expect(fleet.status('prod')).toMatchObject({ state: 'active', source: 'sweep', error: { code: 'NC-CLUSTER-018' } });
  await isSweptThenPushed({ server, fleet, mend: () => void (state.broken = false) });
});

test('CON-4: a Retry-After for the stream is kept, and the cluster is swept meanwhile', async () => {
  const asked: number[] = [];
  const server = await startRawMcpServer({
    get: (response) => {
      asked.push(performance.now());
      response.writeHead(503, { 'retry-after': '1' }).end();
      return true;
    },
  });
  releaseLater(() => server.close());
  const { store } = fleetOf(prod(server.endpoint), { times: quick, sweep: { interval_without_push: '100ms' } });
  await waitUntil(() => asked.length >= 2, 'it is asked again');
  expect(asked[1]! - asked[0]!).toBeGreaterThan(950);
  expect(store.sweeps.length).toBeGreaterThanOrEqual(3);
});

test.each([401, 403, 404])('CON-3: a %i for the stream in a session that is gone makes a new one', async (status) => {
  let sessions = 0;
  const gone = (response: ServerResponse): boolean => {
    if (sessions === 1) response.writeHead(status).end('no such session');
    return sessions === 1;
  };
  const server = await startRawMcpServer({
    get: gone,
    post: (message, response) => {
      if (message.method !== 'initialize') return message.id !== undefined && gone(response);
      sessions += 1;
      return false;
    },
  });
  releaseLater(() => server.close());
  const { becomes, status: shown, history } = fleetOf(prod(server.endpoint), { times: quick });
  await waitUntil(() => sessions === 2, 'a new session');
  await becomes('prod', 'active');
  await waitUntil(() => shown('prod').source === 'push', 'push');
  expect(
    history.get('prod')?.some((one) => one.error?.code === (status === 404 ? 'NC-CLUSTER-009' : 'NC-CLUSTER-004')),
  ).toBe(true);
});

test('CON-3: a server that dies while push is made is failed, not swept', async () => {
  const server = createServer((_request, response) => void response.writeHead(500).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { becomes, store } = fleetOf(prod(`http://127.0.0.1:${port}/mcp`), { times: quick });
  expect((await becomes('prod', 'failed')).error).toMatchObject({ code: 'NC-CLUSTER-001' });
  expect(store.sweeps).toEqual([]);
});

test.each(parts)('CON-4: with mode subscribe a server whose %s fails is failed, and never swept', async (part) => {
  const server = await startRawMcpServer({
    get: (response) => {
      if (part === 'stream') response.writeHead(500).end();
      return part === 'stream';
    },
    post: (message, response) => {
      if ((message.params?.name ?? message.method) !== methods[part]) return false;
      response.writeHead(500).end();
      return true;
    },
  });
  releaseLater(() => server.close());
  const { becomes, store } = fleetOf(prod(server.endpoint, { mode: 'subscribe' }), { times: quick });
  await becomes('prod', 'failed');
  expect(store.sweeps).toEqual([]);
});

test('CON-4: a subscription that was made although its answer never came is ended before the next', async () => {
  const push = await pushServer({ subscribeDelayMs: 1200, maxSubscriptionsPerSession: 2 });
  const { status } = fleetOf(prod(push.endpoint), { times: quick });
  await waitUntil(() => (push.counts().methods['tools/call events_subscribe'] ?? 0) >= 4, 'it is asked for again');
  expect(push.counts().subscriptions).toBeLessThanOrEqual(1);
  expect(status('prod').error?.message).toContain('events_subscribe');
});
