import { expect, test } from 'vitest';
import { createConnectionLog } from '../../../src/cluster/connection/connection-log.ts';
import { ConnectionStateMachine } from '../../../src/cluster/connection/state.ts';
import type { ClusterChange } from '../../../src/domain/cluster-status.ts';
import type { DomainEvents } from '../../../src/domain/events.ts';
import { StoreUnavailableError } from '../../../src/domain/state-store.ts';
import { Emitter } from '../../../src/lib/emitter.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openTestStore } from '../../storage/store-fixture.ts';

const refused = { code: 'NC-CLUSTER-002', message: 'connect ECONNREFUSED', fix: 'start its server' };

/** A log over a store that gives what it was given, and cannot write while `full`. */
function logOver(noteConnections?: (changes: readonly ClusterChange[]) => Promise<void>) {
  const clock = new ManualClock();
  const events = new Emitter<DomainEvents>();
  const kept: ClusterChange[] = [];
  const disk = { full: false };
  const warnings: object[] = [];
  const write = async (changes: readonly ClusterChange[]): Promise<void> => {
    if (disk.full) throw new StoreUnavailableError('disk full');
    kept.push(...changes);
  };
  const logger = { ...silentLogger, warn: (details: object) => void warnings.push(details) };
  const log = createConnectionLog({ events, clock, logger, store: { noteConnections: noteConnections ?? write } });
  log.start();
  const machine = (cluster: string) => new ConnectionStateMachine(cluster, clock, events);
  return { clock, kept, disk, warnings, machine, stop: () => log.stop(5000) };
}

function connect(machine: ConnectionStateMachine): void {
  for (const state of ['connecting', 'connected', 'subscribing'] as const) machine.transition(state);
  machine.transition('active', { source: 'push' });
}

test('OPS-3: what lasts is kept, steps on the way and attempts that fail alike are not', async () => {
  const { kept, machine, clock, stop } = logOver();
  const prod = machine('prod');
  connect(prod);
  await clock.advance(60_000);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    prod.transition('failed', { error: refused, retryAt: clock.now() + 1000 });
    prod.transition('connecting');
  }
  prod.transition('failed', { error: { ...refused, code: 'NC-CLUSTER-003' } });
  connect(prod);
  prod.annotate({ source: 'sweep' });
  prod.transition('disconnected');
  await stop();
  expect(kept.map(({ state, source, error, atStart }) => [state, source, error?.code, atStart])).toEqual([
    ['active', 'push', undefined, true],
    ['failed', 'none', 'NC-CLUSTER-002', false],
    ['failed', 'none', 'NC-CLUSTER-003', false],
    ['active', 'push', undefined, false],
    ['active', 'sweep', undefined, false],
    ['disconnected', 'none', undefined, false],
  ]);
  expect(kept[1]!.at - kept[0]!.at).toBe(60_000);
});

test('OPS-3: a daemon that stops before it was connected says nothing of the connection', async () => {
  const { kept, machine, stop } = logOver();
  const prod = machine('prod');
  prod.transition('connecting');
  prod.transition('disconnected');
  await stop();
  expect(kept).toEqual([]);
});

test('OPS-3: while nothing can be written changes wait, in their order, and the oldest beyond 5,000 are counted', async () => {
  const { kept, disk, warnings, machine, clock, stop } = logOver();
  disk.full = true;
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
  disk.full = false;
  await clock.advance(120_000);
  await stop();
  expect(kept).toHaveLength(5000);
  const states = kept.filter(({ cluster }) => cluster === 'prod-7').map(({ state }) => state);
  expect(states).toEqual(['failed', 'active', 'failed', 'active']);
  expect(warnings).toMatchObject([{ error: 'disk full' }, { dropped: 2000 }]);
});

test('OPS-3: a stop writes what waits, also that the connection was ended by it', async () => {
  const { store, file } = await openTestStore();
  const { machine, stop } = logOver((changes) => store.noteConnections(changes));
  const prod = machine('prod');
  connect(prod);
  prod.transition('disconnected');
  await stop();
  await store.close();
  const { store: again } = await openTestStore({}, file);
  expect((await again.connectionHistory('prod')).map(({ state }) => state)).toEqual(['disconnected', 'active']);
});
