import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { openTestStore, receive } from '../../storage/store-fixture.ts';
import type { DeliveryClaim } from '../../../src/domain/state-store.ts';
import { type Logger, silentLogger } from '../../../src/lib/log.ts';
import type { SendOutcome } from '../../../src/notify/notifier.ts';
import { sampleAgentNotice, sampleClaim, sampleNotice } from '../../support/claim-sample.ts';
import { FaultyFront, type FrontFault } from '../../support/faulty-front.ts';
import { hostileClaims, hostileNotices } from '../../support/hostile-claims.ts';
import { answeredIncident, sampleRun } from '../../support/incident-samples.ts';
import { answerFirst, deliverFrom } from '../../support/real-outbox.ts';
import { signal } from '../../support/signals.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { calledPlaces, type Place, places } from './places.ts';

/*
 * What holds for every place that messages go to, whatever it is. Each is the real notifier over a local server that takes
 * and refuses what the real one does.
 */

const minute = 60_000;
const never = new AbortController().signal;
const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });
const cause = 'DB_URL is required';

/** The second attempt of a message, as the outbox has it after the first. */
function again(claim: DeliveryClaim, outcome: SendOutcome): DeliveryClaim {
  const uncertain = outcome.kind === 'failed' && outcome.uncertain;
  return { ...claim, delivery: { ...claim.delivery, attempts: 2, uncertain } };
}

async function started(make: () => Promise<Place>, log: Logger = silentLogger, timeoutMs = 5000) {
  const place = await make();
  const clock = new ManualClock();
  const notifier = place.notifier({ clock, log, timeoutMs });
  /** Sends; what waits for its turn gets it. */
  const send = async (claim: DeliveryClaim, stop = never): Promise<SendOutcome> => {
    let ended: SendOutcome | null = null;
    void notifier.send(claim, stop).then((outcome) => (ended = outcome));
    const isOver = async (): Promise<SendOutcome | null> => {
      if (ended === null && clock.timers > 0) await clock.advance(250);
      return ended;
    };
    return await waitUntil(isOver, 'the end of an attempt', 20_000);
  };
  return { place, clock, notifier, send };
}

function frontOf({ front }: Place): FaultyFront {
  if (front === null) throw new Error('nothing is called there');
  return front;
}

/** The cause was told; what was told again is marked, for who reads it. */
function expectOnce(place: Place): void {
  const told = place.told().filter((text) => text.includes(cause));
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter((text) => !text.includes('may be a repeat')).length).toBeLessThanOrEqual(1);
}

