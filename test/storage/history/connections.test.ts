import { expect, test } from 'vitest';
import type { ClusterChange, ConnectionChange } from '../../../src/domain/cluster-status.ts';
import { startOfTime as start } from '../../support/signals.ts';
import { openTestStore } from '../store-fixture.ts';

function change(cluster: string, at: number, message = ''): ClusterChange {
  const failed = message !== '';
  return {
    cluster,
    at: start + at,
    state: failed ? 'failed' : 'active',
    source: failed ? 'none' : 'push',
    error: failed ? { code: 'NC-CLUSTER-002', message } : null,
    atStart: at === 0,
  };
}

/** As it is read back: of one cluster. */
function read(one: ClusterChange): ConnectionChange {
  const { at, state, source, error, atStart } = one;
  return { at, state, source, error, atStart };
}

test('OPS-3: what a connection went through outlives the process, newest first, each cluster by itself', async () => {
  const { store, file } = await openTestStore();
  const own = [change('prod', 0), change('prod', 10, 'refused')];
  await store.noteConnections([own[0]!, change('other', 5), own[1]!]);
  await store.close();
  const { store: again } = await openTestStore({}, file);
  const back = change('prod', 20);
  await again.noteConnections([back]);
  expect(await again.connectionHistory('prod')).toEqual([back, own[1]!, own[0]!].map(read));
  expect(await again.connectionHistory('other')).toHaveLength(1);
  expect(await again.connectionHistory('nowhere')).toEqual([]);
});

test('OPS-3: of each cluster the newest 200 are kept, without secrets and without an end', async () => {
  const { store } = await openTestStore({ redact: { patterns: [], secrets: ['hunter2hunter2'] } });
  await store.noteConnections([change('quiet', 0)]);
  for (let batch = 0; batch < 5; batch += 1) {
    const message = `refused hunter2hunter2 ${'x'.repeat(5000)}`;
    await store.noteConnections(Array.from({ length: 90 }, (_, at) => change('prod', 1 + batch * 90 + at, message)));
  }
  const kept = await store.connectionHistory('prod');
  expect(kept).toHaveLength(200);
  expect(kept.map(({ at }) => at - start)).toEqual(Array.from({ length: 200 }, (_, at) => 450 - at));
  expect(kept[0]?.error?.message).toHaveLength(kept[199]!.error!.message.length);
  expect(kept[0]?.error?.message.length).toBeLessThan(1100);
  expect(JSON.stringify(kept)).not.toContain('hunter2');
  expect(await store.connectionHistory('quiet')).toHaveLength(1);
});

test('OPS-3: those of a cluster that is taken away go with it', async () => {
  const { store } = await openTestStore();
  await store.noteConnections([change('prod', 0), change('gone', 0)]);
  await store.closeRemovedClusters(['prod'], start + 1000);
  expect(await store.connectionHistory('gone')).toEqual([]);
  expect(await store.connectionHistory('prod')).toHaveLength(1);
});
