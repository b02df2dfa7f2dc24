import { expect, onTestFinished, test } from 'vitest';
import { parseMatchers } from '../../src/domain/silence/matchers.ts';
import type { writeOperations } from '../../src/storage/worker/table.ts';
import { clusterPolicy, minute, owner, signal } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { runResult } from './store-fixture.ts';
import { StoreModel } from './store-model.ts';

type Step = readonly [name: keyof typeof writeOperations, args: () => readonly unknown[], laterMs?: number];

/** Takes a step; before it is done it is cut off at each of its writes, and the store opened anew as after kill -9. */
function takeWithCrashes(model: StoreModel, [name, args, laterMs = 0]: Step): number {
  model.now += laterMs;
  for (let writes = 1; writes < 100; writes++) {
    const before = model.number('SELECT count(*) FROM receptions');
    const done = model.callOnFailingDisk(writes, name, args());
    model.accepted += model.number('SELECT count(*) FROM receptions') - before;
    if (!done) {
      model.restart();
      // What was under way is taken up again, as a daemon does.
      if (name === 'finishRun') model.claimRun();
      if (name === 'finishDelivery') model.claimDeliveries();
    }
    expect([name, writes, ...model.wrongs()]).toEqual([name, writes]);
    if (done) return writes - 1;
  }
  throw new Error(`${name} is never done`);
}

test('INT-3, INT-5: kill -9 at every write in the life of silences: nothing is lost, nothing is told twice, the sums agree', () => {
  const model = new StoreModel(tempDir());
  onTestFinished(() => model.close());
  const start = model.now;
  const policy = clusterPolicy();
  const fault = (pod: string, source: 'push' | 'sweep') => signal({ cluster: 'a', pod, source });
  const [quiet, known] = ['quiet', 'known'];
  const both = [fault(quiet, 'sweep'), fault(known, 'sweep')];
  const sweep = () => [{ cluster: 'a', at: model.now, findings: both, observations: [] }, policy];
  const waiting = () => [
    model.waiting().map(({ seq, signal: received }) => {
      return { seq, owner: owner(received?.resource.name), node: null, cluster: policy };
    }),
    model.now,
  ];
  const silence = (text: string, ms: number) => () => [
    { matchers: parseMatchers(text), startsAt: model.now, endsAt: model.now + ms, author: 'ana', comment: '' },
    model.now,
  ];
  const first = (sql: string): string => model.ids(sql)[0] ?? 'none';
  const sending = () => first(`SELECT id FROM deliveries WHERE status = 'sending'`);
  const sent = () => [sending(), { kind: 'sent', post: { channel: 'C', ts: '1' } }, model.now];
  const claim = () => ['slack', 10, model.now];
  const runs = () => [{ maxConcurrent: 9, perCluster: {}, defaultPerCluster: 9 }, model.now];
  const configured = { matchers: parseMatchers('environment=lab'), startsAt: null, endsAt: null };
  const life: readonly Step[] = [
    ['keepSilences', () => [[{ ...configured, author: 'file', comment: '' }], model.now]],
    ['addSilence', silence('name=quiet', 60 * minute)],
    ['accept', () => [[fault(quiet, 'push'), fault(known, 'push')], model.now]],
    ['settle', waiting],
    ['acceptSweep', sweep],
    ['settle', waiting],
    // Later than it would wait for its answer.
    ['claimDeliveries', claim, 9000],
    ['finishDelivery', sent],
    // One begins over an incident that people know of.
    ['addSilence', silence('name=known', 10 * minute)],
    ['claimRun', runs],
    ['finishRun', () => [first(`SELECT id FROM runs WHERE status = 'running'`), runResult(), model.now]],
    ['claimDeliveries', claim, minute],
    ['claimDeliveries', claim, 10 * minute],
    ['finishDelivery', sent],
    // The other is ended by hand while its fault stands.
    ['endSilence', () => [first(`SELECT id FROM silences WHERE body LIKE '%quiet%'`), 'ben', model.now], minute],
    ['acceptSweep', sweep],
    ['acceptSweep', sweep],
    ['settle', waiting],
    ['acceptSweep', sweep, minute],
    ['claimDeliveries', claim],
    ['finishDelivery', sent],
    ['claimRun', runs],
    ['finishRun', () => [first(`SELECT id FROM runs WHERE status = 'running'`), runResult(), model.now]],
    ['claimDeliveries', claim, minute],
    ['finishDelivery', sent],
    ['keepSilences', () => [[], model.now]],
    ['prune', () => [start]],
  ];
  const crashes = life.map((step) => takeWithCrashes(model, step)).reduce((sum, count) => sum + count, 0);
  expect(crashes).toBeGreaterThan(40);

  expect(model.waiting()).toEqual([]);
  const outcomes = `SELECT outcome || ' ' || count AS id FROM outcomes ORDER BY outcome`;
  expect(model.ids(outcomes)).toEqual(['muted 1', 'opened 2', 'repeated 2']);
  expect(model.number('SELECT sum(count) FROM received')).toBe(5);
  expect(model.ids(`SELECT owner || ' ' || status AS id FROM incidents ORDER BY owner`)).toEqual([
    'deployment/payments/known reported',
    'deployment/payments/quiet reported',
  ]);
  // Each is told when it opens and with its answer, and nothing waits.
  const told = `SELECT status || ' ' || count(*) AS id FROM deliveries GROUP BY about, status ORDER BY about, status`;
  expect(model.ids(told).filter((line) => !line.startsWith('superseded'))).toEqual(['sent 2', 'sent 2']);
  expect(model.number('SELECT count(*) FROM silences WHERE ends_at IS NULL')).toBe(0);
});
