import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { DeliveryClaim } from '../../src/domain/state-store.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createNotifications, type Notifications } from '../../src/notify/notifications.ts';
import type { Notifier, SendOutcome } from '../../src/notify/notifier.ts';
import { sampleFault, sampleIncident } from '../support/incident-samples.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';

/** A notifier that ends each attempt as the test says. */
class ScriptedNotifier implements Notifier {
  readonly target = 'slack';
  readonly integration = 'slack';
  readonly sent: DeliveryClaim[] = [];
  paused: number | null = null;
  script: SendOutcome[] = [];

  async send(claim: DeliveryClaim): Promise<SendOutcome> {
    this.sent.push(claim);
    return this.script.shift() ?? { kind: 'sent', post: { channel: 'C1', ts: '1.1' } };
  }

  pausedUntil(): number | null {
    return this.paused;
  }

  problem(): null {
    return null;
  }
}

interface Bench {
  readonly clock: ManualClock;
  readonly outbox: MemoryOutbox;
  readonly notifier: ScriptedNotifier;
  readonly registry: Registry;
  readonly notifications: Notifications;
}

async function bench(run: (bench: Bench) => Promise<void>): Promise<void> {
  const clock = new ManualClock();
  const outbox = new MemoryOutbox();
  const notifier = new ScriptedNotifier();
  const registry = new Registry();
  const notifications = createNotifications({
    store: outbox,
    notifiers: [notifier],
    registry,
    clock,
    random: () => 0.5,
    log: silentLogger,
  });
  await notifications.start();
  try {
    await run({ clock, outbox, notifier, registry, notifications });
  } finally {
    outbox.broken = false;
    await notifications.stop(AbortSignal.abort());
    expect(clock.timers).toBe(0);
  }
}

const failed: SendOutcome = { kind: 'failed', reason: 'other', message: 'no', again: 'back_off', uncertain: false };
const put = (outbox: MemoryOutbox, id = 'inc_1'): void => outbox.put(sampleIncident({ id }), [sampleFault()], []);

