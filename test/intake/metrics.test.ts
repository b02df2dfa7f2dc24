import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { Counters } from '../../src/domain/history.ts';
import { registerIntakeMetrics } from '../../src/intake/metrics.ts';
import { openTestStore, receive } from '../storage/store-fixture.ts';
import { owner, signal, startOfTime } from '../support/signals.ts';

test('INT-5: received and outcomes are in the metrics, from one moment of the store', async () => {
  const { store } = await openTestStore();
  let asked = 0;
  const registry = new Registry();
  registerIntakeMetrics(registry, (): Promise<Counters> => {
    asked += 1;
    return store.counters();
  });
  await receive(store, [signal(), signal(), signal({ cluster: 'other', source: 'sweep' })], {
    cluster: { severityThreshold: 'info' },
  });
  const text = await registry.metrics();
  expect(text).toContain('nightcrier_faults_received_total{cluster="prod",source="push"} 2');
  expect(text).toContain('nightcrier_faults_received_total{cluster="other",source="sweep"} 1');
  expect(text).toContain('nightcrier_fault_outcomes_total{cluster="prod",outcome="repeated"} 1');
  expect(text).toContain('nightcrier_incidents{state="open"} 2');
  expect(text).toContain('nightcrier_incidents{state="failed"} 0');
  expect(text).toContain('nightcrier_open_faults{cluster="prod"} 1');
  expect(asked).toBe(1);
  expect(await registry.metrics()).toBe(text);
  expect(asked).toBe(2);
});

test('OPS-2, UX-22: live incidents are there by cluster and severity, and gone when they have ended', async () => {
  const { store } = await openTestStore();
  const registry = new Registry();
  registerIntakeMetrics(registry, () => store.counters());
  const live = async () => (await registry.metrics()).match(/^nightcrier_incidents_live\{.*$/gm) ?? [];
  expect(await live()).toEqual([]);
  for (const [cluster, pod, severity] of [
    ['prod', 'a', 'critical'],
    ['prod', 'b', 'critical'],
    ['prod', 'c', 'warning'],
    ['east', 'a', 'critical'],
  ] as const) {
    await receive(store, [signal({ cluster, pod, severity })], { owner: owner(pod) });
  }
  expect(await live()).toEqual([
    'nightcrier_incidents_live{cluster="east",severity="critical"} 1',
    'nightcrier_incidents_live{cluster="prod",severity="critical"} 2',
    'nightcrier_incidents_live{cluster="prod",severity="warning"} 1',
  ]);
  await store.closeRemovedClusters(['prod'], startOfTime);
  expect(await live()).toEqual([
    'nightcrier_incidents_live{cluster="prod",severity="critical"} 2',
    'nightcrier_incidents_live{cluster="prod",severity="warning"} 1',
  ]);
});

test('OPS-2: the throttled of an earlier process are counted still', async () => {
  const { store, file } = await openTestStore();
  await store.countThrottled('prod', 7, startOfTime);
  await store.close();
  const registry = new Registry();
  const { store: later } = await openTestStore({}, file);
  registerIntakeMetrics(registry, () => later.counters());
  expect(await registry.metrics()).toContain('nightcrier_faults_throttled_total 7');
});

test('OPS-2: a scrape works while the state cannot be read, with what was known', async () => {
  const { store } = await openTestStore();
  const registry = new Registry();
  let broken = false;
  registerIntakeMetrics(registry, () => (broken ? Promise.reject(new Error('the disk is gone')) : store.counters()));
  await receive(store, [signal()]);
  const text = await registry.metrics();
  broken = true;
  expect(await registry.metrics()).toBe(text);
});
