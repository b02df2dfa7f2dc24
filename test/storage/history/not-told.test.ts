import { expect, test } from 'vitest';
import { signal, startOfTime as start } from '../../support/signals.ts';
import { openTestStore, receive, settleAll } from '../store-fixture.ts';

test('OPS-3: everything of which nobody was told is listed with its rule, what waits too, and nothing else', async () => {
  const { store } = await openTestStore();
  await receive(store, [signal({ pod: 'told' }), signal({ pod: 'told' }), signal({ pod: 'told-2' })]);
  await receive(store, [signal({ pod: 'low', severity: 'info' })], { cluster: { severityThreshold: 'warning' } });
  await receive(store, [signal({ pod: 'low', severity: 'info' })], { cluster: { severityThreshold: 'warning' } });
  const off = { triageEnabled: false, triageDisabledReason: 'triage.enabled: false' };
  await receive(store, [signal({ pod: 'off', cluster: 'east' })], { cluster: off });
  await store.accept([{ cluster: 'prod', source: 'push', reason: 'no resource', excerpt: '', at: start }], start);
  await store.countThrottled('prod', 7, start);
  await store.accept([signal({ pod: 'waits' })], start);
  const seen = async (query: object = {}) =>
    (await store.notTold({ limit: 99, ...query })).items.map(
      ({ reception }) => `${reception.signal?.resource.name ?? '-'} ${reception.outcome} ${reception.rule}`,
    );
  const all = [
    'waits null null',
    '- throttled max_faults_per_second',
    '- invalid no resource',
    'off triage_disabled triage.enabled: false',
    'low below_threshold severity_threshold: warning',
  ];
  expect(await seen()).toEqual(all);
  expect(await seen({ cluster: 'prod' })).toEqual(all.filter((line) => !line.startsWith('off')));
  expect(await seen({ outcome: 'pending' })).toEqual(all.slice(0, 1));
  expect(await seen({ outcome: 'pending', cluster: 'east' })).toEqual([]);
  expect(await seen({ outcome: 'throttled', cluster: 'prod' })).toEqual(all.slice(1, 2));
  const first = await store.notTold({ limit: 2 });
  expect(await seen({ limit: 2, before: first.next! })).toEqual(all.slice(2, 4));
  expect((await store.notTold({ limit: 5 })).next).toBeNull();
  await settleAll(store);
  expect(await seen()).toEqual(all.slice(1));
});
