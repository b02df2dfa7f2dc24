import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { parseMatchers } from '../../src/domain/silence/matchers.ts';
import type { Observation } from '../../src/domain/state-store.ts';
import { clusterPolicy, minute, owner, signal, stormPolicy } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { runResult } from './store-fixture.ts';
import { faultOf, StoreModel } from './store-model.ts';

const number = fc.nat({ max: 65 });
const numbers = fc.array(number, { minLength: 1, maxLength: 6 });
const pick = <T>(items: readonly T[], at: number): T | undefined => items[at % Math.max(1, items.length)];
const observed: Observation[] = ['absent', 'absent', 'healthy', 'active', 'unknown'];

/** Steps that a daemon can take, in any order. */
const step = fc.oneof(
  { weight: 6, arbitrary: numbers.map((which) => (model: StoreModel) => model.accept(which.map(faultOf))) },
  { weight: 6, arbitrary: fc.nat({ max: 10 }).map((count) => (model: StoreModel) => model.settle(count)) },
  { weight: 4, arbitrary: fc.tuple(fc.array(number, { maxLength: 5 }), number).map((args) => sweep(...args)) },
  { weight: 4, arbitrary: fc.constant((model: StoreModel) => void model.claimRun()) },
  { weight: 4, arbitrary: fc.tuple(number, fc.constantFrom('answered', 'failed')).map((args) => finishRun(...args)) },
  { weight: 1, arbitrary: number.map((which) => returnRun(which)) },
  { weight: 1, arbitrary: number.map((which) => resolve(which)) },
  { weight: 1, arbitrary: number.map((which) => requestRun(which)) },
  { weight: 2, arbitrary: fc.constant((model: StoreModel) => void model.call('endStorms', model.now)) },
  { weight: 2, arbitrary: fc.tuple(number, fc.nat({ max: 90 })).map((args) => addSilence(...args)) },
  { weight: 1, arbitrary: number.map((which) => endSilence(which)) },
  { weight: 1, arbitrary: fc.tuple(number, fc.constantFrom('ack', 'resolve', 'rerun')).map((args) => order(...args)) },
  { weight: 3, arbitrary: fc.constant((model: StoreModel) => void model.claimDeliveries()) },
  { weight: 3, arbitrary: number.map((which) => finishDelivery(which)) },
  { weight: 2, arbitrary: fc.constant((model: StoreModel) => model.restart()) },
  {
    weight: 1,
    arbitrary: fc.constant((model: StoreModel) => void model.call('closeRemovedClusters', ['a'], model.now)),
  },
  { weight: 1, arbitrary: fc.constant((model: StoreModel) => void model.call('prune', model.now - 3_600_000)) },
  {
    weight: 5,
    arbitrary: fc.nat({ max: 40 }).map((minutes) => (model: StoreModel) => void (model.now += minutes * 60_000)),
  },
);

function sweep(found: readonly number[], seed: number) {
  return (model: StoreModel): void => {
    const cluster = seed % 2 === 0 ? 'a' : 'b';
    const findings = found.map((which) => ({
      ...faultOf(which),
      cluster,
      source: 'sweep' as const,
      since: model.now - which * 60_000,
    }));
    const observations = model
      .activeFaults(cluster)
      .map(({ id }) => ({ episodeId: id, observation: pick(observed, id + seed) ?? 'unknown' }));
    model.accepted += model.call('acceptSweep', { cluster, at: model.now, findings, observations }).received;
  };
}

const running = `SELECT id FROM runs WHERE status = 'running' ORDER BY id`;
const anyIncident = 'SELECT id FROM incidents ORDER BY id';

function finishRun(which: number, outcome: 'answered' | 'failed') {
  return (model: StoreModel): void => {
    const id = pick(model.ids(running), which);
    if (id) model.call('finishRun', id, runResult({ outcome }), model.now);
  };
}

function returnRun(which: number) {
  return (model: StoreModel): void => {
    const id = pick(model.ids(running), which);
    if (id) model.call('returnRun', id, model.now);
  };
}

function resolve(which: number) {
  return (model: StoreModel): void => {
    const id = pick(model.ids(anyIncident), which);
    if (id) model.call('resolveIncident', id, 'by anna', model.now);
  };
}

function requestRun(which: number) {
  return (model: StoreModel): void => {
    const id = pick(model.ids(anyIncident), which);
    if (id) model.call('requestRun', id, 'manual', model.now);
  };
}

/** Over one of few objects, so that others stay. */
function addSilence(which: number, minutes: number) {
  return (model: StoreModel): void => {
    const { resource, cluster } = faultOf(which);
    const matchers = parseMatchers(`cluster=${cluster}, name=~"${resource.name.split('-')[0]}.*"`);
    const span = { startsAt: model.now, endsAt: model.now + minutes * 60_000 + 1 };
    model.call('addSilence', { matchers, ...span, author: 'anna', comment: '' }, model.now);
  };
}

function endSilence(which: number) {
  return (model: StoreModel): void => {
    const id = pick(model.ids('SELECT id FROM silences ORDER BY id'), which);
    if (id) model.call('endSilence', id, 'anna', model.now);
  };
}

function order(which: number, kind: 'ack' | 'resolve' | 'rerun') {
  return (model: StoreModel): void => {
    const id = pick(model.ids(anyIncident), which);
    if (id) model.call('orderIncident', id, { kind, by: 'anna', comment: `it is ${which % 3}` }, model.now);
  };
}