describe('the delivery loop', () => {
  test('NOT-3: a new row wakes it at once', async () => {
    await bench(async ({ clock, outbox, notifier }) => {
      await clock.advance(0);
      put(outbox);
      await clock.advance(0);
      expect(notifier.sent).toHaveLength(1);
      expect(outbox.statuses).toEqual(['sent']);
    });
  });

  test('NOT-3: failures are repeated with growing waits, for ever', async () => {
    await bench(async ({ clock, outbox, notifier }) => {
      notifier.script = Array.from({ length: 12 }, () => failed);
      put(outbox);
      const start = clock.now();
      const times: number[] = [];
      while (outbox.statuses[0] !== 'sent') {
        const before = notifier.sent.length;
        await clock.advance(100);
        if (notifier.sent.length > before) times.push(clock.now() - start);
      }
      const gaps = times.slice(1).map((time, index) => time - times[index]!);
      expect(notifier.sent).toHaveLength(13);
      expect(gaps[0]).toBeLessThan(1500);
      expect(gaps[5]).toBeGreaterThan(gaps[2]!);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(5 * 60_000);
    });
  });

  test('NOT-3: a time that the other side names wins over ours', async () => {
    await bench(async ({ clock, outbox, notifier }) => {
      const at = clock.now() + 42_000;
      notifier.script = [{ kind: 'failed', reason: 'rate_limited', message: 'wait', again: { at }, uncertain: false }];
      put(outbox);
      await clock.advance(41_000);
      expect(notifier.sent).toHaveLength(1);
      await clock.advance(1100);
      expect(notifier.sent).toHaveLength(2);
    });
  });

  test('NOT-3: a paused notifier is not asked, and rows do not wake it', async () => {
    await bench(async ({ clock, outbox, notifier }) => {
      notifier.paused = clock.now() + 60_000;
      put(outbox);
      await clock.advance(30_000);
      put(outbox, 'inc_2');
      await clock.advance(29_000);
      expect(notifier.sent).toHaveLength(0);
      expect(outbox.statuses).toEqual(['pending', 'pending']);
      await clock.advance(61_000);
      expect(notifier.sent).toHaveLength(2);
    });
  });

  test('NOT-3: a store that cannot be used loses nothing and ends nothing', async () => {
    await bench(async ({ clock, outbox, notifier }) => {
      await clock.advance(0);
      outbox.broken = true;
      put(outbox);
      await clock.advance(60_000);
      expect(notifier.sent).toHaveLength(0);
      outbox.broken = false;
      await clock.advance(5 * 60_000);
      expect(outbox.statuses).toEqual(['sent']);
    });
  });

  test('NOT-3: what was sent while the store failed is written down later and not sent again', async () => {
    await bench(async ({ clock, outbox, notifier }) => {
      notifier.send = async (claim) => {
        outbox.broken = true;
        notifier.sent.push(claim);
        return { kind: 'sent', post: null };
      };
      put(outbox);
      await clock.advance(30_000);
      expect(outbox.statuses).toEqual(['sending']);
      outbox.broken = false;
      await clock.advance(5 * 60_000);
      expect(outbox.statuses).toEqual(['sent']);
      expect(notifier.sent).toHaveLength(1);
    });
  });

  test('NOT-3: at start, what was being sent becomes uncertain and is taken up', async () => {
    await bench(async ({ clock, outbox, notifier, notifications }) => {
      await notifications.stop(AbortSignal.abort());
      put(outbox);
      await outbox.claimDeliveries('slack', 1, clock.now());
      await notifications.start();
      await clock.advance(0);
      expect(notifier.sent[0]?.delivery).toMatchObject({ uncertain: true, attempts: 2 });
    });
  });

  test('OPS-5: a stop drains what is due, in more than one batch', async () => {
    await bench(async ({ clock, outbox, notifier, notifications }) => {
      await clock.advance(0);
      for (let index = 0; index < 25; index++) put(outbox, `inc_${index}`);
      await notifications.stop(AbortSignal.timeout(5000));
      expect(notifier.sent).toHaveLength(25);
      expect(new Set(outbox.statuses)).toEqual(new Set(['sent']));
    });
  });

  test('OPS-2: a scrape works while the store cannot be read', async () => {
    await bench(async ({ outbox, registry }) => {
      outbox.counters = () => Promise.reject(new Error('the disk is gone'));
      expect(await registry.metrics()).toContain('nightcrier_outbox_length{integration="slack"} Nan');
    });
  });

  test('OPS-2: metrics count deliveries, failures by reason, and what waits', async () => {
    await bench(async ({ clock, outbox, notifier, registry }) => {
      notifier.script = [{ ...failed, reason: 'server_error' }];
      put(outbox);
      await clock.advance(0);
      const waiting = await registry.metrics();
      expect(waiting).toContain('nightcrier_outbox_length{integration="slack"} 1');
      expect(waiting).toMatch(/nightcrier_outbox_oldest_timestamp_seconds\{integration="slack"\} [1-9]/);
      await clock.advance(2000);
      const done = await registry.metrics();
      expect(done).toContain('nightcrier_notifications_total{integration="slack",kind="incident"} 1');
      expect(done).toContain('nightcrier_notifications_failed_total{integration="slack",reason="server_error"} 1');
      expect(done).toContain('nightcrier_outbox_length{integration="slack"} 0');
      expect(done).toContain('nightcrier_incident_first_message_duration_seconds_count 1');
    });
  });
});

describe('CFG-7: another notifier', () => {
  test('takes over at once: what waited for its next attempt is due, and the old one gets nothing more', async () => {
    await bench(async ({ clock, outbox, notifier, notifications }) => {
      const inTenMinutes = clock.now() + 600_000;
      notifier.script = [{ ...failed, again: { at: inTenMinutes } }];
      put(outbox);
      await clock.advance(0);
      expect(outbox.statuses).toEqual(['pending']);
      const next = new ScriptedNotifier();
      await notifications.use([next]);
      await clock.advance(0);
      expect(next.sent).toHaveLength(1);
      put(outbox, 'inc_2');
      await clock.advance(0);
      expect([notifier.sent.length, next.sent.length]).toEqual([1, 2]);
      expect(outbox.statuses).toEqual(['sent', 'sent']);
    });
  });

  test('the same one goes on as it was, and one that is gone has no series of the outbox any more', async () => {
    await bench(async ({ clock, outbox, notifier, notifications, registry }) => {
      await notifications.use([notifier]);
      put(outbox);
      await clock.advance(0);
      expect(notifier.sent).toHaveLength(1);
      expect(await registry.metrics()).toContain('nightcrier_outbox_length{integration="slack"} 0');
      await notifications.use([]);
      expect(await registry.metrics()).not.toContain('nightcrier_outbox_length{');
      put(outbox, 'inc_2');
      await clock.advance(60_000);
      expect(notifier.sent).toHaveLength(1);
    });
  });
});
