import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { incidentDelivery, startDelivery } from '../../../src/domain/decide/delivery.ts';
import type { Write } from '../../../src/domain/decide/plan.ts';
import type { Outcome } from '../../../src/domain/fault.ts';
import { apply, decisionContext } from '../../../src/storage/rows/apply.ts';
import { clusterRow } from '../../../src/storage/rows/clusters.ts';
import { deliveriesWhere, saveDelivery } from '../../../src/storage/rows/deliveries.ts';
import { episodeById, nextEpisodeId } from '../../../src/storage/rows/episodes.ts';
import { incidentById } from '../../../src/storage/rows/incidents.ts';
import { insertReception, receptionsWhere } from '../../../src/storage/rows/receptions.ts';
import { liveRun } from '../../../src/storage/rows/runs.ts';
import { openForWriting } from '../../../src/storage/sqlite/open-database.ts';
import type { Transaction } from '../../../src/storage/sqlite/transaction.ts';
import { episode, incident, queued } from '../../domain/decide/facts.ts';
import { signal, startOfTime as at, storePolicy } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

function begin(): Transaction {
  const db = openForWriting(join(tempDir(), 'state.db'));
  onTestFinished(() => db.close());
  return { db, policy: storePolicy({ targets: ['slack', 'console'] }), redact: createRedactor(), changes: [] };
}

function received(tx: Transaction, pod = 'a') {
  return insertReception(tx.db, { cluster: 'prod', source: 'push', at, signal: signal({ pod }), invalid: null });
}

const outcome = (
  tx: Transaction,
  change: { outcome: Outcome; final: boolean; incidentId?: string; episodeId?: number },
) => ({ type: 'outcome', reception: { ...received(tx), ...change }, episode: null }) as const;

const counts = (tx: Transaction) => tx.db.all('SELECT outcome, count FROM outcomes ORDER BY outcome');
const told = (tx: Transaction) => tx.changes.map(({ type }) => type);

test('INT-1: rows are written as they are, and told in their order', () => {
  const tx = begin();
  const run = queued();
  apply(
    tx,
    [
      { type: 'incident', incident: incident() },
      { type: 'run', run },
      { type: 'episode', before: null, episode: episode() },
    ],
    at,
  );
  expect(incidentById(tx.db, 'inc_1')).toEqual(incident());
  expect(liveRun(tx.db, 'inc_1')).toEqual(run);
  expect(episodeById(tx.db, 1)).toEqual(episode());
  expect(told(tx)).toEqual(['incident', 'run']);
});

test('CON-6: what stands of a cluster is counted up and down with its episodes', () => {
  const tx = begin();
  const open = (id: number): Write => ({ type: 'episode', before: null, episode: episode({ id, faultId: `f${id}` }) });
  apply(tx, [open(1), open(2)], at);
  expect(clusterRow(tx.db, 'prod').openFaults).toBe(2);
  const first = episode({ id: 1, faultId: 'f1' });
  const repeated = { ...first, count: 2 };
  apply(tx, [{ type: 'episode', before: first, episode: repeated }], at);
  expect(clusterRow(tx.db, 'prod').openFaults).toBe(2);
  const cleared = { ...repeated, clearedAt: at };
  apply(tx, [{ type: 'episode', before: repeated, episode: cleared }], at);
  expect(clusterRow(tx.db, 'prod').openFaults).toBe(1);
  apply(tx, [{ type: 'episode', before: cleared, episode: { ...cleared, incidentId: 'inc_2' } }], at);
  expect(clusterRow(tx.db, 'prod').openFaults).toBe(1);
});

test('INT-1: ids of episodes are never given twice, also when the newest was deleted', () => {
  const tx = begin();
  expect(nextEpisodeId(tx.db)).toBe(1);
  apply(tx, [{ type: 'episode', before: null, episode: episode({ id: 1 }) }], at);
  expect(nextEpisodeId(tx.db)).toBe(2);
  tx.db.run('DELETE FROM episodes');
  expect(nextEpisodeId(tx.db)).toBe(2);
});

test('INT-5: an outcome is counted when it is final, once', () => {
  const tx = begin();
  apply(tx, [outcome(tx, { outcome: 'repeated', final: true }), outcome(tx, { outcome: 'merged', final: false })], at);
  expect(counts(tx)).toEqual([{ outcome: 'repeated', count: 1 }]);
  expect(told(tx)).toEqual(['fault', 'fault']);
});

