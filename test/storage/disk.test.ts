import { closeSync, fstatSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { StoreUnavailableError } from '../../src/domain/state-store.ts';
import { openStateReader, openStateStore } from '../../src/storage/worker/open.ts';
import { silentLogger } from '../../src/lib/log.ts';
import type { Problem } from '../../src/lib/problem.ts';
import { smallDisk } from '../support/small-disk.ts';
import { signal, startOfTime, storePolicy } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { openTestStore, receive, settleAll, unaccounted } from './store-fixture.ts';

const policy = storePolicy();
const logger = silentLogger;

const disk = smallDisk();
test.skipIf(disk.skip !== null)(
  `INT-1: on a full disk nothing is accepted, nothing is half written, and it goes on when there is space${disk.why}`,
  async () => {
    const dir = disk.mount('2m');
    const problems: (string | null)[] = [];
    const onProblem = (problem: Problem | null): number => problems.push(problem?.code ?? null);
    const store = await openStateStore({ file: join(dir, 'state.db'), policy, logger, onProblem });
    onTestFinished(() => store.close());
    await receive(store, [signal({ pod: 'first' })]);
    fill(join(dir, 'ballast'));
    const big = (index: number) => signal({ pod: `pod-${index}`, context: 'x'.repeat(2000) });
    const attempts: Promise<void>[] = [];
    for (let index = 0; index < 2000; index++) attempts.push(store.accept([big(index)], startOfTime));
    const results = await Promise.allSettled(attempts);
    const accepted = results.filter(({ status }) => status === 'fulfilled').length;
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))[0];
    expect(refused).toBeInstanceOf(StoreUnavailableError);
    const waiting = await store.unsettled(1000);
    expect(waiting).toHaveLength(accepted);
    await expect(store.accept([big(9999)], startOfTime)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await store.unsettled(1000)).toHaveLength(accepted);

    expect(problems.at(-1)).toBe('NC-STORE-004');

    rmSync(join(dir, 'ballast'));
    await store.accept([signal({ pod: 'last' })], startOfTime);
    expect(problems.at(-1)).toBeNull();
    await settleAll(store);
    const { items } = await store.faults({ limit: 1000 });
    expect(items).toHaveLength(accepted + 2);
    expect(items[0]?.reception.signal?.resource.name).toBe('last');
    const received = (await store.counters()).received.reduce((sum, { count }) => sum + count, 0);
    expect(received).toBe(accepted + 2);
  },
);

test('INT-1: a state file that another program holds is told as that, and not as a full disk', async () => {
  const problems: (string | null)[] = [];
  const onProblem = (problem: Problem | null): number => problems.push(problem?.code ?? null);
  const file = join(tempDir(), 'state.db');
  const store = await openStateStore({ file, policy, logger, onProblem });
  onTestFinished(() => store.close());
  const other = new DatabaseSync(file);
  try {
    other.exec('BEGIN IMMEDIATE');
    await expect(store.accept([signal()], startOfTime)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(problems).toEqual(['NC-STORE-009']);
  } finally {
    other.close();
  }
  await store.accept([signal()], startOfTime);
  expect(problems).toEqual(['NC-STORE-009', null]);
});

test('OPS-9: a newer state file is refused with a sentence and is not touched', async () => {
  const file = join(tempDir(), 'state.db');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 99');
  db.close();
  const refusal = { code: 'NC-STORE-001', message: expect.stringMatching(/layout 99, this version knows \d+/) };
  await expect(openStateStore({ file, policy, logger })).rejects.toMatchObject(refusal);
  await expect(openStateReader(file)).rejects.toMatchObject(refusal);
});

test('INT-1: a file that is no database is named, and is not touched', async () => {
  const file = join(tempDir(), 'state.db');
  writeFileSync(
    file,
    'this is a diary, not a database, and it is long enough to be read as a header of one'.repeat(100),
  );
  await expect(openStateStore({ file, policy, logger })).rejects.toMatchObject({
    code: 'NC-STORE-002',
    fix: expect.stringContaining(file),
  });
});

test('INT-1: a damaged file is found at start', async () => {
  const file = join(tempDir(), 'state.db');
  const store = await openStateStore({ file, policy, logger });
  await store.accept(
    Array.from({ length: 500 }, (_, index) => signal({ pod: `p-${index}`, context: 'x'.repeat(500) })),
    startOfTime,
  );
  await store.close();
  const handle = openSync(file, 'r+');
  const { size } = fstatSync(handle);
  for (let offset = 4096 * 40; offset < size; offset += 4096)
    writeSync(handle, Buffer.alloc(512, 0xff), 0, 512, offset);
  closeSync(handle);
  await expect(openStateStore({ file, policy, logger })).rejects.toMatchObject({ code: 'NC-STORE-002' });
});

test('INT-1: the state file and what SQLite puts beside it are for its user only', async () => {
  const { store, file } = await openTestStore();
  await store.accept([signal()], startOfTime);
  for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
});

test('INT-1: a directory that does not exist is a clear error', async () => {
  const file = join(tempDir(), 'absent', 'state.db');
  await expect(openStateStore({ file, policy, logger })).rejects.toMatchObject({ code: 'NC-STORE-003' });
});

test('OPS-4: a reader works beside a running daemon, and after it; without a file it says so', async () => {
  const { store, file } = await openTestStore();
  await receive(store, [signal()]);
  const reader = await openStateReader(file);
  expect((await reader.incidents({ limit: 10 })).items).toHaveLength(1);
  await receive(store, [signal({ cluster: 'other' })]);
  expect((await reader.incidents({ limit: 10 })).items).toHaveLength(2);
  expect((await reader.counters()).received).toHaveLength(2);
  await store.close();
  expect((await reader.faults({ limit: 10 })).items).toHaveLength(2);
  await reader.close();
  await expect(openStateReader(join(tempDir(), 'none.db'))).rejects.toMatchObject({ code: 'NC-STORE-006' });
});

test('INT-1: what was asked before the close is answered, later requests are refused', async () => {
  const { store, file } = await openTestStore();
  const accepts = Array.from({ length: 50 }, (_, index) => store.accept([signal({ pod: `p-${index}` })], startOfTime));
  await store.close();
  await Promise.all(accepts);
  await expect(store.accept([signal()], startOfTime)).rejects.toBeInstanceOf(StoreUnavailableError);
  const again = await openTestStore({}, file);
  expect(await again.store.unsettled(1000)).toHaveLength(50);
  expect(await unaccounted(again.store)).toBe(50);
});

/** Takes all space that is left. */
function fill(file: string): void {
  for (let kilobytes = 4096; kilobytes > 0; kilobytes -= 4) {
    try {
      writeFileSync(file, Buffer.alloc(kilobytes * 1024));
      return;
    } catch {
      rmSync(file, { force: true });
    }
  }
}