function finishDelivery(which: number) {
  return (model: StoreModel): void => {
    const id = pick(model.ids(`SELECT id FROM deliveries WHERE status = 'sending' ORDER BY id`), which);
    if (!id) return;
    if (which % 3 === 0)
      model.call('finishDelivery', id, { kind: 'retry', notBefore: model.now, error: '429' }, model.now);
    else model.call('finishDelivery', id, { kind: 'sent', post: { channel: 'C', ts: id } }, model.now);
  };
}

/** Everything that waits gets its outcome, everything that is due runs; a pending fault is seen when its time is over. */
function drain(model: StoreModel): void {
  model.settle(1000);
  model.now += 2 * 3_600_000;
  for (const cluster of ['a', 'b']) {
    const observations = model
      .activeFaults(cluster)
      .map(({ id }) => ({ episodeId: id, observation: 'active' as const }));
    model.call('acceptSweep', { cluster, at: model.now, findings: [], observations });
  }
  model.settle(1000);
  model.now += 60_000;
  for (const id of model.ids(running)) model.call('finishRun', id, runResult(), model.now);
  for (let claim = model.claimRun(); claim; claim = model.claimRun()) {
    model.call('finishRun', claim.run.id, runResult(), model.now);
  }
}

const pendingMs = { PodCrash: 30 * 60_000, ImagePull: 10 * 60_000, NodeUnhealthy: 20 * 60_000 };
const fleet = { minClusters: 2, windowMs: 10 * minute, channels: {} };
const storms = stormPolicy({ perCluster: 2, fleet: 3, windowMs: 10 * minute });

test.each([
  ['told at once', {}],
  ['that may be pending', { pendingMs }],
  ['over the limits of storms', { storm: storms }],
  ['over the limits of storms, and the same in both clusters', { storm: storms, fleet }],
  ['that may be pending, over the limits of storms', { pendingMs, storm: storms }],
])(
  'INT-5: whatever happens to faults %s, in whatever order, each ends in exactly one outcome',
  (_name, policy) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const model = new StoreModel(tempDir(), policy);
        try {
          for (const take of steps) {
            take(model);
            expect(model.wrongs()).toEqual([]);
          }
          drain(model);
          expect(model.wrongs()).toEqual([]);
          expect(model.number('SELECT count(*) FROM receptions WHERE final = 0')).toBe(0);
        } finally {
          model.close();
        }
      }),
      { numRuns: 60 },
    );
  },
  120_000,
);

test('INT-1: an operation that the disk interrupts at any write leaves nothing half done', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), numbers, (steps, which) => {
      const model = new StoreModel(tempDir());
      try {
        for (const take of steps) take(model);
        for (let writes = 1; writes < 40; writes++) {
          const before = model.number('SELECT count(*) FROM receptions');
          const done = model.callOnFailingDisk(writes, 'accept', [which.map(faultOf), model.now]);
          expect(model.number('SELECT count(*) FROM receptions')).toBe(before + (done ? which.length : 0));
          if (done) model.accepted += which.length;
          model.callOnFailingDisk(writes, 'claimRun', [
            { maxConcurrent: 9, perCluster: {}, defaultPerCluster: 9 },
            model.now,
          ]);
          expect(model.wrongs()).toEqual([]);
        }
      } finally {
        model.close();
      }
    }),
    { numRuns: 10 },
  );
}, 120_000);

test('INT-3: after a silence whose transaction failed the store knows what is there', () => {
  const model = new StoreModel(tempDir());
  onTestFinished(() => model.close());
  const silence = (name: string) => ({
    matchers: parseMatchers(`name=~"${name}-.*"`),
    startsAt: model.now,
    endsAt: model.now + 3_600_000,
    author: 'anna',
    comment: '',
  });
  const outcomeOf = (faultType: string, pod: string) => {
    model.accept([signal({ cluster: 'a', faultType, pod })]);
    return model.call(
      'settle',
      model.waiting().map(({ seq }) => ({ seq, owner: owner(), node: null, cluster: clusterPolicy() })),
      model.now,
    )[0]?.outcome;
  };
  for (let writes = 1; writes <= 2; writes++) {
    expect(model.callOnFailingDisk(writes, 'addSilence', [silence('app0'), model.now])).toBe(false);
  }
  expect(outcomeOf('CrashLoop', 'app0-1')).toBe('opened');
  model.call('addSilence', silence('app1'), model.now);
  expect(outcomeOf('ImagePull', 'app1-1')).toBe('muted');
  expect(outcomeOf('ImagePull', 'app0-2')).toBe('opened');
});

test('INT-1: order and duplication of the same faults give the same incidents', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(1, 2, 3, 5, 6, 7), { minLength: 1, maxLength: 12 }), (which) => {
      const keysOf = (order: readonly number[]): string[] => {
        const model = new StoreModel(tempDir());
        try {
          for (const index of order) {
            model.accept([{ ...faultOf(index), faultType: 'CrashLoop', faultId: `f${index}` }]);
            model.settle(10);
          }
          return model.ids(`SELECT cluster || owner || family AS id FROM incidents ORDER BY 1`);
        } finally {
          model.close();
        }
      };
      expect(keysOf([...which, ...which].reverse())).toEqual(keysOf(which));
    }),
    { numRuns: 15 },
  );
}, 60_000);
