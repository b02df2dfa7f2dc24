import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../src/lib/clock.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { secretPattern, signatureHeaders, signingKey } from '../../../src/notify/webhook-signature.ts';
import { reactionTo } from '../../../src/notify/http/answer.ts';
import { webhookNotifier, type WebhookOptions } from '../../../src/notify/webhook/webhook-notifier.ts';
import { sampleAgentNotice, sampleClaim, sampleNotice } from '../../support/claim-sample.ts';
import { answeredIncident, sampleRun } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type ReceiverFault, WebhookReceiver, webhookSecret } from '../../support/webhook-receiver.ts';

const signal = new AbortController().signal;
let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await WebhookReceiver.start();
});
afterEach(() => receiver.close());

function notifier(over: Partial<WebhookOptions> = {}, clock: Clock = systemClock) {
  return webhookNotifier({
    url: receiver.url,
    key: signingKey(webhookSecret),
    publicUrl: null,
    timeoutMs: 500,
    fetch: globalThis.fetch,
    clock,
    random: () => 0.5,
    ...over,
  });
}

/** The time of now, moved by hand: receivers compare a call's time with theirs. */
function movedClock(): ManualClock {
  return new ManualClock(Date.now());
}

const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });

describe('NOT-4: signed calls (Standard Webhooks)', () => {
  test('verify with the library of others, headers and body', async () => {
    expect(await notifier().send(sampleClaim(), signal)).toEqual({ kind: 'sent', post: null });
    expect(receiver.wrong).toEqual([]);
    expect(receiver.calls).toMatchObject([{ id: 'inc_01K9Z3W8Q4_opened_0', type: 'incident.opened' }]);
  });

  test('a signature is that of the library, for any body, and no other key gives it', () => {
    const at = Date.now();
    for (const body of ['{}', '{"a":"ä € 😀"}', 'x'.repeat(100_000)]) {
      const headers = signatureHeaders(signingKey(webhookSecret), 'id_1', at, body);
      const seconds = new Date(Math.floor(at / 1000) * 1000);
      expect(headers['webhook-signature']).toBe(new Webhook(webhookSecret).sign('id_1', seconds, body));
      const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      expect(() => new Webhook(other).verify(body, headers)).toThrow(/signature/);
    }
  });

  test('a secret has 24 to 64 bytes and its mark', () => {
    for (let bytes = 0; bytes < 80; bytes += 1) {
      const secret = `whsec_${Buffer.alloc(bytes, bytes).toString('base64')}`;
      expect(secretPattern.test(secret)).toBe(bytes >= 24 && bytes <= 64);
    }
    for (const wrong of [
      '',
      webhookSecret.slice('whsec_'.length),
      `${webhookSecret} `,
      `whsec_${'not base64'.repeat(5)}`,
    ]) {
      expect(() => signingKey(wrong)).toThrow('not a secret');
    }
  });

  test('what the outbox made one message of are the events that happened, in order', async () => {
    await notifier().send(answered, signal);
    expect(receiver.calls.map(({ type }) => type)).toEqual(['incident.opened', 'incident.answered']);
  });

  test('notices are events too', async () => {
    const notices = [
      sampleNotice('first_contact'),
      sampleNotice('clusters_unreachable'),
      sampleNotice('clusters_back'),
      sampleAgentNotice('agent_degraded'),
      sampleAgentNotice('agent_recovered'),
    ];
    const one = notifier();
    for (const claim of notices) expect(await one.send(claim, signal)).toMatchObject({ kind: 'sent' });
    expect(receiver.wrong).toEqual([]);
    expect(receiver.calls.map(({ type }) => type)).toEqual([
      'clusters.first_contact',
      'clusters.unreachable',
      'clusters.back',
      'agent.degraded',
      'agent.recovered',
    ]);
  });
});