test('INT-5: what waits for its run becomes final with its incident, and only that', () => {
  const tx = begin();
  const waiting = { outcome: 'merged', final: false } as const;
  const writes = [
    outcome(tx, { outcome: 'opened', final: false, incidentId: 'inc_1' }),
    outcome(tx, { ...waiting, incidentId: 'inc_1' }),
    outcome(tx, { ...waiting, incidentId: 'inc_1' }),
    outcome(tx, { ...waiting, incidentId: 'inc_2' }),
  ];
  const final = { type: 'final', incidentId: 'inc_1' } as const;
  apply(tx, [...writes, final], at);
  const expected = [
    { outcome: 'merged', count: 2 },
    { outcome: 'opened', count: 1 },
  ];
  expect(counts(tx)).toEqual(expected);
  apply(tx, [final], at);
  expect(counts(tx)).toEqual(expected);
  expect(receptionsWhere(tx.db, 'final = 0')).toHaveLength(1);
});

test('INT-2: receptions of an incident that is taken in go with it: merged when they waited, as they were otherwise', () => {
  const tx = begin();
  apply(
    tx,
    [
      { type: 'episode', before: null, episode: episode() },
      outcome(tx, { outcome: 'opened', final: false, incidentId: 'inc_1', episodeId: 1 }),
      outcome(tx, { outcome: 'repeated', final: true, incidentId: 'inc_1', episodeId: 1 }),
      outcome(tx, { outcome: 'opened', final: false, incidentId: 'inc_2', episodeId: 9 }),
      { type: 'absorbed', opened: 'merged', from: incident(), into: 'inc_node', rule: 'on node n1' },
    ],
    at,
  );
  expect(receptionsWhere(tx.db, '1 ORDER BY seq')).toMatchObject([
    { outcome: 'merged', final: true, incidentId: 'inc_node', rule: 'on node n1' },
    { outcome: 'repeated', final: true, incidentId: 'inc_node', rule: null },
    { outcome: 'opened', final: false, incidentId: 'inc_2' },
  ]);
  expect(counts(tx)).toEqual([
    { outcome: 'merged', count: 1 },
    { outcome: 'repeated', count: 1 },
  ]);
});

test('TRI-1: clusters are served by turns', () => {
  const tx = begin();
  for (const cluster of ['a', 'b', 'a']) apply(tx, [{ type: 'served', cluster }], at);
  expect(tx.db.all('SELECT cluster, turn FROM served ORDER BY turn')).toEqual([
    { cluster: 'b', turn: 2 },
    { cluster: 'a', turn: 3 },
  ]);
});

test('NOT-1: each target hears of an incident; what waits about it is replaced', () => {
  const tx = begin();
  apply(tx, [{ type: 'announce', incident: incident() }], at);
  apply(tx, [{ type: 'announce', incident: incident({ status: 'queued', seq: 2 }) }], at + 1);
  const rows = deliveriesWhere(tx.db, '1 ORDER BY target, created_at');
  expect(rows.map(({ target, status, seq }) => [target, status, seq])).toEqual([
    ['console', 'superseded', 1],
    ['console', 'pending', 2],
    ['slack', 'superseded', 1],
    ['slack', 'pending', 2],
  ]);
});

test('NOT-1: nobody hears of a quiet incident, nor of one that ended before anybody could notice it', () => {
  const tx = begin();
  apply(tx, [{ type: 'announce', incident: incident({ quiet: true }) }], at);
  apply(tx, [{ type: 'announce', incident: incident({ status: 'resolved', resolvedAt: at }) }], at);
  expect(deliveriesWhere(tx.db, '1')).toEqual([]);
});

test('NOT-3: who may have seen the incident hears of its end', () => {
  const tx = begin();
  const sending = startDelivery(incidentDelivery('dlv_1', 'slack', incident(), false, at));
  apply(tx, [{ type: 'delivery', delivery: sending, cluster: 'prod' }], at);
  apply(tx, [{ type: 'announce', incident: incident({ status: 'resolved', resolvedAt: at }) }], at);
  expect(deliveriesWhere(tx.db, `status = 'pending'`)).toMatchObject([{ target: 'slack', state: 'resolved' }]);
});

test('NOT-3: a message that waits is unique, whoever writes it', () => {
  const tx = begin();
  saveDelivery(tx, incidentDelivery('dlv_1', 'slack', incident(), false, at), 'prod');
  const second = incidentDelivery('dlv_2', 'slack', incident(), false, at);
  expect(() => saveDelivery(tx, second, 'prod')).toThrow('UNIQUE constraint failed');
});

test('INT-1: new ids sort by the time of the decision', () => {
  const { newId, at: time, policy } = decisionContext(begin(), at);
  expect({ time, wait: policy.groupWaitMs }).toEqual({ time: at, wait: 3000 });
  const ids = [newId('inc', at), newId('inc', at), newId('inc', at + 1)];
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(3);
});
