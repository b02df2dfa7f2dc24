import { expect, onTestFinished, test } from 'vitest';
import { createConnectionLog } from '../../../src/cluster/connection/connection-log.ts';
import { ConnectionStateMachine } from '../../../src/cluster/connection/state.ts';
import type { ConnectionChange, ConnectionStore } from '../../../src/domain/cluster-status.ts';
import type { DomainEvents } from '../../../src/domain/events.ts';
import { StoreUnavailableError } from '../../../src/domain/state-store.ts';
import { Emitter } from '../../../src/lib/emitter.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { openTestStore } from '../../storage/store-fixture.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const refused = { code: 'NC-CLUSTER-002', message: 'connect ECONNREFUSED', fix: 'start its server' };

/** A log over a store that remembers what it was told, and throws `failure` while there is one. */
function startLog(real?: ConnectionStore) {
  const clock = new ManualClock();
  const events = new Emitter<DomainEvents>();
  const kept: (ConnectionChange | 'ended before')[] = [];
  const disk: { failure: Error | null; alive: number } = { failure: null, alive: 0 };
  const warnings: object[] = [];
  const written = (): void => {
    if (disk.failure !== null) throw disk.failure;
  };
  const store: ConnectionStore = real ?? {
    endConnections: async () => {
      written();
      kept.push('ended before');
    },
    noteConnections: async (changes, at) => {
      written();
      kept.push(...changes);
      disk.alive = at;
    },
  };
  const logger = { ...silentLogger, warn: (details: object) => void warnings.push(details) };
  const log = createConnectionLog({ events, clock, logger, store, random: () => 1 });
  log.start();
  onTestFinished(() => log.stop(0));
  const machine = (cluster: string) => new ConnectionStateMachine(cluster, clock, events);
  return { clock, kept, disk, warnings, machine, stop: () => log.stop(5000) };
}

function connect(machine: ConnectionStateMachine): void {
  for (const state of ['connecting', 'connected', 'subscribing'] as const) machine.transition(state);
  machine.transition('active', { source: 'push' });
}

const told = (kept: readonly (ConnectionChange | 'ended before')[]) =>
  kept.map((one) => (one === 'ended before' ? one : [one.to, one.source, one.error?.code ?? null]));

test('OPS-3: what an earlier process left has ended before anything is noted; steps on the way and attempts that fail alike are nothing', async () => {
  const { kept, machine, clock, stop } = startLog();
  const prod = machine('prod');
  connect(prod);
  await clock.advance(30_000);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    prod.transition('failed', { error: refused, retryAt: clock.now() + 1000 });
    prod.transition('connecting');
  }
  prod.transition('failed', { error: { ...refused, code: 'NC-CLUSTER-003' } });
  connect(prod);
  prod.annotate({ source: 'sweep', error: refused });
  // The session was lost and another one follows, and then we end it.
  prod.transition('disconnected', { error: refused });
  connect(prod);
  prod.transition('disconnected', { error: null });
  await stop();
  expect(told(kept)).toEqual([
    'ended before',
    ['active', 'push', null],
    ['failed', 'none', 'NC-CLUSTER-002'],
    ['failed', 'none', 'NC-CLUSTER-003'],
    ['active', 'push', null],
    ['active', 'sweep', null],
    ['failed', 'none', 'NC-CLUSTER-002'],
    ['active', 'push', null],
    ['ended', 'none', null],
  ]);
});

test('OPS-3: a connection that was never made, and one that is made anew after its end, are told from what was before', async () => {
  const { kept, machine, stop } = startLog();
  const first = machine('prod');
  first.transition('connecting');
  first.transition('disconnected', { error: null });
  connect(first);
  first.transition('disconnected', { error: null });
  connect(machine('prod'));
  await stop();
  expect(
    told(kept)
      .slice(1)
      .map(([to]) => to),
  ).toEqual(['active', 'ended', 'active']);
});

test('OPS-3: every minute the store hears that the process is alive', async () => {
  const { disk, clock, stop } = startLog();
  const began = clock.now();
  for (let minutes = 1; minutes <= 3; minutes += 1) {
    await clock.advance(60_000);
    expect(disk.alive - began).toBe(minutes * 60_000);
  }
  await stop();
  expect(clock.timers).toBe(0);
});

test('OPS-3: while nothing can be written changes wait, in their order, and the oldest beyond 5,000 are counted', async () => {
  const { kept, disk, warnings, machine, clock, stop } = startLog();
  disk.failure = new StoreUnavailableError('disk full');
  const clusters = Array.from({ length: 1000 }, (_, at) => machine(`prod-${at}`));
  for (const cluster of clusters) connect(cluster);
  await clock.advance(0);
  for (let round = 0; round < 3; round += 1) {
    for (const cluster of clusters) {
      cluster.transition('failed', { error: refused });
      connect(cluster);
    }
  }
  await clock.advance(0);
  disk.failure = null;
  await clock.advance(120_000);
  await stop();
  expect(kept).toHaveLength(1 + 5000);
  const own = kept.filter((one) => one !== 'ended before' && one.cluster === 'prod-7');
  expect(told(own).map(([to]) => to)).toEqual(['failed', 'active', 'failed', 'active']);
  expect(warnings).toMatchObject([{ error: 'disk full' }, { dropped: 2000 }]);
});

test('OPS-3: what can never be written is dropped and told, and holds up nothing', async () => {
  const { kept, disk, warnings, machine, clock, stop } = startLog();
  await clock.advance(0);
  disk.failure = new Error('no such column');
  connect(machine('bad'));
  await clock.advance(0);
  disk.failure = null;
  connect(machine('good'));
  await stop();
  expect(kept.map((one) => (one === 'ended before' ? one : one.cluster))).toEqual(['ended before', 'good']);
  expect(warnings).toMatchObject([{ error: 'no such column' }, { dropped: 1 }]);
});

test('OPS-3: a stop tries once more at once, also in the middle of a long wait, and does not wait for a full disk', async () => {
  const { kept, disk, machine, clock, stop } = startLog();
  disk.failure = new StoreUnavailableError('disk full');
  const prod = machine('prod');
  connect(prod);
  await clock.advance(300_000);
  prod.transition('disconnected', { error: null });
  const full = machine('full');
  disk.failure = null;
  // No time passes on this clock: the wait is cut.
  await stop();
  expect(told(kept)).toEqual(['ended before', ['active', 'push', null], ['ended', 'none', null]]);
  connect(full);
  expect(kept).toHaveLength(3);

  const other = startLog();
  other.disk.failure = new StoreUnavailableError('disk full');
  connect(other.machine('prod'));
  await other.clock.advance(0);
  await other.stop();
  expect(other.kept).toEqual([]);
});

test('OPS-3: with a real store a stop is in it, to the next process', async () => {
  const { store, file } = await openTestStore();
  const { machine, stop, clock } = startLog(store);
  const prod = machine('prod');
  connect(prod);
  await clock.advance(1000);
  prod.transition('disconnected', { error: null });
  await stop();
  await store.close();
  const { store: again } = await openTestStore({}, file);
  expect(await again.connectionSpans('prod')).toMatchObject([{ until: clock.now(), state: 'active', source: 'push' }]);
});
