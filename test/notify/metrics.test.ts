import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { Counters } from '../../src/domain/history.ts';
import { notifyMetrics } from '../../src/notify/metrics.ts';
import { failureReasons } from '../../src/notify/notifier.ts';

const integrations = [
  { integration: 'slack', target: 'slack' },
  { integration: 'console', target: 'console' },
];

function measured(counters: () => Promise<Pick<Counters, 'outbox'>> = async () => ({ outbox: [] })) {
  const registry = new Registry();
  const metrics = notifyMetrics({ registry, integrations: () => integrations, counters });
  /** Values by `name{labels}`; buckets left out. */
  const values = async (): Promise<Map<string, number>> =>
    new Map(
      (await registry.metrics())
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_bucket'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  return { metrics, values };
}

test('UX-22: every integration, kind and reason is there at zero before the first message', async () => {
  const values = await measured().values();
  for (const { integration } of integrations) {
    for (const reason of failureReasons) {
      const name = `nightcrier_notifications_failed_total{integration="${integration}",reason="${reason}"}`;
      expect([name, values.get(name)]).toEqual([name, 0]);
    }
    expect(values.get(`nightcrier_notifications_total{integration="${integration}",kind="incident"}`)).toBe(0);
    expect(values.get(`nightcrier_notifications_total{integration="${integration}",kind="first_contact"}`)).toBe(0);
    expect(values.get(`nightcrier_outbox_length{integration="${integration}"}`)).toBe(0);
  }
});

test('OPS-2: deliveries, failures and the time to the first message are counted where they belong', async () => {
  const { metrics, values } = measured();
  metrics.sent('slack', 'incident', 0.3);
  metrics.sent('slack', 'incident', 0.5);
  metrics.sent('console', 'first_contact', 0.01);
  metrics.failed('slack', 'rate_limited');
  metrics.firstMessage(4);
  const now = await values();
  expect(now.get('nightcrier_notifications_total{integration="slack",kind="incident"}')).toBe(2);
  expect(now.get('nightcrier_notifications_total{integration="console",kind="first_contact"}')).toBe(1);
  expect(now.get('nightcrier_notifications_failed_total{integration="slack",reason="rate_limited"}')).toBe(1);
  expect(now.get('nightcrier_notifications_failed_total{integration="console",reason="rate_limited"}')).toBe(0);
  expect(now.get('nightcrier_notification_duration_seconds_count{integration="slack"}')).toBe(2);
  expect(now.get('nightcrier_notification_duration_seconds_sum{integration="slack"}')).toBeCloseTo(0.8);
  expect(now.get('nightcrier_incident_first_message_duration_seconds_count')).toBe(1);
});

test('OPS-2: the outbox is read at each scrape, with the age of its oldest message in seconds', async () => {
  let outbox: Counters['outbox'] = [];
  const { values } = measured(async () => ({ outbox }));
  expect((await values()).get('nightcrier_outbox_oldest_timestamp_seconds{integration="slack"}')).toBe(0);
  outbox = [{ target: 'slack', count: 3, oldestAt: 1_700_000_000_500 }];
  const now = await values();
  expect(now.get('nightcrier_outbox_length{integration="slack"}')).toBe(3);
  expect(now.get('nightcrier_outbox_length{integration="console"}')).toBe(0);
  expect(now.get('nightcrier_outbox_oldest_timestamp_seconds{integration="slack"}')).toBe(1_700_000_000.5);
});

test('OPS-2: while the state cannot be read a scrape still answers, and says that the length is not known', async () => {
  const { metrics, values } = measured(() => Promise.reject(new Error('the state cannot be read')));
  metrics.sent('slack', 'incident', 1);
  const now = await values();
  expect(now.get('nightcrier_notifications_total{integration="slack",kind="incident"}')).toBe(1);
  expect(now.get('nightcrier_outbox_length{integration="slack"}')).toBeNaN();
});
