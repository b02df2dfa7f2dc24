import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import type { HttpOptions } from '../../../src/notify/http/place.ts';
import { pagerDutyNotifier } from '../../../src/notify/pagerduty/pagerduty-notifier.ts';
import { openTestStore, receive } from '../../storage/store-fixture.ts';
import { sampleClaim } from '../../support/claim-sample.ts';
import { FaultyFront } from '../../support/faulty-front.ts';
import { answeredIncident, sampleRun } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { PagerDutyServer } from '../../support/pagerduty-server.ts';
import { answerFirst, deliverAndDie, deliverFrom } from '../../support/real-outbox.ts';
import { signal } from '../../support/signals.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;
const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });
let server: PagerDutyServer;
let front: FaultyFront;
beforeEach(async () => {
  server = await PagerDutyServer.start();
  front = await FaultyFront.start(server.origin);
});
afterEach(async () => {
  await front.close();
  await server.close();
});

const notifier = (clock = systemClock, fetch: HttpOptions['fetch'] = globalThis.fetch) =>
  pagerDutyNotifier({
    url: `${front.origin}/v2/enqueue`,
    routingKey: server.routingKey,
    publicUrl: 'https://nightcrier.example',
    timeoutMs: 5000,
    fetch,
    clock,
    random: () => 0,
  });

const form = (errors: string[]) => ({
  status: 400,
  body: JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors }),
});

describe('NOT-4, UX-14: what PagerDuty refuses', () => {
  test('for its form goes once more in the least form', async () => {
    const one = notifier(new ManualClock());
    front.failNext(form(["'custom_details' is not taken"]));
    expect(await one.send(answered, never)).toEqual({ kind: 'sent', post: null });
    expect(front.calls).toBe(2);
    expect(Object.keys(server.alerts[0]?.payload ?? {})).toEqual(['summary', 'source', 'severity']);
    expect(one.problem()).toBeNull();
  });

  test('in every form is given up, said, and holds up no other', async () => {
    const one = notifier(new ManualClock());
    front.failNext(form(['never']), form(['never']));
    expect(await one.send(answered, never)).toMatchObject({
      kind: 'failed',
      again: 'never',
      message: 'HTTP 400: Event object is invalid: never',
    });
    expect(one.problem()).toMatchObject({ code: 'NC-NOTIFY-008' });
    expect(one.pausedUntil()).toBeNull();
    expect(await one.send(answered, never)).toMatchObject({ kind: 'sent' });
    expect(one.problem()).toBeNull();
  });

  test.each([
    ['the key', form(['Invalid routing key'])],
    ['a page of a proxy', { status: 400, body: '<html>bad request</html>' }],
    ['a place that is not there', { status: 404, body: 'not found' }],
  ])('for %s waits until somebody mends it', async (_what, fault) => {
    const one = notifier(new ManualClock());
    front.failNext(fault);
    const outcome = await one.send(answered, never);
    expect(outcome).toMatchObject({ kind: 'failed', again: { at: expect.any(Number) as number } });
    expect(front.calls).toBe(1);
    expect(one.problem()).toMatchObject({ code: 'NC-NOTIFY-008' });
  });

  test('what was cut off by a stop may stand: its end is told later', async () => {
    const one = notifier();
    const stop = new AbortController();
    front.failNext('silent');
    const sending = one.send(answered, stop.signal);
    await waitUntil(() => front.calls === 1, 'the call', 20_000);
    stop.abort(new Error('stop'));
    expect(await sending).toMatchObject({ kind: 'failed', uncertain: true });
  });
});

describe('NOT-4, NOT-3: the life of an alert over the real outbox', () => {
  test('triggered, told the answer, acknowledged, resolved: one alert, over an API that fails in every way', async () => {
    const { store } = await openTestStore({ targets: ['pagerduty'] });
    await deliverFrom(store, notifier());
    const now = Date.now() - 120_000;
    front.failNext('reset', { status: 500 }, 'lost');
    const [settled] = await receive(store, [signal({ at: now })], {}, now);
    const id = settled?.incidentId ?? '';
    await waitUntil(() => server.actions.length === 2, 'the trigger, and the same again', 20_000);
    front.failNext({ status: 429, headers: { 'retry-after': '1' } });
    await answerFirst(store, now + 60_000);
    await waitUntil(() => server.actions.length === 3, 'the answer', 20_000);
    expect(server.alerts[0]?.payload['summary']).toContain('the process exits with 1');
    await store.orderIncident(id, { kind: 'ack', by: 'ana', comment: '' }, now + 70_000);
    await waitUntil(() => server.alerts[0]?.status === 'acknowledged', 'who has it', 20_000);
    await store.resolveIncident(id, 'cleared', now + 90_000);
    await waitUntil(() => server.alerts[0]?.status === 'resolved', 'the end', 20_000);
    expect(server.actions).toEqual(['trigger', 'trigger', 'trigger', 'acknowledge', 'resolve']);
    expect(server.alerts).toHaveLength(1);
    expect(server.refused).toEqual([]);
  });

  test.each([
    ['is refused for now', { status: 429, headers: { 'retry-after': '600' } }],
    ['is refused for good', { status: 400, body: form(['never']).body }],
  ])('an alert whose acknowledgement %s ends with its incident all the same', async (_how, { status, ...init }) => {
    const { store } = await openTestStore({ targets: ['pagerduty'] });
    const now = Date.now() - 120_000;
    const [settled] = await receive(store, [signal({ at: now })], {}, now);
    const id = settled?.incidentId ?? '';
    await store.orderIncident(id, { kind: 'ack', by: 'ana', comment: '' }, now + 1000);
    await answerFirst(store, now + 60_000);
    let refused = 0;
    const first = notifier(systemClock, async (url, call) => {
      if (!call.body.includes('"acknowledge"')) return globalThis.fetch(url, call);
      refused += 1;
      return new Response('body' in init ? init.body : null, { status, ...init });
    });
    const stop = await deliverFrom(store, first);
    await waitUntil(() => refused > 0, 'the acknowledgement', 20_000);
    await stop();
    await store.resolveIncident(id, 'cleared', now + 90_000);
    await deliverFrom(store, notifier());
    await waitUntil(() => server.alerts[0]?.status === 'resolved', 'the end', 20_000);
    expect(server.alerts).toHaveLength(1);
  });

  test('OPS-1: the process dies after PagerDuty took the trigger, and the incident ends meanwhile: it is resolved', async () => {
    const { store, file } = await openTestStore({ targets: ['pagerduty'] });
    const now = Date.now() - 120_000;
    await deliverAndDie(store, notifier());
    const [settled] = await receive(store, [signal({ at: now })], {}, now);
    await waitUntil(() => server.alerts.length === 1, 'the alert', 20_000);
    await answerFirst(store, now + 60_000);
    await store.resolveIncident(settled?.incidentId ?? '', 'cleared', now + 90_000);
    await store.close();
    const again = await openTestStore({ targets: ['pagerduty'] }, file);
    await deliverFrom(again.store, notifier());
    await waitUntil(() => server.alerts[0]?.status === 'resolved', 'the end', 20_000);
    expect(server.alerts).toHaveLength(1);
  });
});
