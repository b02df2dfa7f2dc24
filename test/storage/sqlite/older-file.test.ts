import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { Database } from '../../../src/storage/sqlite/database.ts';
import { minute, startOfTime as start } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openTestStore } from '../store-fixture.ts';

/**
 * A state file as a daemon of layout 14 left it, before pages looked back: an incident that was answered, told and
 * acknowledged, one whose end was being told when the daemon died, one that waits for its run, a fault that nobody is told
 * of, a silence, and a notice that is to be sent.
 */
const file = path.join(import.meta.dirname, 'layout-14.db.gz');

test('OPS-9, NOT-3: a file of an older version opens with all that is in it, and nothing is said twice', async () => {
  const copy = path.join(tempDir(), 'nightcrier.db');
  writeFileSync(copy, gunzipSync(readFileSync(file)));
  const { store } = await openTestStore({ targets: ['slack', 'webhook'], firstWaitMs: 8000 }, copy);
  const at = start + 60 * minute;
  await store.recoverRuns(at);
  await store.recoverDeliveries(at);

  const standing = await store.standing({ limit: 10, at });
  const named = standing.items.map(({ incident }) => [
    incident.owner.name,
    incident.severity,
    incident.acknowledged?.by,
  ]);
  expect(named).toEqual([
    ['waits', 'critical', undefined],
    ['answered', 'critical', 'ana'],
  ]);
  const untold = await store.notTold({ limit: 10 });
  expect(untold.items.map(({ reception }) => [reception.cluster, reception.outcome])).toEqual([
    ['lab', 'triage_disabled'],
  ]);
  for (const word of ['answered', 'ended', 'waits', 'untold']) {
    const found = await waitUntil(
      async () => {
        const { items: all } = await store.search({ text: word, limit: 10 });
        return all.length > 0 ? all : null;
      },
      word,
      20_000,
    );
    expect(found.some(({ title, excerpt }) => `${title} ${excerpt}`.includes(word))).toBe(true);
  }
  expect(await store.silences({})).toHaveLength(1);
  const rows = new Database(copy, { readOnly: true });
  onTestFinished(() => rows.close());
  expect(rows.all('SELECT starts_at, ends_at FROM silences')).toEqual([
    { starts_at: start, ends_at: start + 60 * minute },
  ]);

  const id = standing.items[1]!.incident.id;
  const history = await store.incidentHistory(id);
  expect(history?.deliveries.map(({ target, status }) => [target, status])).toContainEqual(['slack', 'sent']);
  expect(await store.giveFeedback(id, { rating: 'right', by: 'bo', comment: '' }, at)).toMatchObject({
    rating: 'right',
  });

  expect((await store.incident(id))?.acts).toEqual([]);
  await store.orderIncident(id, { kind: 'rerun', by: 'bo', comment: 'with more memory' }, at);
  expect((await store.incident(id))?.acts).toMatchObject([{ kind: 'rerun', by: 'bo', comment: 'with more memory' }]);

  const told = [];
  for (;;) {
    const claims = await store.claimDeliveries('slack', 10, at);
    if (claims.length === 0) break;
    for (const { delivery, incident } of claims) {
      told.push([incident?.owner.name ?? delivery.kind, delivery.state, delivery.uncertain]);
      await store.finishDelivery(delivery.id, { kind: 'sent', post: null }, at);
    }
  }
  expect(told).toEqual([
    ['ended', 'resolved', true],
    ['waits', 'open', false],
    ['clusters_unreachable', 'clusters_unreachable', false],
  ]);
});
