import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Found } from '../../../src/domain/history.ts';
import type { StateStore } from '../../../src/domain/state-store.ts';
import { Database } from '../../../src/storage/sqlite/database.ts';
import { migrations } from '../../../src/storage/sqlite/migrations.ts';
import { openStateReader } from '../../../src/storage/worker/open.ts';
import { minute, owner, signal, startOfTime as start } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { limits, openTestStore, receive, runResult } from '../store-fixture.ts';

const titles = async (store: Pick<StateStore, 'search'>, text: string) =>
  (await store.search({ text, limit: 50 })).items.map(({ kind, title }) => `${kind}: ${title}`);

/** Words that are not in the index yet. */
function waiting(file: string): number {
  const db = new Database(file, { readOnly: true });
  try {
    return db.get<{ n: number }>('SELECT count(*) AS n FROM search_due')?.n ?? -1;
  } finally {
    db.close();
  }
}

const allIndexed = (file: string) => waitUntil(() => waiting(file) === 0, 'all words in the index', 20_000);

const incident = 'incident: CrashLoop · payments/api (Deployment)';
const fault = 'fault: CrashLoop · payments/api-7d9c-x1 (Pod)';

test('OPS-3: everything that is kept is found by any words of it, before and after it is indexed', async () => {
  const { store, file } = await openTestStore();
  await receive(store, [signal({ context: 'exit code 137 (OOMKilled)' })], { node: 'node-17' });
  const claim = await store.claimRun(limits, start + minute);
  const cause = 'ConfigMap shop/settings has no key REDIS_URL';
  await store.finishRun(claim!.run.id, runResult({ cause }), start + minute);
  const expectAll = async () => {
    expect(await titles(store, 'redis_url')).toEqual([incident]);
    expect(await titles(store, 'PAYMENTS api')).toEqual([incident, fault]);
    expect(await titles(store, '"no key redis"')).toEqual([incident]);
    expect(await titles(store, '"key no redis"')).toEqual([]);
    expect(await titles(store, 'oomkilled node-17')).toEqual([fault]);
    expect(await titles(store, 'team=payments')).toEqual([incident]);
    expect(await titles(store, claim!.incident.id)).toEqual([incident]);
    // Fewer letters than the index has, alone and beside others.
    expect(await titles(store, 'x1')).toEqual([fault]);
    expect(await titles(store, 'crashloop x1')).toEqual([fault]);
    // What means something to SQLite means nothing here.
    for (const text of ['', '  ', '""', '%', 'a_i', '100%', '" OR 1=1 --', 'NEAR(a b)', 'cause:*'])
      expect(await titles(store, text)).toEqual([]);
  };
  expect(waiting(file)).toBeGreaterThan(0);
  await expectAll();
  await allIndexed(file);
  await expectAll();
});

test('OPS-3: what a row says now is found, what it said before is not; what retention deletes is gone', async () => {
  const { store, file } = await openTestStore();
  await receive(store, [signal({ context: 'first words' })]);
  await allIndexed(file);
  await receive(store, [signal({ context: 'second words' })], {}, start + minute);
  expect(await titles(store, 'first')).toEqual([]);
  expect(await titles(store, 'second')).toEqual([fault]);
  await allIndexed(file);
  expect(await titles(store, 'first')).toEqual([]);
  expect(await titles(store, 'second')).toEqual([fault]);
  const [stands] = (await store.incidents({ limit: 1 })).items;
  await store.resolveIncident(stands!.incident.id, 'by ana', start + minute);
  const gone = (await store.activeFaults('prod')).map(({ id }) => ({ episodeId: id, observation: 'absent' as const }));
  for (const at of [start + 2 * minute, start + 6 * minute])
    await store.acceptSweep({ cluster: 'prod', at, findings: [], observations: gone });
  for (const { delivery } of await store.claimDeliveries('slack', 9, start + 6 * minute))
    await store.finishDelivery(delivery.id, { kind: 'dead', error: 'gone' }, start + 6 * minute);
  expect((await store.prune(start + 60 * minute)).incidents).toHaveLength(1);
  expect(await titles(store, 'payments')).toEqual([]);
  await allIndexed(file);
  const db = new Database(file, { readOnly: true });
  expect(db.get('SELECT count(*) AS n FROM search_texts')).toEqual({ n: 0 });
  db.close();
});

test('OPS-3: the newest are first and so many as are asked for, also of what began in the same millisecond', async () => {
  const { store, file } = await openTestStore();
  for (const at of [0, 1, 2])
    await receive(store, [signal({ pod: `p-${at}`, context: 'same words' })], { owner: owner(`o-${at}`) }, start + at);
  const many = Array.from({ length: 1100 }, (_, index) =>
    signal({ cluster: 'many', pod: `m-${index}`, context: 'flood' }),
  );
  await receive(store, many, {}, start + 10);
  await allIndexed(file);
  const { items: found } = await store.search({ text: 'same words', limit: 2 });
  expect(found.map(({ at }) => at)).toEqual([start + 2, start + 1]);
  expect((await store.search({ text: 'flood', limit: 9999 })).items).toHaveLength(500);
  expect(found[0]).toMatchObject({ kind: 'fault', cluster: 'prod', excerpt: expect.stringContaining('same words') });
});

