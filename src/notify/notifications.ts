import type { Registry } from 'prom-client';
import type { StateReader } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Problem } from '../lib/problem.ts';
import { type DeliveryLoop, type Outbox, startDeliveryLoop } from './delivery-loop.ts';
import { notifyMetrics } from './metrics.ts';
import type { Notifier } from './notifier.ts';

export interface NotificationsOptions {
  readonly store: Outbox & Pick<StateReader, 'counters'>;
  /** One for each target of the outbox. */
  readonly notifiers: readonly Notifier[];
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export interface Notifications {
  /** Takes up what was being sent when the process died, then starts to deliver. @throws StoreUnavailableError */
  start(): Promise<void>;
  /** Sends what can be sent; `signal` bounds it. What is left stays in the outbox. */
  stop(signal: AbortSignal): Promise<void>;
  /** What keeps messages from arriving, empty when all is well. */
  problems(): readonly Problem[];
}

/** Delivery of messages: one loop for each notifier, all over the same outbox. */
export function createNotifications(options: NotificationsOptions): Notifications {
  const { store, notifiers, registry, clock, random, log } = options;
  const metrics = notifyMetrics({
    registry,
    integrations: notifiers.map(({ integration, target }) => ({ integration, target })),
    counters: () => store.counters(),
  });
  let loops: readonly DeliveryLoop[] = [];
  return {
    start: async () => {
      const recovered = await store.recoverDeliveries(clock.now());
      if (recovered > 0) log.info({ count: recovered }, 'messages were being sent when the process ended');
      loops = notifiers.map((notifier) => startDeliveryLoop({ store, notifier, clock, random, log, metrics }));
    },
    stop: async (signal) => {
      await Promise.all(loops.map((loop) => loop.stop(signal)));
    },
    problems: () => notifiers.map((notifier) => notifier.problem()).filter((problem) => problem !== null),
  };
}
