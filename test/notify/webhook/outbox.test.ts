import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StateStore } from '../../../src/domain/state-store.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { createNotifications, type Notifications } from '../../../src/notify/notifications.ts';
import { signingKey } from '../../../src/notify/webhook-signature.ts';
import { webhookNotifier } from '../../../src/notify/webhook/webhook-notifier.ts';
import { limits, openTestStore, receive, runResult } from '../../storage/store-fixture.ts';
import { signal } from '../../support/signals.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { WebhookReceiver, webhookSecret } from '../../support/webhook-receiver.ts';

let receiver: WebhookReceiver;
const running: Notifications[] = [];
beforeEach(async () => {
  receiver = await WebhookReceiver.start();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((notifications) => notifications.stop(AbortSignal.abort())));
  await receiver.close();
});

async function deliver(store: StateStore): Promise<Notifications> {
  const notifier = webhookNotifier({
    url: receiver.url,
    key: signingKey(webhookSecret),
    publicUrl: null,
    timeoutMs: 1000,
    fetch: globalThis.fetch,
    clock: systemClock,
    random: () => 0,
  });
  const notifications = createNotifications({
    store,
    notifiers: [notifier],
    registry: new Registry(),
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
  });
  running.push(notifications);
  await notifications.start();
  return notifications;
}

async function answer(store: StateStore, now: number): Promise<void> {
  const claim = await store.claimRun(limits, now + 60_000);
  await store.finishRun(claim!.run.id, runResult(), now + 61_000);
}

const words = (): string[] => receiver.events.map(({ type }) => type.replace('incident.', ''));

test('NOT-4, NOT-3: opened, answered, resolved, over a receiver that fails in every way', async () => {
  const { store } = await openTestStore({ targets: ['webhook'] });
  await deliver(store);
  const now = Date.now() - 120_000;
  receiver.failNext('reset', { status: 500 });
  const [settled] = await receive(store, [signal({ at: now })], {}, now);
  await waitUntil(() => receiver.calls.length === 3, 'the opening, the third time');
  receiver.failNext({ status: 503, headers: { 'retry-after': '1' } });
  await answer(store, now);
  await waitUntil(() => receiver.calls.length === 5, 'the answer, the second time');
  await store.resolveIncident(settled?.incidentId ?? '', 'cleared', now + 90_000);
  await waitUntil(() => receiver.events.length === 3, 'the end');
  expect(words()).toEqual(['opened', 'answered', 'resolved']);
  expect(receiver.wrong).toEqual([]);
});

test('NOT-4, NOT-3: the process dies after the receiver took an event: it comes again with the same id', async () => {
  const { store, file } = await openTestStore({ targets: ['webhook'] });
  const dying = new Proxy(store, {
    get: (target, key) =>
      key === 'finishDelivery' ? () => new Promise(() => {}) : (Reflect.get(target, key) as unknown),
  });
  const now = Date.now() - 120_000;
  await deliver(dying);
  running.length = 0;
  await receive(store, [signal({ at: now })], {}, now);
  await waitUntil(() => receiver.calls.length === 1, 'the opening');
  // Its row is never written. Meanwhile the incident goes on: another row takes the place of that one.
  await answer(store, now);
  await store.close();

  const again = await openTestStore({ targets: ['webhook'] }, file);
  await deliver(again.store);
  await waitUntil(() => words().includes('answered'), 'the answer');
  expect(words()).toEqual(['opened', 'answered']);
  expect(receiver.calls.map(({ type }) => type)).toEqual(['incident.opened', 'incident.opened', 'incident.answered']);
});

test('NOT-4: nothing is called while the receiver is gone, and everything comes at the next start', async () => {
  const { store } = await openTestStore({ targets: ['webhook'] });
  const first = await deliver(store);
  const now = Date.now() - 120_000;
  receiver.failNext({ status: 410 });
  await receive(store, [signal({ at: now })], {}, now);
  await waitUntil(() => first.problems().length === 1, 'the problem');
  expect(first.problems()).toMatchObject([{ code: 'NC-NOTIFY-006' }]);
  await answer(store, now);
  await first.stop(AbortSignal.abort());
  expect(receiver.calls).toHaveLength(1);
  expect((await store.counters()).outbox).toMatchObject([{ target: 'webhook', count: 1 }]);
});
