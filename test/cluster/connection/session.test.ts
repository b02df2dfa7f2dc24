import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectionSchema, type McpConfig, mcpSchema, sweepSchema } from '../../../src/cluster/config.ts';
import { type ConnectionContext, noMetrics, sessionTimes } from '../../../src/cluster/connection/context.ts';
import { FaultInlet } from '../../../src/cluster/connection/inlet.ts';
import { reactTo } from '../../../src/cluster/connection/reaction.ts';
import { clusterProblems } from '../../../src/cluster/errors.ts';
import type { ConnectionStatus } from '../../../src/domain/cluster-status.ts';
import { type Lasting, Session } from '../../../src/cluster/connection/session.ts';
import { StartGate } from '../../../src/cluster/connection/start-gate.ts';
import { ConnectionStateMachine } from '../../../src/cluster/connection/state.ts';
import { createAgents } from '../../../src/cluster/mcp/agents.ts';
import { AnswerBudget } from '../../../src/cluster/mcp/answer.ts';
import { ConnectionFailure, type Outcome, outcomeOf } from '../../../src/cluster/mcp/outcome.ts';
import { SweepSchedule } from '../../../src/cluster/sweep/schedule.ts';
import type { SweepRun } from '../../../src/cluster/sweep/look.ts';
import type { DomainEvents } from '../../../src/domain/events.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { Emitter } from '../../../src/lib/emitter.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { type RawMcpOptions, sendResult, startRawMcpServer } from '../../support/raw-mcp-server.ts';
import { RecordingIntake } from '../../support/recording-intake.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;
const good: SweepRun = {
  report: { cluster: 'prod', at: 0, findings: [], observations: [] },
  result: 'ok',
  warnings: [],
  unlisted: [],
};

interface Options {
  readonly server?: RawMcpOptions;
  readonly mode?: McpConfig['mode'];
  /** What the sweeps find, one after another; good ones when there are no more. */
  readonly sweeps?: Partial<SweepRun>[];
  readonly times?: Partial<ConnectionContext['times']>;
}

/** Everything that a connection gives to its sessions, with a server of its own, and a session that is open. */
async function sessionTo({ server: options = {}, mode = 'auto', sweeps = [], times = {} }: Options = {}) {
  const server = await startRawMcpServer(options);
  const agents = createAgents({});
  const store = new RecordingIntake();
  const events = new Emitter<DomainEvents>();
  const told: ConnectionStatus[] = [];
  events.on('connection:changed', (status) => told.push(status));
  const runs = [...sweeps];
  const context: ConnectionContext = {
    connection: connectionSchema.parse({ backoff_initial: '50ms', backoff_max: '100ms', max_response: '10Ki' }),
    sweep: sweepSchema.parse({ interval_without_push: '100ms', interval: '100ms' }),
    times: { ...sessionTimes(60_000), pushFirstMs: 100, endMs: 300, ...times },
    store,
    sweeper: { run: () => Promise.resolve({ ...good, ...runs.shift() }) },
    agents,
    clock: systemClock,
    random: () => 0.5,
    events,
    logger: silentLogger,
    metrics: noMetrics,
    handshakes: new StartGate(1, 250, systemClock),
    sweeps: new StartGate(1, 500, systemClock),
    budget: new AnswerBudget(1_000_000),
    version: '0',
    faultBurst: 10_000,
    queue: { push: () => true },
  };
  const state = new ConnectionStateMachine('prod', systemClock, events);
  const schedule = new SweepSchedule(systemClock);
  const looked: number[] = [];
  const lasting: Lasting = {
    cluster: {
      name: 'prod',
      environment: null,
      mcp: mcpSchema.parse({ endpoint: server.endpoint, mode }),
      triageEnabled: true,
    },
    context,
    state,
    schedule,
    inlet: new FaultInlet('prod', context, state, schedule),
    tools: { callTool: (...args) => session.callTool(...args) },
    serverCluster: '',
    pushLosses: 0,
    unreadSince: null,
    onLooked: () => void looked.push(store.sweeps.length),
  };
  const stop = new AbortController();
  const session = new Session(lasting, stop.signal);
  onTestFinished(async () => {
    stop.abort(new ConnectionFailure({ kind: 'closed', detail: 'the test is over' }));
    await session.close(false);
    await server.close();
    agents.close();
  });
  return { session, lasting, state, store, server, stop, looked, told };
}

