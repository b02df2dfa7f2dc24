import { expect, test } from 'vitest';
import { type ConnectionContext, noMetrics } from '../../../src/cluster/connection/context.ts';
import { StartGate } from '../../../src/cluster/connection/start-gate.ts';
import { sweepOnce } from '../../../src/cluster/connection/sweep-once.ts';
import type { SweepRun } from '../../../src/cluster/sweep/look.ts';
import type { SweepRunner } from '../../../src/cluster/sweep/sweeper.ts';
import type { SweepReport } from '../../../src/domain/state-store.ts';
import type { DomainEvents } from '../../../src/domain/events.ts';
import { Emitter } from '../../../src/lib/emitter.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingIntake } from '../../support/recording-intake.ts';
import { signal as fault } from '../../support/signals.ts';

const tools = { callTool: () => Promise.reject(new Error('not called')) };

function run(changes: Partial<SweepRun> = {}): SweepRun {
  const report = { cluster: 'prod', at: 0, findings: [fault({ cluster: 'prod' })], observations: [] };
  return { report, result: 'ok', warnings: [], unlisted: [], ...changes };
}

function sweepWith(
  sweeper: SweepRunner['run'],
  serverCluster = 'kind-shop',
  before: readonly SweepReport[] = [],
  change: (store: RecordingIntake) => void = () => {},
) {
  const clock = new ManualClock();
  const store = new RecordingIntake();
  store.sweeps.push(...before);
  change(store);
  const events = new Emitter<DomainEvents>();
  const ended: DomainEvents['sweep:ended'][] = [];
  events.on('sweep:ended', (end) => ended.push(end));
  const sweeps = new StartGate(1, 500, clock);
  const handshakes = new StartGate(1, 250, clock);
  const context: Parameters<typeof sweepOnce>[0]['context'] = {
    clock,
    store,
    events,
    sweeps,
    handshakes,
    logger: silentLogger,
    metrics: noMetrics,
  } satisfies Partial<ConnectionContext>;
  const control = new AbortController();
  const look: Parameters<typeof sweepOnce>[0]['look'] = (...[name, active, signal]) =>
    sweeper('prod', tools, name, active, signal);
  const swept = { cluster: { name: 'prod' }, context, look, serverCluster };
  return { clock, store, ended, control, handshakes, end: sweepOnce(swept, control.signal) };
}

test('CON-5: what was found is stored, with the name that the server gives its cluster', async () => {
  const asked: string[] = [];
  const { store, ended, end } = sweepWith((...[cluster, , serverCluster]) => {
    asked.push(`${cluster} ${serverCluster}`);
    return Promise.resolve(run());
  });
  expect(await end).toEqual({ kind: 'accepted', received: 1, unlisted: [], unwatched: null });
  expect(asked).toEqual(['prod kind-shop']);
  expect(store.sweeps).toMatchObject([{ cluster: 'prod', partial: false, findings: [{ cluster: 'prod' }] }]);
  expect(ended).toMatchObject([{ cluster: 'prod', result: 'ok', findings: 1 }]);
});

test('CON-5, INT-1: until the server has told its name again, the one that was known before a restart counts', async () => {
  const asked: string[] = [];
  const sweeper: SweepRunner['run'] = (...[, , serverCluster]) => {
    asked.push(serverCluster);
    return Promise.resolve(run());
  };
  const earlier = { ...run().report, serverCluster: 'kind-shop' };
  for (const [known, before] of [
    ['', []],
    ['', [earlier]],
    ['kind-new', [earlier]],
  ] as const) {
    const { store, end } = sweepWith(sweeper, known, before);
    await end;
    expect(store.sweeps.at(-1)?.serverCluster).toBe(asked.at(-1));
  }
  expect(asked).toEqual(['', 'kind-shop', 'kind-new']);
});

test('CON-5: a partial sweep is stored as one, and says what it could not list', async () => {
  const unlisted = ['Pod list could not be read (forbidden): no'];
  const { store, end } = sweepWith(() => Promise.resolve(run({ result: 'partial', warnings: unlisted, unlisted })));
  expect(await end).toEqual({ kind: 'accepted', received: 1, unlisted, unwatched: null });
  expect(store.sweeps).toMatchObject([{ partial: true }]);
});

test.each([
  ['says why', ['v1/Pod: forbidden'], 'v1/Pod: forbidden'],
  ['says nothing', [], 'no list could be read'],
])('CON-5: a failed sweep that %s stores nothing', async (_what, warnings, detail) => {
  const { store, end } = sweepWith(() => Promise.resolve(run({ result: 'failed', warnings })));
  expect(await end).toEqual({ kind: 'failed', detail });
  expect(store.sweeps).toEqual([]);
});

test('CON-5: a sweeper that throws is a failed sweep', async () => {
  const { ended, end } = sweepWith(() => Promise.reject(new Error('broken sweeper')));
  expect(await end).toEqual({ kind: 'failed', detail: 'broken sweeper' });
  expect(ended).toMatchObject([{ result: 'failed', findings: 0 }]);
});

test('INT-5: a store that cannot be read is no failure of the cluster either', async () => {
  const { store, ended, end } = sweepWith(
    () => Promise.reject(new Error('not called')),
    'kind-shop',
    [],
    (intake) => {
      intake.activeFaults = () => Promise.reject(new Error('disk I/O error'));
    },
  );
  expect(await end).toEqual({ kind: 'not_stored', detail: 'disk I/O error' });
  expect([store.sweeps, ended]).toEqual([[], []]);
});

test('INT-5: what cannot be stored is not accepted, and is no failure of the cluster', async () => {
  const { store, end } = sweepWith(() => {
    store.full = true;
    return Promise.resolve(run());
  });
  expect(await end).toMatchObject({ kind: 'not_stored' });
});

test('CON-3: what a sweep says of a session that has ended meanwhile is not stored', async () => {
  const { store, control, end } = sweepWith(() => {
    control.abort(new Error('the session is over'));
    return Promise.resolve(run());
  });
  await expect(end).rejects.toMatchObject({ outcome: { kind: 'closed' } });
  expect(store.sweeps).toEqual([]);
});

test('CON-6: a sweep that does not end is ended after five minutes', async () => {
  const { clock, end } = sweepWith(
    (...[, , , , signal]) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  );
  await clock.advance(0);
  await clock.advance(5 * 60_000);
  expect(await end).toEqual({ kind: 'failed', detail: 'no answer within 300000 ms' });
  expect(clock.timers).toBe(0);
});
