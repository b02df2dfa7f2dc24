import { expect, test } from 'vitest';
import { minute, signal, startOfTime as start } from '../support/signals.ts';
import { limits, openTestStore, receive } from './store-fixture.ts';

const day = 24 * 60 * minute;
/** The clock was a day ahead when things were written, and was then set right. */
const ahead = start + day;

test('OPS-9: a clock that is set back holds up neither runs nor messages', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()], {}, ahead);
  const claim = await store.claimRun(limits, start);
  expect(claim?.incident.status).toBe('investigating');
  const [message] = await store.claimDeliveries('slack', 9, start);
  await store.finishDelivery(
    message!.delivery.id,
    { kind: 'retry', notBefore: ahead + 10 * minute, error: '429' },
    ahead,
  );
  expect(await store.claimDeliveries('slack', 9, start + minute)).toHaveLength(1);
});

test('OPS-9: what waits as it should is not taken for a clock that was set back', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()]);
  expect(await store.claimRun(limits, start + 2999)).toBeNull();
  // Corrected by some seconds: it only waits a little longer.
  expect(await store.claimRun(limits, start - 10_000)).toBeNull();
  expect(await store.claimDeliveries('slack', 9, start + 2999)).toEqual([]);
  const [message] = await store.claimDeliveries('slack', 9, start + 3000);
  await store.finishDelivery(
    message!.delivery.id,
    { kind: 'retry', notBefore: start + 10 * minute, error: 'x' },
    start + 3000,
  );
  expect(await store.claimDeliveries('slack', 9, start + 9 * minute)).toEqual([]);
  expect(await store.claimDeliveries('slack', 9, start + 10 * minute)).toHaveLength(1);
});

test('OPS-9: a fault that was seen by a clock ahead still clears', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal()], {}, ahead);
  const [episode] = await store.activeFaults('prod');
  const gone = [{ episodeId: episode!.id, observation: 'absent' as const }];
  await store.acceptSweep({ cluster: 'prod', at: ahead + minute, findings: [], observations: gone });
  await store.acceptSweep({ cluster: 'prod', at: start, findings: [], observations: gone });
  expect(await store.activeFaults('prod')).toHaveLength(1);
  await store.acceptSweep({ cluster: 'prod', at: start + 2 * minute, findings: [], observations: gone });
  expect(await store.activeFaults('prod')).toEqual([]);
});
