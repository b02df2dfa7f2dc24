import { expect, test } from 'vitest';
import { minute, startOfTime as start } from '../../support/signals.ts';
import { limits, openIncident, openTestStore, runResult } from '../store-fixture.ts';

test('OPS-3: what people say of an answer is kept, once a person, and told; retention takes it with the incident', async () => {
  const { store } = await openTestStore();
  const seen: string[] = [];
  store.onChange((changes) => {
    for (const change of changes)
      if (change.type === 'feedback') seen.push(`${change.cluster} ${change.feedback.rating}`);
  });
  const id = await openIncident(store, 'api', 'critical');
  const claim = await store.claimRun(limits, start + minute);
  await store.finishRun(claim!.run.id, runResult(), start + minute);
  const wrong = { rating: 'wrong', by: 'ana', comment: 'it was the quota' } as const;
  const first = await store.giveFeedback(id, { ...wrong, rating: 'right' }, start + 2 * minute);
  const last = await store.giveFeedback(id, wrong, start + 3 * minute);
  expect(last).toMatchObject({ ...wrong, incidentId: id, runId: claim!.run.id, at: start + 3 * minute });
  const other = await store.giveFeedback(id, { rating: 'right', by: 'ben', comment: '' }, start + 4 * minute);
  expect(await store.feedback({ limit: 9 })).toEqual({ items: [other, last], next: null });
  const page = await store.feedback({ limit: 1 });
  expect(page).toEqual({ items: [other], next: other!.id });
  expect((await store.feedback({ limit: 1, before: page.next! })).items).toEqual([last]);
  expect((await store.incidentHistory(id))?.feedback).toEqual([other, last]);
  expect(first!.id).not.toBe(last!.id);
  expect(await store.giveFeedback('inc_none', wrong, start)).toBeNull();
  expect(seen).toEqual(['prod right', 'prod wrong', 'prod right']);
  await store.resolveIncident(id, 'by ana', start + 5 * minute);
  const gone = (await store.activeFaults('prod')).map((fault) => ({
    episodeId: fault.id,
    observation: 'absent' as const,
  }));
  for (const at of [start + 6 * minute, start + 12 * minute])
    await store.acceptSweep({ cluster: 'prod', at, findings: [], observations: gone });
  for (const { delivery } of await store.claimDeliveries('slack', 9, start + 12 * minute))
    await store.finishDelivery(delivery.id, { kind: 'dead', error: 'gone' }, start + 12 * minute);
  expect((await store.prune(start + 60 * minute)).incidents).toHaveLength(1);
  expect((await store.feedback({ limit: 9 })).items).toEqual([]);
});
