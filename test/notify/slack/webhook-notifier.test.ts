import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Incident } from '../../../src/domain/records.ts';
import type { DeliveryClaim } from '../../../src/domain/state-store.ts';
import { type Logger, silentLogger } from '../../../src/lib/log.ts';
import { slackWebhookNotifier } from '../../../src/notify/slack/webhook-notifier.ts';
import { sampleClaim, sampleNotice } from '../../support/claim-sample.ts';
import { answeredIncident, sampleIncident, sampleRun, sampleTime } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type SlackFault, SlackServer } from '../../support/slack-server.ts';

const signal = new AbortController().signal;
let slack: SlackServer;
let clock: ManualClock;
beforeEach(async () => {
  slack = await SlackServer.start();
  clock = new ManualClock();
});
afterEach(() => slack.close());

function notifier(log: Logger = silentLogger): ReturnType<typeof slackWebhookNotifier> {
  return slackWebhookNotifier({
    log,
    url: slack.webhookUrl,
    publicUrl: null,
    timeoutMs: 1000,
    fetch: globalThis.fetch,
    clock,
    random: () => 0.5,
  });
}

const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });
const resolved: Incident = { ...answeredIncident(), status: 'resolved', resolvedAt: sampleTime + 840_000 };

describe('Slack by incoming webhook', () => {
  test('NOT-1: one message an incident: its answer, and nothing before or after', async () => {
    const n = notifier();
    const states: DeliveryClaim[] = [
      sampleClaim(),
      sampleClaim({ incident: sampleIncident({ status: 'investigating' }) }),
    ];
    for (const claim of states) expect(await n.send(claim, signal)).toEqual({ kind: 'sent', post: null });
    expect(slack.calls).toHaveLength(0);
    expect(await n.send(answered, signal)).toEqual({ kind: 'sent', post: null });
    const previous = { ...answered.delivery, createdAt: resolved.reportedAt ?? 0 };
    await n.send({ ...sampleClaim({ incident: resolved, runs: [sampleRun()] }), previous }, signal);
    expect(slack.posts).toHaveLength(1);
    expect(JSON.stringify(slack.posts[0])).toContain('*Cause:*');
    expect(JSON.stringify(slack.posts[0])).not.toContain('in the thread');
  });

  test('NOT-3: an answer that was overtaken by the end is told with it', async () => {
    await notifier().send(sampleClaim({ incident: resolved, runs: [sampleRun()] }), signal);
    expect(slack.posts).toHaveLength(1);
    expect(JSON.stringify(slack.posts[0])).toContain('*Cause was:*');
  });

  test('NOT-6: notices are told', async () => {
    const n = notifier();
    await n.send(sampleNotice('clusters_unreachable'), signal);
    await clock.advance(2000);
    await n.send(sampleNotice('clusters_back'), signal);
    expect(slack.posts.map((post) => post.text)).toEqual([
      '⚠️ nightcrier is blind · prod-eu',
      '✅ nightcrier sees again · prod-eu',
    ]);
  });

  test('NOT-3: what may have arrived is sent again and marked', async () => {
    await notifier().send({ ...answered, delivery: { ...answered.delivery, uncertain: true } }, signal);
    expect(slack.posts[0]?.text).toMatch(/^\(may be a repeat\)/);
  });

  const faults: [string, SlackFault, { reason: string; again?: string; uncertain: boolean }][] = [
    ['429', { kind: 'rate_limited', seconds: 9 }, { reason: 'rate_limited', uncertain: false }],
    ['429 without a time', { kind: 'rate_limited', seconds: null }, { reason: 'rate_limited', uncertain: false }],
    ['500', { kind: 'status', status: 500 }, { reason: 'server_error', again: 'back_off', uncertain: true }],
    ['silence', { kind: 'silent', done: true }, { reason: 'timeout', again: 'back_off', uncertain: true }],
  ];
  test.each(faults)('UX-14: %s keeps the message', async (_name, fault, expected) => {
    slack.failNext('webhook', fault);
    expect(await notifier().send(answered, signal)).toMatchObject({ kind: 'failed', ...expected });
  });

  test.each<SlackFault>([
    { kind: 'garbage', body: '' },
    { kind: 'garbage', body: 'OK' },
    { kind: 'garbage', body: '{"status":"success"}' },
    { kind: 'garbage', body: '<html>' },
    { kind: 'cut_off' },
  ])('NOT-3: any 2xx is a delivery, whatever the body says, which is logged: %j', async (fault) => {
    const info = vi.fn();
    const n = notifier({ ...silentLogger, info });
    slack.failNext('webhook', fault);
    expect(await n.send(answered, signal)).toEqual({ kind: 'sent', post: null });
    expect(n.problem()).toBeNull();
    expect(n.pausedUntil()).toBeNull();
    expect(slack.calls).toHaveLength(1);
    expect(info).toHaveBeenCalledTimes(1);
    expect(info.mock.calls[0]?.[0]).toMatchObject({ status: 200 });
  });

  test('NOT-3: Retry-After closes the way until then', async () => {
    const n = notifier();
    slack.failNext('webhook', { kind: 'rate_limited', seconds: 9 });
    await n.send(answered, signal);
    expect(n.pausedUntil()).toBe(clock.now() + 9000);
    expect(await n.send(answered, signal)).toMatchObject({ kind: 'deferred', until: clock.now() + 9000 });
    await clock.advance(9000);
    expect(n.pausedUntil()).toBeNull();
    expect(await n.send(answered, signal)).toMatchObject({ kind: 'sent' });
  });

  test.each(faults.filter(([, , { reason }]) => reason !== 'rate_limited'))(
    'NOT-3: five times %s is a problem with a code, until a message arrives',
    async (_name, fault) => {
      const n = notifier();
      for (let times = 1; times <= 5; times += 1) {
        expect(n.problem()).toBeNull();
        slack.failNext('webhook', fault);
        await n.send(answered, signal);
        await clock.advance(2000);
      }
      expect(n.problem()).toMatchObject({ code: 'NC-SLACK-005' });
      await n.send(answered, signal);
      expect(n.problem()).toBeNull();
    },
  );

  test('NOT-3: a removed webhook is a problem with a code, is asked again slowly, and recovers', async () => {
    const n = notifier();
    slack.failNext('webhook', { kind: 'error', error: 'no_service' });
    expect(await n.send(answered, signal)).toMatchObject({ kind: 'failed', reason: 'auth', message: 'no_service' });
    expect(n.problem()).toMatchObject({ code: 'NC-SLACK-004' });
    expect(JSON.stringify(n.problem())).not.toContain('secret');
    await clock.advance(60_000);
    expect(await n.send(answered, signal)).toMatchObject({ kind: 'sent' });
    expect(n.problem()).toBeNull();
  });
});
