import { expect, test } from 'vitest';
import { owner, signal, startOfTime as start } from '../support/signals.ts';
import { openTestStore, settleAll } from './store-fixture.ts';

test('INT-5: a fault that cannot be settled is listed with the reason and holds up no other', async () => {
  const { store } = await openTestStore();
  await store.accept([signal({ pod: 'a' }), signal({ pod: 'b' }), signal({ pod: 'c' })], start);
  const cluster = {
    environment: null,
    labels: {},
    severityThreshold: 'info',
    triageEnabled: true,
    triageDisabledReason: null,
  } as const;
  const inputs = (await store.unsettled(9)).map(({ seq }, index) => {
    // What no caller should ever give.
    const broken = index === 1 ? (null as unknown as ReturnType<typeof owner>) : owner();
    return { seq, owner: broken, node: null, cluster };
  });
  const settled = await store.settle(inputs, start);
  expect(settled.map(({ outcome }) => outcome)).toEqual(['opened', 'invalid', 'merged']);
  expect(settled[1]?.rule).toMatch(/^cannot be settled: /);
  expect(await store.unsettled(9)).toEqual([]);
  expect(await store.activeFaults('prod')).toHaveLength(2);
  expect(await settleAll(store)).toEqual([]);
});
