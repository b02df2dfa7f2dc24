import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { mcpSchema } from '../../src/cluster/config.ts';
import { registerClusterMetrics } from '../../src/cluster/metrics.ts';
import type { SweepRunner } from '../../src/cluster/sweep/sweeper.ts';
import { startFleet } from '../support/cluster-fleet.ts';
import { crashLoop, fleetOf, prod, pushServer, releaseAfterEach } from '../support/push-fleet.ts';
import { waitUntil } from '../support/wait-until.ts';

releaseAfterEach();

const cluster = (name: string, endpoint: string) => ({
  name,
  environment: 'production',
  mcp: mcpSchema.parse({ endpoint }),
  triageEnabled: true,
});

test('CON-1: 100 clusters connect side by side; the loss of one is the loss of one', async () => {
  const servers = [await pushServer(), await pushServer()];
  const clusters = Array.from({ length: 100 }, (_, index) => ({
    name: `c${index}`,
    mcp: { endpoint: servers[index === 0 ? 0 : 1]!.endpoint },
  }));
  const { manager, store, status } = fleetOf(clusters);
  const active = (): number => manager.statuses().filter((one) => one.state === 'active').length;
  await waitUntil(() => active() === 100, 'all are active', 10_000);
  await waitUntil(() => store.sweeps.length === 100, 'all are swept', 10_000);
  await servers[0]!.close();
  await waitUntil(() => status('c0').state === 'failed', 'one is lost');
  servers[1]!.emitFault(crashLoop('u1'));
  await waitUntil(() => store.faults.length === 99, 'each of the others delivers');
  expect(active()).toBe(99);
  expect(new Set(store.faults.map((fault) => fault.cluster)).size).toBe(99);
  expect(manager.statuses().filter((one) => one.reconnects > 0)).toEqual([]);
});

test('CON-1: clusters come and go without touching the others', async () => {
  const push = await pushServer();
  const { manager, becomes, status, events } = fleetOf(prod(push.endpoint));
  await becomes('prod', 'active');
  const { since } = status('prod');
  manager.add(cluster('second', push.endpoint));
  await becomes('second', 'active');
  expect(() => manager.add(cluster('second', push.endpoint))).toThrow('already');
  const states: string[] = [];
  events.on('connection:changed', (changed) => states.push(`${changed.cluster} ${changed.state}`));
  await manager.remove('second');
  expect(states).toEqual(['second disconnected']);
  expect(manager.statuses().map((one) => one.cluster)).toEqual(['prod']);
  expect(manager.toolsOf('second')).toBeNull();
  expect(push.counts()).toMatchObject({ sessions: 1, streams: 1, subscriptions: 1 });
  expect(status('prod')).toMatchObject({ state: 'active', since });
});

test('the first round tells which clusters could not be looked at, and waits for no second attempt', async () => {
  const [good, dead] = [await pushServer(), await pushServer()];
  await dead.close();
  const { manager, store } = fleetOf([
    { name: 'good', mcp: { endpoint: good.endpoint } },
    { name: 'dead', mcp: { endpoint: dead.endpoint } },
  ]);
  expect(await manager.firstRound()).toEqual(['dead']);
  expect(store.sweepsOf('good')).toBe(1);
});

test('CON-7: a stop is bounded although servers do not answer, and a second one is the same', async () => {
  const push = await pushServer();
  const started = startFleet(prod(push.endpoint), { times: { endMs: 200, requestMs: 200 } });
  await started.becomes('prod', 'active');
  push.stall();
  const before = performance.now();
  const stopping = started.manager.stop();
  expect(started.manager.stop()).toBe(stopping);
  await stopping;
  expect(performance.now() - before).toBeLessThan(5000);
  await started.stop();
});

test('CON-7: a stop while the connection is being made, or waited for, does not wait for it', async () => {
  const [stalled, refusing] = [await pushServer(), await pushServer()];
  stalled.stall();
  refusing.refuse(503);
  const started = startFleet(
    [
      { name: 'stalled', mcp: { endpoint: stalled.endpoint } },
      { name: 'refusing', mcp: { endpoint: refusing.endpoint } },
    ],
    { connection: { backoff_initial: '60s', backoff_max: '60s' } },
  );
  await started.becomes('refusing', 'failed');
  const before = performance.now();
  await started.stop();
  expect(performance.now() - before).toBeLessThan(5000);
  expect(started.manager.statuses().map((one) => one.state)).toEqual(['disconnected', 'disconnected']);
});

test('CON-5, CON-6: a sweep that fails is shown on a cluster that pushes, and is a failure of one that does not', async () => {
  const push = await pushServer();
  let works = false;
  const sweeper: SweepRunner = {
    run: (name) => {
      const report = { cluster: name, at: Date.now(), findings: [], observations: [] };
      const result = works ? ('ok' as const) : ('failed' as const);
      return Promise.resolve({ report, result, warnings: works ? [] : ['v1/Pod: forbidden'], unlisted: [] });
    },
  };
  const { becomes, status } = fleetOf(
    [
      { name: 'pushing', mcp: { endpoint: push.endpoint } },
      { name: 'swept', mcp: { endpoint: push.endpoint, mode: 'sweep' } },
    ],
    { sweeper },
  );
  await becomes('swept', 'failed');
  expect(status('swept').error).toMatchObject({ code: 'NC-CLUSTER-014', message: 'v1/Pod: forbidden' });
  await waitUntil(() => status('pushing').error !== null, 'the failed sweep is shown');
  expect(status('pushing')).toMatchObject({ state: 'active', source: 'push', error: { code: 'NC-CLUSTER-014' } });
  works = true;
  await becomes('swept', 'active');
  await waitUntil(() => status('pushing').error === null, 'the error goes with the next good sweep');
});