describe('UX-14: a receiver that fails loses nothing', () => {
  const faults: [string, ReceiverFault, { reason: string; uncertain: boolean }, string | null][] = [
    ['429', { status: 429 }, { reason: 'rate_limited', uncertain: false }, null],
    ['500', { status: 500 }, { reason: 'server_error', uncertain: true }, null],
    ['503', { status: 503 }, { reason: 'server_error', uncertain: false }, null],
    ['silence', 'silent', { reason: 'timeout', uncertain: true }, null],
    ['a reset', 'reset', { reason: 'network', uncertain: true }, null],
    ['400', { status: 400 }, { reason: 'payload', uncertain: false }, 'NC-NOTIFY-005'],
    ['401', { status: 401 }, { reason: 'auth', uncertain: false }, 'NC-NOTIFY-005'],
    ['404', { status: 404 }, { reason: 'other', uncertain: false }, 'NC-NOTIFY-005'],
    [
      'a redirect',
      { status: 307, headers: { location: '/elsewhere' } },
      { reason: 'other', uncertain: false },
      'NC-NOTIFY-005',
    ],
    ['410', { status: 410 }, { reason: 'other', uncertain: false }, 'NC-NOTIFY-006'],
  ];
  test.each(faults)('%s: comes again, with the same id', async (_name, fault, expected, code) => {
    const clock = movedClock();
    const one = notifier({}, clock);
    receiver.failNext(fault);
    const outcome = await one.send(sampleClaim(), signal);
    expect(outcome).toMatchObject({ kind: 'failed', ...expected });
    expect(outcome.kind === 'failed' && outcome.again).not.toBe('never');
    expect(one.problem()?.code ?? null).toBe(code);
    expect(JSON.stringify(one.problem())).not.toContain('/events');
    // The way is closed: nothing is asked meanwhile.
    expect(await one.send(sampleClaim(), signal)).toMatchObject({ kind: 'deferred' });
    expect(receiver.calls).toHaveLength(1);
    if (code === 'NC-NOTIFY-006') return;
    await clock.advance(Math.min((one.pausedUntil() ?? 0) - clock.now(), 60_000));
    expect(await one.send(sampleClaim(), signal)).toMatchObject({ kind: 'sent' });
    expect(one.problem()).toBeNull();
    expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(1);
    expect(receiver.wrong).toEqual([]);
  });

  test('410 ends it until the next start, and says so', async () => {
    const clock = movedClock();
    const one = notifier({}, clock);
    receiver.failNext({ status: 410 });
    await one.send(sampleClaim(), signal);
    await clock.advance(24 * 3_600_000);
    expect(await one.send(sampleClaim(), signal)).toMatchObject({ kind: 'deferred' });
    expect(receiver.calls).toHaveLength(1);
    expect(await notifier().send(sampleClaim(), signal)).toMatchObject({ kind: 'sent' });
  });

  test('a receiver that is not there, five times: a problem with a code, until it is back', async () => {
    const clock = movedClock();
    const one = notifier({}, clock);
    for (let times = 1; times <= 5; times += 1) {
      expect(one.problem()).toBeNull();
      receiver.failNext('reset');
      await one.send(sampleClaim(), signal);
      await clock.advance(Math.max(0, (one.pausedUntil() ?? 0) - clock.now()));
    }
    expect(one.problem()).toMatchObject({ code: 'NC-NOTIFY-004' });
    const gone = await notifier({ url: 'http://127.0.0.1:1/' }).send(sampleClaim(), signal);
    expect(gone).toMatchObject({ kind: 'failed', reason: 'network' });
  });

  test.each([
    ['9', 9000],
    ['0', 1000],
    ['999999999', 30 * 60_000],
    [new Date(60_000).toUTCString(), 60_000],
    ['-3', 30_000],
    [new Date(-60_000).toUTCString(), 1000],
    ['someday GMT', 30_000],
    ['soon', 30_000],
    [null, 30_000],
  ])('Retry-After: %s waits %d ms', (header, waitMs) => {
    expect(reactionTo(429, header, 0)).toMatchObject({ waitMs });
  });

  test('a stop in the middle cuts it off and keeps it', async () => {
    receiver.failNext('silent');
    const stop = new AbortController();
    const sending = notifier({ timeoutMs: 60_000 }).send(sampleClaim(), stop.signal);
    setTimeout(() => stop.abort(), 50);
    expect(await sending).toMatchObject({ kind: 'deferred' });
  });

  test('an answer without end is not read', async () => {
    receiver.failNext({ status: 200, body: 'x'.repeat(8 * 1024 * 1024) });
    expect(await notifier().send(sampleClaim(), signal)).toMatchObject({ kind: 'sent' });
  });
});

test('OPS-9: calls go by the proxy of the environment', async () => {
  const { startForwardProxy } = await import('../../support/forward-proxy.ts');
  const { createNotifiers } = await import('../../../src/app/notifiers.ts');
  const { configuredFleet } = await import('../../../src/app/settings.ts');
  const { parseConfig } = await import('../../../src/config/load.ts');
  const { silentLogger } = await import('../../../src/lib/log.ts');
  const proxy = await startForwardProxy();
  onTestFinished(() => proxy.close());
  const clusters = [{ name: 'prod', mcp: { endpoint: 'http://127.0.0.1:1/mcp' }, triage: { enabled: false } }];
  const url = receiver.url.replace('127.0.0.1', 'tools.test');
  const notify = { webhook: { url, secret: webhookSecret }, console: false };
  const { config } = parseConfig({ data_dir: '/data', clusters, notify }, '/');
  const made = await createNotifiers({
    config: () => config,
    fleet: () => configuredFleet(config),
    sink: {
      write: () => Promise.resolve(),
      failure: () => null,
      isTerminal: false,
      color: false,
      columns: () => null,
      timeZone: 'UTC',
    },
    proxy: { HTTP_PROXY: proxy.url },
    kept: async () => ({ verdict: null, findings: null }),
    people: async () => ({ silence: null, feedback: [] }),
    clock: systemClock,
    logger: silentLogger,
    url: () => null,
  });
  onTestFinished(() => made.close());
  expect(await made.notifiers[0]?.send(sampleClaim(), signal)).toMatchObject({ kind: 'sent' });
  expect(receiver.calls).toHaveLength(1);
  expect(proxy.seen.join()).toContain(new URL(receiver.url).port);
});
