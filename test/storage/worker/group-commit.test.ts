import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { activeFaults, unsettled } from '../../../src/storage/operations/queries.ts';
import { Database } from '../../../src/storage/sqlite/database.ts';
import { openForWriting } from '../../../src/storage/sqlite/open-database.ts';
import { commitTogether } from '../../../src/storage/worker/group-commit.ts';
import { clusterPolicy, owner, signal, startOfTime as at, storePolicy } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

/** Counts commits, and fails with one of SQLite's codes at a statement that begins with a word. */
class WatchedDatabase extends Database {
  commits = 0;
  failing: { start: string; code: number } | null = null;

  override exec(sql: string): void {
    if (sql === 'COMMIT') this.commits += 1;
    this.#check(sql);
    super.exec(sql);
  }

  override run(sql: string, ...params: (string | number | null)[]): { changes: number; id: number } {
    this.#check(sql);
    return super.run(sql, ...params);
  }

  #check(sql: string): void {
    const { failing } = this;
    if (failing && sql.startsWith(failing.start)) throw Object.assign(new Error('broken'), { errcode: failing.code });
  }
}

function open(): WatchedDatabase {
  const file = join(tempDir(), 'state.db');
  openForWriting(file).close();
  const db = new WatchedDatabase(file, { readOnly: false });
  onTestFinished(() => db.close());
  return db;
}

const accept = (id: number, pod: string) => ({ id, name: 'accept', args: [[signal({ pod })], at] });
const policy = storePolicy();

test('INT-1: requests that come together share one commit, and each is answered', () => {
  const db = open();
  const { answers, changes } = commitTogether({ db, policy, redact: createRedactor() }, [
    accept(1, 'a'),
    accept(2, 'b'),
    accept(3, 'c'),
  ]);
  expect(answers.map(({ id, ok }) => [id, ok])).toEqual([
    [1, true],
    [2, true],
    [3, true],
  ]);
  expect(db.commits).toBe(1);
  expect(changes).toHaveLength(3);
  expect(unsettled(db, 10)).toHaveLength(3);
});

test('INT-1: a request that fails by its own fault is undone alone, with what it would have told', () => {
  const db = open();
  const { resource, ...broken } = signal({ pod: 'b' });
  const bad = { id: 2, name: 'accept', args: [[signal({ pod: 'c' }), broken], at] };
  const { answers, changes } = commitTogether({ db, policy, redact: createRedactor() }, [
    accept(1, 'a'),
    bad,
    accept(3, 'd'),
  ]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(answers[1]).toMatchObject({ id: 2, unavailable: null });
  expect(changes).toHaveLength(2);
  expect(unsettled(db, 10).map((one) => one.signal?.resource.name)).toEqual(['a', 'd']);
  expect(resource.name).toBe('b');
});

test('INT-1: an operation that there is not is refused, also one that every object has', () => {
  const names = ['drop', 'constructor', 'toString', '__proto__', 'onChange'];
  const { answers } = commitTogether(
    { db: open(), policy, redact: createRedactor() },
    names.map((name, id) => ({ id, name, args: [] })),
  );
  expect(answers.map((answer) => !answer.ok && answer.message)).toEqual(
    names.map((name) => `the state store has no operation ${name}`),
  );
});

test.each([
  ['BEGIN', 13, 'disk'],
  ['INSERT', 10, 'disk'],
  ['INSERT', 266, 'disk'],
  ['COMMIT', 13, 'disk'],
  ['COMMIT', 8, 'disk'],
  ['BEGIN', 5, 'locked'],
  ['COMMIT', 6, 'locked'],
] as const)('INT-1: when %s fails with code %d, all of them are undone and told why: %s', (start, code, why) => {
  const db = open();
  db.failing = { start, code };
  const { answers, changes } = commitTogether({ db, policy, redact: createRedactor() }, [
    accept(1, 'a'),
    accept(2, 'b'),
  ]);
  expect(answers).toEqual([
    { id: 1, ok: false, unavailable: why, message: 'broken' },
    { id: 2, ok: false, unavailable: why, message: 'broken' },
  ]);
  expect(changes).toEqual([]);
  db.failing = null;
  expect(db.inTransaction).toBe(false);
  expect(unsettled(db, 10)).toEqual([]);
  expect(commitTogether({ db, policy, redact: createRedactor() }, [accept(3, 'c')]).answers[0]?.ok).toBe(true);
});

test('INT-5: of a batch one fault that cannot be settled is listed, and the others have their incident', () => {
  const db = open();
  commitTogether({ db, policy, redact: createRedactor() }, [accept(1, 'a'), accept(2, 'b')]);
  const inputs = unsettled(db, 10).map(({ seq }, index) => ({
    seq,
    owner: index === 0 ? null : owner(),
    node: null,
    cluster: clusterPolicy(),
  }));
  const [answer] = commitTogether({ db, policy, redact: createRedactor() }, [
    { id: 3, name: 'settle', args: [inputs, at] },
  ]).answers;
  expect(answer).toMatchObject({ ok: true, value: [{ outcome: 'invalid' }, { outcome: 'opened' }] });
  expect(activeFaults(db, 'prod')).toHaveLength(1);
});

test('CFG-7: a policy that is set holds for the requests after it, and not when its commit fails', () => {
  const db = open();
  const store = { db, policy, redact: createRedactor() };
  const set = (id: number, clearAfterMs: number, patterns: string[] = []) => {
    const redact = { patterns, secrets: [] };
    return { id, name: 'setPolicy', args: [storePolicy({ clearAfterMs, redact })] };
  };
  expect(commitTogether(store, [set(1, 1)]).answers).toMatchObject([{ ok: true }]);
  expect(store.policy.clearAfterMs).toBe(1);
  db.failing = { start: 'COMMIT', code: 13 };
  expect(commitTogether(store, [set(2, 2)]).answers).toMatchObject([{ ok: false, unavailable: 'disk' }]);
  expect(store.policy.clearAfterMs).toBe(1);
  db.failing = null;
  expect(commitTogether(store, [set(3, 3, ['('])]).answers).toMatchObject([{ ok: false, unavailable: null }]);
  expect(store.policy.clearAfterMs).toBe(1);
  const { redact } = store;
  commitTogether(store, [set(4, 4)]);
  expect(store.redact).toBe(redact);
  commitTogether(store, [set(5, 5, ['hunter\\d+'])]);
  expect(store.redact.text('is hunter22')).toBe('is <redacted:pattern>');
});
