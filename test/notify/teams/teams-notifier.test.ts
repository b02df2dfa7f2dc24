import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import type { HttpOptions } from '../../../src/notify/http/place.ts';
import { teamsNotifier } from '../../../src/notify/teams/teams-notifier.ts';
import { openTestStore, receive } from '../../storage/store-fixture.ts';
import { sampleClaim } from '../../support/claim-sample.ts';
import { FaultyFront } from '../../support/faulty-front.ts';
import { answeredIncident, sampleRun } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { answerFirst, deliverAndDie, deliverFrom } from '../../support/real-outbox.ts';
import { owner, signal } from '../../support/signals.ts';
import { TeamsServer } from '../../support/teams-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;
const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });
let server: TeamsServer;
let front: FaultyFront;
beforeEach(async () => {
  server = await TeamsServer.start();
  front = await FaultyFront.start(server.origin);
});
afterEach(async () => {
  await front.close();
  await server.close();
});

const notifier = (clock: Clock = systemClock, fetch: HttpOptions['fetch'] = globalThis.fetch) =>
  teamsNotifier({
    url: `${front.origin}${server.path}`,
    publicUrl: 'https://nightcrier.example',
    timeoutMs: 5000,
    fetch,
    clock,
    random: () => 0,
  });

test.each([200, 202, 204])('NOT-4: %i is a delivery, whatever the body says', async (status) => {
  const one = notifier(new ManualClock());
  front.failNext({ status, ...(status !== 204 && { body: 'Webhook accepted' }) });
  expect(await one.send(answered, never)).toEqual({ kind: 'sent', post: null });
});

test('NOT-4: no more than four messages begin in a second', async () => {
  const clock = new ManualClock();
  const one = notifier(clock);
  const sending = Array.from({ length: 10 }, () => one.send(answered, never));
  await waitUntil(() => front.calls === 1 && clock.timers === 9, 'the first', 20_000);
  await clock.advance(1000);
  await waitUntil(() => front.calls === 5, 'those of the first second', 20_000);
  expect(clock.timers).toBe(5);
  await clock.advance(1250);
  expect((await Promise.all(sending)).every(({ kind }) => kind === 'sent')).toBe(true);
  expect(server.cards).toHaveLength(10);
});

test('NOT-4: what waits for its turn when the way is closed is not sent into it', async () => {
  const clock = new ManualClock();
  const one = notifier(clock);
  front.failNext({ status: 429, headers: { 'retry-after': '30' } });
  const [first, second] = [one.send(answered, never), one.send(answered, never)];
  expect(await first).toMatchObject({ kind: 'failed', reason: 'rate_limited' });
  await clock.advance(250);
  expect(await second).toMatchObject({ kind: 'deferred', until: clock.now() - 250 + 30_000 });
  expect(front.calls).toBe(1);
});

test('NOT-4, UX-14: what is too large is given up and said; a workflow that is off keeps the message', async () => {
  const clock = new ManualClock();
  const one = notifier(clock);
  front.failNext({ status: 413 });
  expect(await one.send(answered, never)).toMatchObject({ kind: 'failed', again: 'never', message: 'HTTP 413' });
  front.failNext({ status: 400, body: '{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"It is off."}}' });
  await clock.advance(250);
  expect(await one.send(answered, never)).toMatchObject({
    again: { at: expect.any(Number) as number },
    message: 'HTTP 400: WorkflowTriggerIsNotEnabled: It is off.',
  });
  expect(one.problem()?.code).toBe('NC-NOTIFY-010');
});

test('NOT-4, NOT-3: over the real outbox: opening, answer and end, each said once, over a workflow that fails', async () => {
  const { store } = await openTestStore({ targets: ['teams'] });
  await deliverFrom(store, notifier());
  const now = Date.now() - 120_000;
  front.failNext({ status: 503 }, { status: 429, headers: { 'retry-after': '1' } });
  const [settled] = await receive(store, [signal({ at: now })], {}, now);
  await waitUntil(() => server.cards.length === 1, 'the opening', 20_000);
  await answerFirst(store, now + 60_000);
  await waitUntil(() => server.cards.length === 2, 'the answer', 20_000);
  await store.resolveIncident(settled?.incidentId ?? '', 'cleared', now + 90_000);
  await waitUntil(() => server.cards.length === 3, 'the end', 20_000);
  const [opened, told, over] = server.cards.map(({ text }) => text);
  expect(opened).not.toContain('the process exits with 1');
  expect(told).toContain('the process exits with 1');
  expect(over).toContain('RESOLVED');
  expect(server.cards.some(({ text }) => text.includes('may be a repeat'))).toBe(false);
});

test.each([400, 500])('NOT-4: one that is answered with %i again and again holds up no other', async (status) => {
  const { store } = await openTestStore({ targets: ['teams'] });
  const now = Date.now() - 120_000;
  for (const pod of ['cursed', 'well']) await receive(store, [signal({ pod, at: now })], { owner: owner(pod) }, now);
  let refused = 0;
  const picky = notifier(systemClock, (url, call) => {
    if (!call.body.includes('cursed')) return globalThis.fetch(url, call);
    refused += 1;
    return Promise.resolve(new Response('no', { status }));
  });
  await deliverFrom(store, picky);
  await waitUntil(() => refused > 0 && server.cards.length === 1, 'the other', 20_000);
  expect(server.cards[0]?.text).toContain('well');
});

test('NOT-3, OPS-1: the process dies after Teams took the message: it comes once more, marked', async () => {
  const { store, file } = await openTestStore({ targets: ['teams'] });
  const now = Date.now();
  await deliverAndDie(store, notifier());
  await receive(store, [signal({ at: now })], {}, now);
  await waitUntil(() => server.cards.length === 1, 'the message', 20_000);
  await store.close();
  const again = await openTestStore({ targets: ['teams'] }, file);
  await deliverFrom(again.store, notifier());
  await waitUntil(() => server.cards.length === 2, 'the same again', 20_000);
  await waitUntil(
    async () => (await again.store.counters()).outbox.every(({ count }) => count === 0),
    'no more',
    20_000,
  );
  expect(server.cards.map(({ text }) => text.includes('(may be a repeat)'))).toEqual([false, true]);
});