test('CON-5: a cluster whose server may not list a kind says so in health, and no longer when it may', async () => {
  const push = await pushServer();
  let unlisted = ['Pod list could not be read (forbidden): no'];
  const sweeper: SweepRunner = {
    run: (name) => {
      const report = { cluster: name, at: Date.now(), findings: [], observations: [] };
      return Promise.resolve({ report, result: 'partial' as const, warnings: ['one pod was not read'], unlisted });
    },
  };
  const { status } = fleetOf(prod(push.endpoint), { sweeper, sweep: { interval: '50ms' } });
  await waitUntil(() => status('prod').error !== null, 'it is said');
  expect(status('prod')).toMatchObject({ state: 'active', source: 'push', error: { code: 'NC-CLUSTER-017' } });
  expect(status('prod').error?.message).toContain('Pod list');
  unlisted = [];
  await waitUntil(() => status('prod').error === null, 'it goes with the next good sweep');
});

test('CON-5: a sweeper that throws is a failed sweep', async () => {
  const push = await pushServer();
  const sweeper: SweepRunner = { run: () => Promise.reject(new Error('broken sweeper')) };
  const { becomes } = fleetOf(prod(push.endpoint, { mode: 'sweep' }), { sweeper });
  expect((await becomes('prod', 'failed')).error?.message).toBe('broken sweeper');
});

test('CON-4: a subscription that the server dropped in silence is found at the next sweep', async () => {
  const push = await pushServer({ maxSubscriptionsPerSession: 10 });
  const { becomes, manager, status, store } = fleetOf(prod(push.endpoint), { sweep: { interval: '300ms' } });
  await becomes('prod', 'active');
  await waitUntil(() => store.sweeps.length >= 1, 'the first sweep');
  const [dropped] = await subscriptionIds(manager.toolsOf('prod'));
  await manager
    .toolsOf('prod')
    ?.callTool('events_unsubscribe', { subscriptionId: dropped }, new AbortController().signal);
  expect(push.emitFault(crashLoop('unheard'))).toBe(0);
  await waitUntil(() => push.counts().subscriptions === 1, 'it is subscribed again');
  expect(status('prod')).toMatchObject({ state: 'active', reconnects: 0 });
  await waitUntil(() => push.emitFault(crashLoop(`u${Math.random()}`)) === 1, 'it is pushed again');
  await waitUntil(() => store.faults.length > 0, 'and heard');
});

async function subscriptionIds(
  tools: ReturnType<ReturnType<typeof startFleet>['manager']['toolsOf']>,
): Promise<string[]> {
  const answer = await tools?.callTool('events_list_subscriptions', {}, new AbortController().signal);
  return [...(answer?.text ?? '').matchAll(/"subscriptionId": "([^"]+)"/g)].map(([, id]) => id!);
}

test('OPS-2: the metrics tell the fleet: at most eight series a cluster, none with a name on the histogram', async () => {
  const [good, dead] = [await pushServer(), await pushServer()];
  await dead.close();
  const registry = new Registry();
  const late: { fleet?: ReturnType<typeof fleetOf> } = {};
  const metrics = registerClusterMetrics(registry, () => late.fleet?.manager.fleet() ?? []);
  late.fleet = fleetOf(
    [
      { name: 'good', mcp: { endpoint: good.endpoint } },
      { name: 'dead', mcp: { endpoint: dead.endpoint } },
    ],
    { metrics },
  );
  await late.fleet.becomes('good', 'active');
  await late.fleet.becomes('dead', 'failed');
  await waitUntil(() => late.fleet?.status('good').lastSweep, 'the sweep');
  good.emitFault(crashLoop('u1'));
  await waitUntil(() => late.fleet?.status('good').lastEvent, 'the event');
  metrics.dropped('store_unavailable', 2);
  const text = await registry.metrics();
  const value = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1],
    );
  expect(value('nightcrier_clusters{state="active"}')).toBe(1);
  expect(value('nightcrier_cluster_up{cluster="good"}')).toBe(1);
  expect(value('nightcrier_cluster_up{cluster="dead"}')).toBe(0);
  expect(value('nightcrier_cluster_connect_failures_total{reason="refused"}')).toBeGreaterThanOrEqual(1);
  expect(value('nightcrier_cluster_connect_failures_total{reason="tls"}')).toBe(0);
  expect(value('nightcrier_sweeps_total{result="ok"}')).toBe(1);
  expect(value('nightcrier_cluster_reconnects_total{cluster="good"}')).toBe(0);
  expect(value('nightcrier_faults_dropped_total{reason="store_unavailable"}')).toBe(2);
  expect(text).toContain('nightcrier_cluster_info{cluster="good",environment="",mode="auto",triage="on"} 1');
  const named = text.split('\n').filter((line) => line.includes('cluster="good"'));
  expect(named.length).toBeLessThanOrEqual(8);
  expect(named.some((line) => line.includes('_bucket'))).toBe(false);
});
