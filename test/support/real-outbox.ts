import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import type { StateStore } from '../../src/domain/state-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createNotifications, type Notifications } from '../../src/notify/notifications.ts';
import type { Notifier } from '../../src/notify/notifier.ts';
import { limits, runResult } from '../storage/store-fixture.ts';

/** Delivers what is in a store by a notifier, in real time; ends with the test, or when what is returned is called. */
export async function deliverFrom(store: StateStore, notifier: Notifier): Promise<() => Promise<void>> {
  const notifications = notificationsOf(store, notifier);
  const stop = (): Promise<void> => notifications.stop(AbortSignal.abort());
  onTestFinished(stop);
  await notifications.start();
  return stop;
}

/**
 * The same by a process that dies at the end of a delivery: nobody writes down that a message was sent. Nobody stops it
 * either.
 */
export async function deliverAndDie(store: StateStore, notifier: Notifier): Promise<void> {
  const dying = new Proxy(store, {
    get: (target, key) =>
      key === 'finishDelivery' ? () => new Promise(() => {}) : (Reflect.get(target, key) as unknown),
  });
  await notificationsOf(dying, notifier).start();
}

/** Investigates what waits first. */
export async function answerFirst(store: StateStore, at: number): Promise<void> {
  const claim = await store.claimRun(limits, at);
  await store.finishRun(claim!.run.id, runResult(), at + 1000);
}

function notificationsOf(store: StateStore, notifier: Notifier): Notifications {
  return createNotifications({
    store,
    notifiers: [notifier],
    registry: new Registry(),
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
  });
}