type Opened = Awaited<ReturnType<typeof sessionTo>>;

/** Opens it and lets it run; `ends` gets why it ended. */
async function running(options: Options = {}): Promise<Opened & { ends: Outcome[] }> {
  const made = await sessionTo(options);
  const ends: Outcome[] = [];
  made.state.transition('connecting');
  await made.session.open();
  made.state.transition('connected');
  void made.session.run().catch((error: unknown) => ends.push(outcomeOf(error)));
  return { ...made, ends };
}

const isActive = ({ state }: Opened, source: 'push' | 'sweep') =>
  waitUntil(() => state.status.state === 'active' && state.status.source === source, `active by ${source}`);

test('CON-7: a session that is still being made has no tools', async () => {
  const { session } = await sessionTo();
  await expect(session.callTool('any', {}, never)).rejects.toMatchObject({ outcome: { kind: 'closed' } });
  await expect(session.close(true)).resolves.toBeUndefined();
});

describe('a call of a tool that fails', () => {
  const withStatus = (status: number) => (response: ServerResponse) => void response.writeHead(status).end('no');
  const failures: [string, (response: ServerResponse, id: unknown) => void, object][] = [
    ...[400, 405, 429, 500, 503].map((status): (typeof failures)[number] => [
      `with ${status}`,
      withStatus(status),
      { kind: 'http', status },
    ]),
    ['with HTML', (one) => void one.writeHead(200, { 'content-type': 'text/html' }).end('<p>'), { kind: 'garbage' }],
    ['by its size', (one, id) => sendResult({ id: Number(id) }, 'x'.repeat(50_000), one), { kind: 'too_large' }],
    ['by its result', (one, id) => sendResult({ id: Number(id) }, 'text', one), { kind: 'protocol_error' }],
    ['by silence', () => {}, { kind: 'silent' }],
    ['by another id', (one) => sendResult({ id: 4711 }, {}, one), { kind: 'silent' }],
  ];
  const ending: typeof failures = [
    ...[401, 403, 404, 409].map((status): (typeof failures)[number] => [
      `with ${status}`,
      withStatus(status),
      { kind: 'http', status },
    ]),
    ['by a reset', (one) => void one.socket?.resetAndDestroy(), { kind: 'network', cause: 'reset' }],
  ];
  const calling = (fail: (response: ServerResponse, id: unknown) => void) =>
    running({
      server: {
        post: (message, response) => {
          if (message.params?.name !== 'broken') return false;
          fail(response, message.id);
          return true;
        },
      },
      times: { toolMs: 500 },
    });

  test.each(failures)('CON-3: %s is a failure of the call alone', async (_what, fail, outcome) => {
    const opened = await calling(fail);
    await isActive(opened, 'push');
    await expect(opened.session.callTool('broken', {}, never)).rejects.toMatchObject({ outcome });
    await expect(opened.session.callTool('good', {}, never)).resolves.toMatchObject({ isError: false });
    expect(opened.ends).toEqual([]);
  });

  test.each(ending)('CON-3: %s ends the session, which says so', async (_what, fail, outcome) => {
    const opened = await calling(fail);
    await isActive(opened, 'push');
    await expect(opened.session.callTool('broken', {}, never)).rejects.toMatchObject({ outcome });
    await waitUntil(() => opened.ends.length === 1, 'the session ends');
    expect(opened.ends).toMatchObject([outcome]);
  });
});

