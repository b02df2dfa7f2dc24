import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { indexDue } from '../../../src/storage/history/index-due.ts';
import { saveIncident } from '../../../src/storage/rows/incidents.ts';
import { openForWriting } from '../../../src/storage/sqlite/open-database.ts';
import { sampleIncident } from '../../support/incident-samples.ts';
import { owner, storePolicy } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';

function opened() {
  const db = openForWriting(join(tempDir(), 'state.db'));
  onTestFinished(() => db.close());
  const save = (id: string, openedAt = 0): void =>
    saveIncident(
      { db, policy: storePolicy(), redact: createRedactor(), changes: [] },
      sampleIncident({ id, openedAt, owner: owner(id) }),
    );
  const count = (table: string): number => db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)!.n;
  return { db, save, count };
}

test('OPS-3: what is noted is indexed a hundred rows at a time, the newest first, and nothing when nothing is', () => {
  const { db, save, count } = opened();
  for (let at = 0; at < 150; at += 1) save(`inc_${String(at).padStart(3, '0')}`, at);
  expect(indexDue(db)).toBe(true);
  expect([count('search_texts'), count('search_due')]).toEqual([100, 50]);
  expect(db.get('SELECT min(ref) AS oldest FROM search_texts')).toEqual({ oldest: 'inc_050' });
  expect(indexDue(db)).toBe(false);
  expect(indexDue(db)).toBe(false);
  expect([count('search_texts'), count('search_due')]).toEqual([150, 0]);
});

test('OPS-3: more rows of one millisecond than it has places take those of the next; a clock at no time is one', () => {
  const { db, save, count } = opened();
  for (let at = 0; at < 1030; at += 1) save(`inc_${at}`, -5);
  while (indexDue(db));
  expect(count('search_texts')).toBe(1030);
  expect(db.get('SELECT min(id) AS first, max(id) AS last FROM search_texts')).toEqual({ first: 0, last: 1029 });
  save('inc_far', Number.MAX_SAFE_INTEGER);
  indexDue(db);
  expect(db.get(`SELECT id < 9007199254740992 AS exact FROM search_texts WHERE ref = 'inc_far'`)).toEqual({ exact: 1 });
});

test('OPS-3: what cannot be written leaves everything noted, and no transaction open', () => {
  const { db, save, count } = opened();
  save('inc_1');
  db.exec(`CREATE TRIGGER full BEFORE INSERT ON search_texts BEGIN SELECT raise(ABORT, 'disk is full'); END`);
  expect(() => indexDue(db)).toThrow('disk is full');
  expect(db.inTransaction).toBe(false);
  expect([count('search_texts'), count('search_due')]).toEqual([0, 1]);
  db.exec('DROP TRIGGER full');
  expect(indexDue(db)).toBe(false);
  expect([count('search_texts'), count('search_due')]).toEqual([1, 0]);
});