/** Every page of a search, each with so many results at most. */
async function allPages(store: Pick<StateStore, 'search'>, text: string, limit: number): Promise<Found[]> {
  const found: Found[] = [];
  let before: string | undefined;
  do {
    const page = await store.search({ text, limit, ...(before !== undefined && { before }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    before = page.next ?? undefined;
  } while (before !== undefined);
  return found;
}

test('OPS-3: page by page everything that fits is found, once and newest first when it is indexed', async () => {
  const { store, file } = await openTestStore();
  // Several began in the same millisecond.
  const times = [0, 0, 1, 2, 2, 2, 3];
  for (const [index, at] of times.entries())
    await receive(store, [signal({ pod: `p-${index}`, context: 'same words' })], {}, start + at);
  const keyed = (all: readonly Found[]) => all.map(({ kind, title, at }) => `${at} ${kind} ${title}`).toSorted();
  const expectPages = async (text: string): Promise<void> => {
    const whole = await allPages(store, text, 500);
    expect(new Set(keyed(whole)).size).toBe(whole.length);
    for (const limit of [1, 2, 3]) {
      const found = await allPages(store, text, limit);
      expect(keyed(found)).toEqual(keyed(whole));
      expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).toSorted((a, b) => b - a));
    }
  };
  const expectAll = async (): Promise<void> => {
    expect(await allPages(store, 'same words', 3)).toHaveLength(7);
    // A word of the index, one of fewer letters, and none that is there.
    for (const text of ['same words', 'p-', 'payments', 'absent']) await expectPages(text);
  };
  // Rows are indexed when nothing is asked: meanwhile one may come twice, and none is missed.
  for (const limit of [1, 2, 3, 500]) {
    const found = new Set(keyed(await allPages(store, 'same words', limit)));
    expect(found.size).toBe(times.length);
  }
  await allIndexed(file);
  await expectAll();
  // Noted again, it keeps its place in the index.
  await receive(store, [signal({ pod: 'p-0', context: 'the same words' })], {}, start + 4);
  await expectAll();
});

test('OPS-3: more than began in one millisecond has places in the index for, and more than one page compares, is found', async () => {
  const { store, file } = await openTestStore();
  const many = Array.from({ length: 2500 }, (_, at) => signal({ cluster: 'many', pod: `m-${at}`, context: 'flood' }));
  for (const from of [0, 500, 1000, 1500, 2000]) await receive(store, many.slice(from, from + 500), {}, start + 10);
  await allIndexed(file);
  const found = await allPages(store, 'flood', 400);
  expect(new Set(found.map(({ title }) => title)).size).toBe(2500);
  expect(found).toHaveLength(2500);
});

test.each([['x'], ['0'], ['1.other.2'], ["1.fault.' OR 1"], ['-1.fault.2']])(
  'OPS-3: a place that no page gave has nothing: %j',
  async (before) => {
    const { store } = await openTestStore();
    await receive(store, [signal({ context: 'same words' })]);
    expect(await store.search({ text: 'same', limit: 9, before })).toEqual({ items: [], next: null });
  },
);

test('OPS-3: an excerpt is one line around the words, whatever a cluster wrote', async () => {
  const { store } = await openTestStore();
  const context = `${'long ago '.repeat(40)}\u202eneedle\u0007\n<script>alert(1)</script> ${'and on '.repeat(40)}`;
  await receive(store, [signal({ context })]);
  const [found] = (await store.search({ text: 'needle', limit: 1 })).items;
  expect(found?.excerpt).toMatch(/^….*needle\ufffd <script>alert\(1\)<\/script>/);
  expect(found?.excerpt.length).toBeLessThanOrEqual(160);
  expect(found?.excerpt).not.toMatch(/[\u202e\u0007\n]/);
});

test('OPS-3: a state file of a version before there was a search is opened, and what it has is searched and ranked', async () => {
  const file = join(tempDir(), 'state.db');
  const old = new DatabaseSync(file);
  const before = migrations.findIndex((sql) => sql.includes('search_index'));
  for (const sql of migrations.slice(0, before)) old.exec(sql);
  old.exec(`PRAGMA user_version = ${before}`);
  const { store: made, file: newer } = await openTestStore();
  await receive(made, [signal({ severity: 'critical', context: 'from long ago' })]);
  await receive(made, [signal({ pod: 'b', severity: 'warning' })], { owner: owner('b') });
  const [hand] = (await made.incidents({ limit: 1 })).items;
  await made.orderIncident(hand!.incident.id, { kind: 'ack', by: 'ana', comment: '' }, start);
  await made.close();
  copyRows(newer, old);
  old.close();

  await expect(openStateReader(file)).rejects.toMatchObject({ code: 'NC-STORE-003' });
  const { store } = await openTestStore({}, file);
  const expectFound = async (from: Pick<StateStore, 'search' | 'standing'>) => {
    expect(await titles(from, 'ago')).toEqual([fault]);
    const page = await from.standing({ limit: 9, at: start });
    expect(page.items.map((row) => row.incident.owner.name)).toEqual(['api', 'b']);
    expect((await from.standing({ limit: 1, severity: 'warning', at: start })).next).toBeNull();
  };
  await expectFound(store);
  await allIndexed(file);
  await expectFound(store);
  const reader = await openStateReader(file);
  await expectFound(reader);
  await reader.close();
});

/** Rows of the same tables, in the columns that the older layout has. */
function copyRows(from: string, to: DatabaseSync): void {
  to.exec(`ATTACH '${from}' AS newer`);
  for (const table of ['receptions', 'episodes', 'incidents', 'runs', 'deliveries', 'clusters']) {
    const columns = to.prepare(`SELECT name FROM pragma_table_info('${table}', 'main')`).all();
    const names = columns.map(({ name }) => name).join(', ');
    to.exec(`INSERT INTO main.${table} (${names}) SELECT ${names} FROM newer.${table}`);
  }
  to.exec('DETACH newer');
}