describe('push', () => {
  test('CON-4: mode sweep asks for none of its parts', async () => {
    const opened = await running({ mode: 'sweep' });
    await isActive(opened, 'sweep');
    await waitUntil(() => opened.store.sweeps.length >= 2, 'swept again');
    expect(opened.server.streams).toEqual([]);
    expect(opened.server.seen.map(({ method }) => method)).not.toContain('logging/setLevel');
  });

  test('CON-4: a server that has no such tool gives its stream back, and nothing is wrong', async () => {
    const opened = await running({
      server: {
        post: (message, response) => {
          if (message.params?.name !== 'events_subscribe') return false;
          sendResult(message, { isError: true, content: [{ type: 'text', text: 'unknown tool' }] }, response);
          return true;
        },
      },
    });
    await isActive(opened, 'sweep');
    await waitUntil(() => opened.server.streams[0]?.closed, 'the stream is closed');
    expect(opened.state.status.error).toBeNull();
    expect(opened.ends).toEqual([]);
  });

  test('CON-4: why there is none goes before what the sweep could not list', async () => {
    const unlisted = ['Pod list could not be read'];
    const opened = await running({
      server: {
        get: (response) => {
          response.writeHead(500).end();
          return true;
        },
      },
      sweeps: Array.from({ length: 100 }, () => ({ result: 'partial' as const, unlisted })),
    });
    await waitUntil(() => opened.store.sweeps.length >= 3, 'it is swept');
    expect(opened.state.status.error).toMatchObject({ code: 'NC-CLUSTER-018' });
  });

  test('CON-4: a subscription is kept in mind by the name that the server gives its cluster', async () => {
    const opened = await running();
    await isActive(opened, 'push');
    expect(opened.lasting.serverCluster).toBe('test');
  });

  test('CON-4: with subscribe a stream that is refused ends the session', async () => {
    const opened = await running({
      mode: 'subscribe',
      server: {
        get: (response) => {
          response.writeHead(405).end();
          return true;
        },
      },
    });
    await waitUntil(() => opened.ends.length === 1, 'the session ends');
    expect(opened.ends).toMatchObject([{ kind: 'http', status: 405, during: 'stream' }]);
    expect(opened.store.sweeps).toEqual([]);
  });
});

describe('a sweep', () => {
  const failed = { result: 'failed' as const, warnings: ['no list could be read'] };

  test('CON-5: that fails ends a session without push', async () => {
    const opened = await running({ mode: 'sweep', sweeps: [{}, failed] });
    await waitUntil(() => opened.ends.length === 1, 'the session ends');
    expect(opened.ends).toEqual([{ kind: 'sweep_failed', detail: 'no list could be read' }]);
    expect(opened.store.sweeps).toHaveLength(1);
  });

  test('CON-5: that fails is shown where there is push, until the next is good', async () => {
    const opened = await running({ sweeps: Array.from({ length: 3 }, () => failed) });
    await waitUntil(() => opened.state.status.error?.code === 'NC-CLUSTER-014', 'it is shown');
    expect(opened.looked).toEqual([]);
    await waitUntil(() => opened.state.status.error === null, 'the next is good');
    expect(opened.looked.length).toBeGreaterThan(0);
    expect(opened.ends).toEqual([]);
  });

  test('CON-5: that is stored when its session is over changes nothing of the next', async () => {
    const made = await running({ mode: 'sweep' });
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const accept = made.store.acceptSweep.bind(made.store);
    made.store.acceptSweep = async (report) => {
      began.resolve();
      await stored;
      return await accept(report);
    };
    await began.promise;
    made.session.ended({ kind: 'closed', detail: 'lost' });
    await waitUntil(() => made.ends.length > 0, 'the session is over');
    for (const state of ['disconnected', 'connecting', 'connected'] as const) made.state.transition(state);
    const next = made.lasting.schedule.next(never);
    const looks = made.looked.length;
    store();
    await waitUntil(() => made.store.sweeps.length > 0, 'it is stored');
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.state.status.state).toBe('connected');
    expect(made.looked.length).toBe(looks);
    made.lasting.schedule.request();
    await next;
  });

  test('CON-5: that cannot be stored is a look at the cluster all the same, and is made again', async () => {
    const made = await sessionTo({ mode: 'sweep' });
    made.store.full = true;
    made.state.transition('connecting');
    await made.session.open();
    made.state.transition('connected');
    const ended = made.session.run().catch(() => {});
    await waitUntil(() => made.looked.length >= 2, 'it was looked at twice');
    expect(made.looked.slice(0, 2)).toEqual([0, 0]);
    made.store.full = false;
    await waitUntil(() => made.store.sweeps.length > 0, 'it is stored');
    made.stop.abort(new ConnectionFailure({ kind: 'closed', detail: 'stopped' }));
    await ended;
  });
});

