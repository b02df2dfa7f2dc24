import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { notifiedUnreachable } from '../../../src/storage/operations/queries.ts';
import { deliveriesWhere } from '../../../src/storage/rows/deliveries.ts';
import { type Database, sqliteCode, unavailability } from '../../../src/storage/sqlite/database.ts';
import { migrations } from '../../../src/storage/sqlite/migrations.ts';
import { openForReading, openForWriting } from '../../../src/storage/sqlite/open-database.ts';
import { inSavepoint, type Transaction } from '../../../src/storage/sqlite/transaction.ts';
import { storePolicy } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

function open(file = join(tempDir(), 'state.db')): Database {
  const db = openForWriting(file);
  onTestFinished(() => db.close());
  return db;
}

test.each([
  [5, 'locked'],
  [261, 'locked'],
  [6, 'locked'],
  [13, 'disk'],
  [10, 'disk'],
  [778, 'disk'],
  [8, 'disk'],
  [11, 'disk'],
  [26, 'disk'],
  [1, null],
  [19, null],
  [2067, null],
])('INT-1: the result code %d of SQLite means: %s', (errcode, why) => {
  expect(unavailability(Object.assign(new Error('x'), { errcode }))).toBe(why);
});

test.each([null, undefined, new Error('x'), { errcode: 'five' }, 'text'])(
  'INT-1: %s is no error of SQLite',
  (error) => {
    expect(sqliteCode(error)).toBeNull();
    expect(unavailability(error)).toBeNull();
  },
);

test('INT-1: what a real SQLite throws is told apart', () => {
  const db = open();
  const thrown = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return error;
    }
    return null;
  };
  expect(unavailability(thrown(() => db.run('INSERT INTO nowhere VALUES (1)')))).toBeNull();
  expect(unavailability(thrown(() => db.run(`INSERT INTO served (cluster) VALUES ('a')`)))).toBeNull();
  db.exec('PRAGMA query_only = ON');
  expect(unavailability(thrown(() => db.run(`INSERT INTO served VALUES ('a', 1)`)))).toBe('disk');
});

test('INT-1: a step that fails is undone with what it told; what came before stays', () => {
  const db = open();
  const tx: Transaction = { db, policy: storePolicy(), redact: createRedactor(), changes: [] };
  const serve = (cluster: string) => db.run('INSERT INTO served VALUES (?, 1)', cluster);
  db.exec('BEGIN');
  inSavepoint(tx, () => serve('a'));
  const failing = () =>
    inSavepoint(tx, () => {
      serve('b');
      tx.changes.push({ type: 'incident', cluster: 'b', incident: Object.create(null) });
      throw new Error('not this one');
    });
  expect(failing).toThrow('not this one');
  expect(inSavepoint(tx, () => 7)).toBe(7);
  db.exec('COMMIT');
  expect(db.all('SELECT cluster FROM served')).toEqual([{ cluster: 'a' }]);
  expect(tx.changes).toEqual([]);
});

/** A state file as the given version left it, with rows; brought to the newest layout. */
function migrated(version: number, rows: string): Database {
  const file = join(tempDir(), 'state.db');
  const old = new DatabaseSync(file);
  for (const sql of migrations.slice(0, version)) old.exec(sql);
  old.exec(`PRAGMA user_version = ${version}`);
  old.exec(rows);
  old.close();
  expect(() => openForReading(file)).toThrow('has the layout of an older version');
  return open(file);
}

test('OPS-9: a state file of each earlier layout is brought to the newest with its rows', () => {
  for (let version = 1; version < migrations.length; version++) {
    const db = migrated(version, `INSERT INTO clusters (name, first_sweep_at) VALUES ('seen', 5), ('new', NULL)`);
    expect(db.get('PRAGMA user_version')).toEqual({ user_version: migrations.length });
    expect(db.all('SELECT name, first_sweep_at FROM clusters ORDER BY name')).toEqual([
      { name: 'new', first_sweep_at: null },
      { name: 'seen', first_sweep_at: 5 },
    ]);
  }
});

test('INT-4: a cluster that the first layout had swept was seen whole, and is not met anew', () => {
  const db = migrated(1, `INSERT INTO clusters (name, first_sweep_at) VALUES ('seen', 5), ('new', NULL)`);
  expect(db.all('SELECT name, seen_whole, quiet_at FROM clusters ORDER BY name')).toEqual([
    { name: 'new', seen_whole: 0, quiet_at: null },
    { name: 'seen', seen_whole: 1, quiet_at: 5 },
  ]);
});

test('NOT-6: what an earlier version told of clusters that it could not reach still counts as told', () => {
  const row = (id: string, kind: string, notice: object): string => {
    const body = JSON.stringify({ id, kind, state: kind, createdAt: 1, notice });
    return `INSERT INTO deliveries VALUES ('${id}', 'slack', '${kind}', '${id}', 'sent', 1, 1, '${body}')`;
  };
  const db = migrated(
    2,
    [
      row('dlv_1', 'clusters_dark', { key: 'k', clusters: ['a', 'b'], since: 5 }),
      row('dlv_2', 'clusters_back', { key: 'l', clusters: ['b'], answers: { key: 'k', stillDark: 1 } }),
    ].join(';'),
  );
  expect(notifiedUnreachable(db)).toEqual([{ cluster: 'a', since: 5, key: 'k' }]);
  expect(deliveriesWhere(db, 'true ORDER BY id')).toMatchObject([
    { kind: 'clusters_unreachable', state: 'clusters_unreachable', notice: { clusters: ['a', 'b'] } },
    { kind: 'clusters_back', notice: { answers: { key: 'k', stillUnreachable: 1 } } },
  ]);
});

test('INT-1: a commit is on disk when it returns', () => {
  const db = open();
  expect(db.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
  expect(db.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
});