describe.each(places)('NOT-3, NOT-4: %s', (_name, make) => {
  test('is told the answer of an incident, once', async () => {
    const { place, notifier, send } = await started(make);
    expect(notifier.target).toBe(place.target);
    expect(await send(answered)).toMatchObject({ kind: 'sent' });
    expectOnce(place);
    expect(place.wrong()).toEqual([]);
    expect(notifier.problem()).toBeNull();
    expect(notifier.pausedUntil()).toBeNull();
  });

  test('takes every notice', async () => {
    const { place, clock, send } = await started(make);
    for (const notice of [
      ...(['first_contact', 'clusters_unreachable', 'clusters_back'] as const).map((kind) => sampleNotice(kind)),
      sampleAgentNotice('agent_degraded'),
      sampleAgentNotice('agent_recovered'),
    ]) {
      expect(await send(notice)).toMatchObject({ kind: 'sent' });
      await clock.advance(minute);
    }
    expect(place.wrong()).toEqual([]);
  });

  test('is sent nothing after a stop', async () => {
    const { place, send } = await started(make);
    const outcome = await send(answered, AbortSignal.abort(new Error('stop')));
    expect(outcome.kind).not.toBe('sent');
    expect(place.told()).toEqual([]);
    expect(place.front?.calls ?? 0).toBe(0);
  });

  test('over the real outbox tells the answer once, whatever fails on the way, and then the end', async () => {
    const place = await make();
    const { store } = await openTestStore({ targets: [place.target] });
    place.front?.failNext('reset', { status: 500 }, { status: 429, headers: { 'retry-after': '1' } });
    await deliverFrom(store, place.notifier({ clock: systemClock, log: silentLogger, timeoutMs: 5000 }));
    const now = Date.now() - 120_000;
    const [settled] = await receive(store, [signal({ at: now })], {}, now);
    await answerFirst(store, now + 60_000);
    const found = (): number => place.told().filter((text) => text.includes('the process exits with 1')).length;
    const isEmpty = async () => (await store.counters()).outbox.every(({ count }) => count === 0);
    await waitUntil(async () => found() > 0 && (await isEmpty()), 'the answer', 30_000);
    expect(found()).toBe(1);
    await store.resolveIncident(settled?.incidentId ?? '', 'cleared', now + 90_000);
    await waitUntil(isEmpty, 'nothing that waits', 30_000);
    expect(place.wrong()).toEqual([]);
  }, 60_000);

  test('INT-6: over the real outbox an incident that is opened again says who had called it over, and why', async () => {
    const place = await make();
    const { store } = await openTestStore({ targets: [place.target], firstWaitMs: 0 });
    await deliverFrom(store, place.notifier({ clock: systemClock, log: silentLogger, timeoutMs: 5000 }));
    const isEmpty = async () => (await store.counters()).outbox.every(({ count }) => count === 0);
    const now = Date.now() - 20 * minute;
    const [settled] = await receive(store, [signal({ at: now })], {}, now);
    await answerFirst(store, now + minute);
    await waitUntil(isEmpty, 'the answer', 30_000);
    const id = settled?.incidentId ?? '';
    await store.orderIncident(id, { kind: 'resolve', by: 'ana', comment: 'the quota is raised' }, now + 2 * minute);
    await waitUntil(isEmpty, 'the end', 30_000);
    await receive(store, [signal({ at: now + 19 * minute })], {}, now + 19 * minute);
    await waitUntil(isEmpty, 'the message that it is back', 30_000);
    // Some places are told answers alone.
    await answerFirst(store, now + 19.5 * minute);
    await waitUntil(isEmpty, 'the second answer', 30_000);
    const back = place.told().filter((text) => /goes on|"goes_on":true/.test(text));
    expect(back.length).toBeGreaterThan(0);
    for (const text of back) expect(text).toMatch(/ana.*the quota is raised|the quota is raised.*"by":"ana"/s);
    expect(place.wrong()).toEqual([]);
  }, 60_000);

  test('INT-6: over the real outbox a new incident of what a person had called over says who had', async () => {
    const place = await make();
    const { store } = await openTestStore({ targets: [place.target], firstWaitMs: 0 });
    await deliverFrom(store, place.notifier({ clock: systemClock, log: silentLogger, timeoutMs: 5000 }));
    const isEmpty = async () => (await store.counters()).outbox.every(({ count }) => count === 0);
    const now = Date.now() - 60 * minute;
    const [before] = await receive(store, [signal({ at: now })], {}, now);
    await answerFirst(store, now + minute);
    await store.orderIncident(before?.incidentId ?? '', { kind: 'resolve', by: 'ana', comment: '' }, now + 2 * minute);
    const [settled] = await receive(store, [signal({ at: now + 50 * minute })], {}, now + 50 * minute);
    expect(settled?.incidentId).not.toBe(before?.incidentId);
    await answerFirst(store, now + 51 * minute);
    await waitUntil(isEmpty, 'the second answer', 30_000);
    const told = `ana had called ${before?.incidentId} over`;
    const json = `"previous_id":"${before?.incidentId}"`;
    expect(place.told().some((text) => text.includes(told) || text.includes(json))).toBe(true);
    // Nobody saw its fault clear.
    expect(place.told().filter((text) => text.includes('is back'))).toEqual([]);
    expect(place.wrong()).toEqual([]);
  }, 60_000);

  test('UX-12: takes whatever clusters and people say, and never throws', async () => {
    const { place, send } = await started(make);
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileClaims, hostileNotices), async (claim) => {
        expect(await send(claim)).toMatchObject({ kind: 'sent' });
        expect(place.wrong()).toEqual([]);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

const transient: readonly (readonly [string, FrontFault])[] = [
  ['500', { status: 500 }],
  ['502 with a page', { status: 502, body: '<html>upstream</html>' }],
  ['503', { status: 503 }],
  ['504', { status: 504 }],
  ['a cut before it was taken', 'reset'],
  ['a cut after it was taken', 'lost'],
  ['silence', 'silent'],
];

describe.each(calledPlaces)('NOT-3, NOT-4, UX-14: %s', (_name, make) => {
  test.each(transient)('%s keeps the message, and it arrives once', async (_fault, fault) => {
    const { place, clock, notifier, send } = await started(make, silentLogger, fault === 'silent' ? 500 : 5000);
    frontOf(place).failNext(fault);
    const outcome = await send(answered);
    expect(outcome).toMatchObject({ kind: 'failed', again: expect.not.stringMatching('never') as unknown });
    await clock.advance(10 * minute);
    expect(await send(again(answered, outcome))).toMatchObject({ kind: 'sent' });
    expectOnce(place);
    expect(notifier.problem()).toBeNull();
  });

  test('429 closes the way for as long as it says', async () => {
    const { place, clock, send } = await started(make);
    const front = frontOf(place);
    front.failNext({ status: 429, headers: { 'retry-after': '60' } });
    const outcome = await send(answered);
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'rate_limited', uncertain: false });
    const { calls } = front;
    await clock.advance(50_000);
    const early = await send(again(answered, outcome));
    expect(early.kind).not.toBe('sent');
    expect(front.calls).toBe(calls);
    await clock.advance(minute);
    expect(await send(again(answered, outcome))).toMatchObject({ kind: 'sent' });
    expectOnce(place);
  });

  test('a refusal that no waiting mends is a problem with a code, and nothing is lost', async () => {
    const { place, clock, notifier, send } = await started(make);
    const front = frontOf(place);
    front.always = place.refusal;
    const outcome = await send(answered);
    expect(outcome).toMatchObject({ kind: 'failed', uncertain: false });
    expect(outcome).not.toMatchObject({ again: 'never' });
    expect(notifier.problem()?.code).toBe(place.codes.refused);
    front.always = null;
    await clock.advance(20 * minute);
    expect(await send(again(answered, outcome))).toMatchObject({ kind: 'sent' });
    expect(notifier.problem()).toBeNull();
    expectOnce(place);
  });

  test('five attempts without an answer are a problem with a code, until a message arrives', async () => {
    const { place, clock, notifier, send } = await started(make);
    const front = frontOf(place);
    front.always = { status: 500 };
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(notifier.problem()).toBeNull();
      await send(answered);
      await clock.advance(10 * minute);
    }
    expect(notifier.problem()?.code).toBe(place.codes.unreachable);
    front.always = null;
    expect(await send(answered)).toMatchObject({ kind: 'sent' });
    expect(notifier.problem()).toBeNull();
  });

  test.each([301, 302, 307, 308])('a redirect (%i) is not followed', async (status) => {
    const { place, clock, send } = await started(make);
    const elsewhere = await FaultyFront.start('http://127.0.0.1:9');
    try {
      elsewhere.always = { status: 200, body: 'ok' };
      frontOf(place).failNext({ status, headers: { location: `${elsewhere.origin}/taken` } });
      const outcome = await send(answered);
      expect(outcome.kind).toBe('failed');
      expect(elsewhere.calls).toBe(0);
      await clock.advance(20 * minute);
      expect(await send(again(answered, outcome))).toMatchObject({ kind: 'sent' });
    } finally {
      await elsewhere.close();
    }
  });

  test('UX-7: a server that repeats what it was sent gives no secret away', async () => {
    const said: unknown[] = [];
    const take = (...words: unknown[]): void => void said.push(...words);
    const log: Logger = { debug: take, info: take, warn: take, error: take, child: () => log };
    const { place, clock, notifier, send } = await started(make, log);
    for (const status of [200, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503]) {
      for (const body of careless) {
        frontOf(place).always = { status, body };
        said.push(await send(answered), notifier.problem());
        await clock.advance(20 * minute);
      }
    }
    const all = JSON.stringify(said);
    for (const secret of place.secrets) expect(all).not.toContain(secret);
  });
});

/** Bodies that have all of what was asked in them. */
const careless: readonly ((asked: string) => string)[] = [
  (asked) => asked,
  (asked) => JSON.stringify({ status: 'invalid event', message: asked.slice(0, 500), errors: [asked.slice(0, 500)] }),
  (asked) => JSON.stringify({ ok: false, error: asked.slice(0, 500) }),
  (asked) => JSON.stringify({ error: { code: asked.slice(0, 500), message: asked.slice(0, 500) } }),
];