describe('its end', () => {
  test('CON-7: whoever stops it says why', async () => {
    const opened = await running();
    await isActive(opened, 'push');
    opened.stop.abort(new ConnectionFailure({ kind: 'closed', detail: 'stopped by hand' }));
    await waitUntil(() => opened.ends.length === 1, 'it ends');
    expect(opened.ends).toEqual([{ kind: 'closed', detail: 'stopped by hand' }]);
  });

  test.each([true, false])('CON-7: the goodbye names the subscription when it is polite (%s)', async (polite) => {
    const opened = await running();
    await isActive(opened, 'push');
    await opened.session.close(polite);
    expect(opened.server.count('tools/call events_unsubscribe')).toBe(polite ? 1 : 0);
    await waitUntil(() => opened.server.streams[0]?.closed, 'the stream is closed');
  });

  test('CON-7: a server that does not answer the goodbye is left after a while', async () => {
    const opened = await running({ server: { post: (message) => message.params?.name === 'events_unsubscribe' } });
    await isActive(opened, 'push');
    const began = performance.now();
    await opened.session.close(true);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(opened.server.count('tools/call events_unsubscribe')).toBe(1);
  });
});

describe('CON-1: active means watched', () => {
  const failing: Partial<SweepRun> = { result: 'failed', warnings: ['no API server'] };

  test('a server that pushes and cannot read its cluster for long is not active, nor is its next session', async () => {
    const made = await running({ sweeps: Array.from({ length: 50 }, () => failing), times: { unreadMs: 300 } });
    await isActive(made, 'push');
    await waitUntil(() => made.ends.length === 1, 'the end of the session');
    expect(made.ends).toMatchObject([{ kind: 'sweep_failed', detail: 'no API server' }]);
    expect(made.lasting.unreadSince).not.toBeNull();
    made.state.transition('failed');
    const next = new Session(made.lasting, made.stop.signal);
    made.state.transition('connecting');
    await next.open();
    made.state.transition('connected');
    await expect(next.run()).rejects.toMatchObject({ outcome: { kind: 'sweep_failed' } });
    await next.close(false);
    const states = made.told.map(({ state }) => state);
    expect(states.slice(states.indexOf('failed'))).not.toContain('active');
  });

  test('when it can be read again it is active by push', async () => {
    const made = await running({ sweeps: [failing, failing], times: { unreadMs: 60_000 } });
    await isActive(made, 'push');
    await waitUntil(() => made.store.sweeps.length > 0, 'a sweep');
    expect([made.ends, made.lasting.unreadSince]).toEqual([[], null]);
  });

  test('a cluster of which no pods can be read is not watched, and what was read is taken up', async () => {
    const made = await running({
      mode: 'sweep',
      sweeps: [{ unwatched: 'Pod list could not be read (forbidden): no' }],
    });
    await waitUntil(() => made.ends.length === 1, 'the end of the session');
    expect(made.ends).toMatchObject([{ kind: 'unwatched', detail: 'Pod list could not be read (forbidden): no' }]);
    expect(made.store.sweeps).toHaveLength(1);
    expect(made.told.some(({ state }) => state === 'active')).toBe(false);
    expect(reactTo(made.ends[0]!)).toMatchObject({
      action: 'retry_slowly',
      problem: { code: clusterProblems.podsUnread.code },
    });
  });
});
