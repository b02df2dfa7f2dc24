import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StateStore } from '../../src/domain/state-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createNotifications, type Notifications } from '../../src/notify/notifications.ts';
import { slackNotifier } from '../../src/notify/slack/web-api-notifier.ts';
import { limits, openTestStore, receive, runResult } from '../storage/store-fixture.ts';
import { sampleResult } from '../support/incident-samples.ts';
import { signal } from '../support/signals.ts';
import { findingsSample } from '../support/findings-sample.ts';
import { evidenceSample, verdictSample } from '../support/report-sample.ts';
import { SlackServer } from '../support/slack-server.ts';
import { waitUntil } from '../support/wait-until.ts';

let slack: SlackServer;
const running: Notifications[] = [];
beforeEach(async () => {
  slack = await SlackServer.start();
  slack.now = Date.now;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((notifications) => notifications.stop(AbortSignal.abort())));
  await slack.close();
});

async function deliver(store: StateStore): Promise<void> {
  const notifications = notificationsOf(store);
  running.push(notifications);
  await notifications.start();
}

async function sent(store: StateStore): Promise<boolean> {
  return (await store.counters()).outbox.every(({ count }) => count === 0);
}

test('NOT-1, NOT-3, UX-13: a fault in the real store becomes one post that moves with its incident', async () => {
  const { store } = await openTestStore({ targets: ['slack'] });
  await deliver(store);
  const now = Date.now() - 120_000;
  await receive(store, [signal({ at: now })], {}, now);
  await waitUntil(() => slack.channelPosts.length === 1, 'the post');
  await waitUntil(() => sent(store), 'the first delivery');
  const claim = await store.claimRun(limits, now + 60_000);
  await store.finishRun(claim!.run.id, runResult({ summary: sampleResult().summary }), now + 61_000);
  await waitUntil(() => slack.threadPosts.length === 1, 'the details');
  expect(slack.channelPosts).toHaveLength(1);
  expect(JSON.stringify(slack.channelPosts[0]?.blocks)).toContain('the process exits with 1');
});

test('NOT-3, UX-14: the process dies after Slack took the message: after the restart there is still one', async () => {
  const { store, file } = await openTestStore({ targets: ['slack'] });
  // Death between the answer of Slack and the row: what was sent is never written down.
  const dying = new Proxy(store, {
    get: (target, key) =>
      key === 'finishDelivery' ? () => new Promise(() => {}) : (Reflect.get(target, key) as unknown),
  });
  const now = Date.now();
  // Nobody stops these: their process is dead.
  const first = notificationsOf(dying);
  await first.start();
  await receive(store, [signal({ at: now })], {}, now);
  await waitUntil(() => slack.channelPosts.length === 1, 'the post');
  await store.close();

  const again = await openTestStore({ targets: ['slack'] }, file);
  await deliver(again.store);
  await waitUntil(() => sent(again.store), 'the delivery to be known');
  expect(slack.channelPosts).toHaveLength(1);
  expect(slack.channelPosts[0]?.edits).toBe(1);
});

function notificationsOf(store: StateStore): Notifications {
  const notifier = slackNotifier({
    token: 'xoxb-test',
    channel: '#incidents',
    channelOf: () => null,
    apiUrl: slack.url,
    publicUrl: null,
    timeoutMs: 2000,
    fetch: globalThis.fetch,
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    kept: async () => ({ verdict: verdictSample(), findings: findingsSample({ evidence: [evidenceSample()] }) }),
  });
  return createNotifications({
    store,
    notifiers: [notifier],
    registry: new Registry(),
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
  });
}
