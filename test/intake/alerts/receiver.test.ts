import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/domain/state-store.ts';
import { type AlertReceiverOptions, createAlertReceiver } from '../../../src/intake/alerts/receiver.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { clusterPolicy, minute, startOfTime } from '../../support/signals.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openTestStore, settleAll } from '../../storage/store-fixture.ts';
import { alertOf, rules } from './alert-sample.ts';

const hour = 60 * minute;

/** A receiver over a real store, whose time the test moves. */
async function started(over: Partial<AlertReceiverOptions> = {}) {
  const { store } = await openTestStore();
  const clock = new ManualClock(startOfTime);
  const registry = new Registry();
  let turns = 0;
  const counted: typeof store.expireAlerts = async (...args) => {
    const ended = await store.expireAlerts(...args);
    turns += 1;
    return ended;
  };
  const receiver = createAlertReceiver({
    store: { ...store, expireAlerts: counted },
    settings: () => ({ rules, token: null }),
    policy: () => null,
    registry,
    clock,
    logger: silentLogger,
    ...over,
  });
  /** Time goes by, and every turn that is due has ended. */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 15_000) {
      const before = turns;
      await clock.advance(Math.min(15_000, left));
      if (left >= 15_000) await waitUntil(() => turns > before, 'a turn');
    }
  };
  const standing = async (): Promise<number> => (await store.activeFaults('prod')).length;
  const settle = () => settleAll(store, {}, clock.now());
  return { store, clock, registry, receiver, pass, standing, settle };
}

/** As Prometheus sends it now: over in four minutes. */
function sent(clock: ManualClock, labels: Record<string, string> = {}) {
  return alertOf({ labels: { pod: 'cart-0', ...labels }, endsAt: new Date(clock.now() + 4 * minute).toISOString() });
}

const watchdog = (clock: ManualClock, cluster = 'prod') =>
  sent(clock, { alertname: 'Watchdog', severity: 'none', cluster });

test('INT-7: what is received is on disk when the answer is given, and counted by what it says', async () => {
  const { store, receiver, clock, registry } = await started();
  const alerts = [sent(clock), sent(clock), watchdog(clock), sent(clock, { cluster: 'nowhere' })];
  await receiver.receive('api', alerts);
  const { items } = await store.faults({ limit: 10 });
  // The same alert twice in a request is one.
  expect(items.map(({ reception }) => [reception.cluster, reception.outcome])).toEqual([
    ['(unknown)', 'invalid'],
    ['prod', null],
  ]);
  const metrics = await registry.metrics();
  for (const [result, count] of Object.entries({ firing: 1, resolved: 0, invalid: 1, ignored: 1 })) {
    expect(metrics).toContain(`nightcrier_alerts_total{form="api",result="${result}"} ${count}`);
  }
});

test('INT-7: an alert whose Prometheus goes on without it ends when its end has passed', async () => {
  const { receiver, clock, pass, standing, settle } = await started();
  receiver.start();
  await pass(6 * minute);
  await receiver.receive('api', [sent(clock), watchdog(clock)]);
  await settle();
  for (let at = 0; at < 3; at += 1) {
    await pass(minute);
    await receiver.receive('api', [watchdog(clock)]);
  }
  expect(await standing()).toBe(1);
  await pass(minute + 15_000);
  await receiver.receive('api', [watchdog(clock)]);
  await pass(15_000);
  expect(await standing()).toBe(0);
  await receiver.stop();
});

test('INT-7: an alert stands while nothing of its cluster is heard, for an hour', async () => {
  const { receiver, clock, pass, standing, settle } = await started();
  receiver.start();
  await pass(6 * minute);
  await receiver.receive('api', [sent(clock)]);
  await settle();
  for (let at = 0; at < 20; at += 1) {
    await pass(minute);
    await receiver.receive('api', [watchdog(clock, 'staging')]);
  }
  expect(await standing()).toBe(1);
  await pass(hour - 15 * minute);
  expect(await standing()).toBe(0);
  await receiver.stop();
});

test('INT-3 INT-7: an alert is received again when nothing holds it back any more, without its sender', async () => {
  let triageEnabled = false;
  const { store, receiver, clock, pass } = await started({ policy: () => clusterPolicy({ triageEnabled }) });
  await receiver.receive('api', [sent(clock)]);
  await settleAll(store, { cluster: { triageEnabled } }, clock.now());
  receiver.start();
  await pass(30_000);
  expect(await store.unsettled(10)).toEqual([]);
  triageEnabled = true;
  await pass(30_000);
  expect(await settleAll(store, {}, clock.now())).toMatchObject([{ outcome: 'opened' }]);
  await receiver.stop();
});

test('INT-7: after a start every sender has five minutes to send again', async () => {
  const { store, receiver, clock, pass, standing, settle } = await started();
  await receiver.receive('api', [sent(clock)]);
  await settle();
  // The daemon is down for half an hour; then a first message comes, of another alert.
  await clock.advance(30 * minute);
  receiver.start();
  await receiver.receive('api', [watchdog(clock)]);
  await pass(4 * minute + 45_000);
  expect(await standing()).toBe(1);
  await receiver.receive('api', [watchdog(clock)]);
  await pass(30_000);
  expect(await standing()).toBe(0);
  await receiver.stop();
  expect(await store.expireAlerts({ heard: { prod: clock.now() }, silenceMs: hour }, clock.now())).toBe(0);
});

test('INT-7: what could not be kept while the store was full ends nothing', async () => {
  const { store } = await openTestStore();
  let full = false;
  let turns = 0;
  const expireAlerts: typeof store.expireAlerts = async (...args) => {
    const ended = full ? null : await store.expireAlerts(...args);
    turns += 1;
    if (ended === null) throw new StoreUnavailableError('full');
    return ended;
  };
  const { receiver, clock } = await started({ store: { ...store, expireAlerts } });
  const pass = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) {
      const before = turns;
      await clock.advance(15_000);
      await waitUntil(() => turns > before, 'a turn');
    }
  };
  receiver.start();
  await pass(24);
  await receiver.receive('api', [sent(clock)]);
  await settleAll(store, {}, clock.now());
  full = true;
  await pass(20);
  full = false;
  await receiver.receive('api', [watchdog(clock)]);
  await pass(4);
  expect(await store.activeFaults('prod')).toHaveLength(1);
  await receiver.stop();
});

test('INT-7: names that no cluster has are a problem of a person, for an hour', async () => {
  const { receiver, clock } = await started();
  expect(receiver.problems()).toEqual([]);
  await receiver.receive('api', [sent(clock, { cluster: 'prod-eu' })]);
  expect(receiver.problems()).toEqual([
    {
      code: 'NC-INTAKE-002',
      message: 'alerts came in that cannot be placed: no cluster "prod-eu" is configured (label cluster)',
      fix: expect.stringContaining('one of: prod, staging'),
    },
  ]);
  await clock.advance(hour + 1);
  expect(receiver.problems()).toEqual([]);
});
