import { expect, test } from 'vitest';
import type { ConnectionChange } from '../../../src/domain/cluster-status.ts';
import { minute, startOfTime as start } from '../../support/signals.ts';
import { openTestStore } from '../store-fixture.ts';

/** What a connection became, so many minutes after the start. */
function change(cluster: string, at: number, to: ConnectionChange['to'], message = 'refused'): ConnectionChange {
  const error = to === 'failed' ? { code: 'NC-CLUSTER-002', message } : null;
  return { cluster, at: start + at * minute, to, source: to === 'active' ? 'push' : 'none', error };
}

async function openNoted(changes: readonly ConnectionChange[], alive = changes.at(-1)?.at ?? start) {
  const { store, file } = await openTestStore();
  await store.noteConnections(changes, alive);
  const minutes = (at: number | null): number | null => (at === null ? null : (at - start) / minute);
  const spans = async (cluster = 'prod', of = store) =>
    (await of.connectionSpans(cluster)).map(({ from, until, state }) => [minutes(from), minutes(until), state]);
  return { store, file, spans };
}

test('OPS-3: when a cluster was heard and when not, newest first, each cluster by itself', async () => {
  const { store, spans } = await openNoted([
    change('prod', 0, 'active'),
    change('other', 5, 'active'),
    change('prod', 10, 'failed'),
    change('prod', 25, 'active'),
  ]);
  expect(await spans()).toEqual([
    [25, null, 'active'],
    [10, 25, 'failed'],
    [0, 10, 'active'],
  ]);
  expect(await spans('other')).toEqual([[5, null, 'active']]);
  expect(await store.connectionSpans('nowhere')).toEqual([]);
});

test('OPS-3: an outage is one, however many attempts and reasons it has, and says the last', async () => {
  const attempts = Array.from({ length: 500 }, (_, at) => change('prod', 1 + at, 'failed', `attempt ${at}`));
  const { store, spans } = await openNoted([change('prod', 0, 'active'), ...attempts]);
  expect(await spans()).toEqual([
    [1, null, 'failed'],
    [0, 1, 'active'],
  ]);
  expect((await store.connectionSpans('prod'))[0]?.error?.message).toBe('attempt 499');
});

test('OPS-3: another source is another span: by sweeps alone a cluster is heard later', async () => {
  const swept = { ...change('prod', 2, 'active'), source: 'sweep' } as const;
  const { store } = await openNoted([change('prod', 0, 'active'), swept, change('prod', 3, 'active')]);
  expect((await store.connectionSpans('prod')).map(({ source }) => source)).toEqual(['push', 'sweep', 'push']);
});

test('OPS-3: a connection that is ended by us is known until then, and a process that was killed until it was last alive', async () => {
  const { store, file, spans } = await openNoted(
    [change('stopped', 0, 'active'), change('stopped', 10, 'ended'), change('prod', 0, 'active')],
    start + 30 * minute,
  );
  await store.close();
  const { store: again } = await openTestStore({}, file);
  await again.endConnections();
  await again.noteConnections([change('prod', 99, 'failed'), change('stopped', 99, 'active')], start + 99 * minute);
  expect(await spans('prod', again)).toEqual([
    [99, null, 'failed'],
    [0, 30, 'active'],
  ]);
  expect(await spans('stopped', again)).toEqual([
    [99, null, 'active'],
    [0, 10, 'active'],
  ]);
});

test('OPS-3: no span ends before it began, whatever clocks and processes do', async () => {
  const { store, spans } = await openNoted([change('prod', 50, 'active'), change('prod', 40, 'failed')], start);
  await store.endConnections();
  expect(await spans()).toEqual([
    [40, 40, 'failed'],
    [50, 50, 'active'],
  ]);
  // Ending what is not open is nothing.
  await store.noteConnections([change('prod', 60, 'ended'), change('new', 60, 'ended')], start);
  expect(await spans('new')).toEqual([]);
});

test('OPS-3: of each cluster the newest 200 are kept, without secrets also where a text is cut', async () => {
  const { store } = await openTestStore({ redact: { patterns: [], secrets: ['hunter2hunter2'] } });
  await store.noteConnections([change('quiet', 0, 'active')], start);
  for (let batch = 0; batch < 5; batch += 1) {
    const message = `${'x'.repeat(980 + batch * 5)} hunter2hunter2 ${'y'.repeat(5000)}`;
    const changes = Array.from({ length: 90 }, (_, at) =>
      change('prod', batch * 90 + at, at % 2 === 0 ? 'failed' : 'active', message),
    );
    await store.noteConnections(changes, start);
  }
  const kept = await store.connectionSpans('prod');
  expect(kept).toHaveLength(200);
  expect(kept.map(({ from }) => (from - start) / minute)).toEqual(Array.from({ length: 200 }, (_, at) => 449 - at));
  expect(Math.max(...kept.map(({ error }) => error?.message.length ?? 0))).toBe(1000);
  expect(JSON.stringify(kept)).not.toContain('hunter2');
  expect(await store.connectionSpans('quiet')).toHaveLength(1);
});

test('OPS-3: those of a cluster that is taken away go with it, and what is noted late leaves none', async () => {
  const { store, spans } = await openNoted(['gone-1', 'prod', 'gone-2'].map((name) => change(name, 0, 'active')));
  await store.closeRemovedClusters(['prod'], start + minute);
  await store.noteConnections([change('gone-1', 1, 'ended'), change('gone-2', 1, 'ended')], start + minute);
  expect(await spans('gone-1')).toEqual([]);
  expect(await spans('gone-2')).toEqual([]);
  expect(await spans()).toHaveLength(1);
});
