import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AnswerFacts,
  delayDelivery,
  endDelivery,
  holdDelivery,
  incidentDelivery,
  inheritUncertainty,
  isUnremarkable,
  longestWaitMs,
  messageAbout,
  noticeDelivery,
  recoverDelivery,
  startDelivery,
  supersedeDelivery,
  waitForAnswer,
} from '../../../src/domain/decide/delivery.ts';
import { type Delivery, deliveryStatuses, incidentStatuses } from '../../../src/domain/records.ts';
import type { DeliveryResult } from '../../../src/domain/state-store.ts';
import { startOfTime as at } from '../../support/signals.ts';
import { incident, queued, running } from './facts.ts';

const pending = incidentDelivery('dlv_1', 'slack', incident({ seq: 3 }), false, at);
const sending = startDelivery(pending);
const retry = { kind: 'retry', notBefore: at + 9, error: '429' } as const;

test('NOT-3: a message is pending, sending, then sent, dead or tried again', () => {
  expect(pending).toMatchObject({ status: 'pending', state: 'open', seq: 3, incidentId: 'inc_1', notBefore: at });
  expect(sending).toMatchObject({ status: 'sending', attempts: 1 });
  expect(endDelivery(sending, { kind: 'sent', post: null }, false, at + 1)).toMatchObject({
    status: 'sent',
    sentAt: at + 1,
  });
  expect(endDelivery(sending, { kind: 'dead', error: 'x' }, false, at)).toMatchObject({ status: 'dead', error: 'x' });
  expect(endDelivery(sending, retry, false, at)).toMatchObject({
    status: 'pending',
    notBefore: at + 9,
    uncertain: false,
  });
});

test('NOT-3: one that arrived after errors has none', () => {
  const again = startDelivery(endDelivery(sending, retry, false, at));
  expect(again).toMatchObject({ attempts: 2, error: '429' });
  expect(endDelivery(again, { kind: 'sent', post: null }, true, at).error).toBeNull();
});

test('INT-3: one of a silenced incident waits for the end of the silence, and is looked at again meanwhile', () => {
  const held = holdDelivery(pending, at + 5, at);
  expect(held).toMatchObject({ status: 'held', notBefore: at + 5 });
  expect(holdDelivery(held, Infinity, at)).toMatchObject({ status: 'held', notBefore: at + longestWaitMs });
  expect(startDelivery(held)).toMatchObject({ status: 'sending', attempts: 1 });
  expect(() => holdDelivery(sending, at, at)).toThrow('is sending, not pending');
});

describe('NOT-3: a step out of order is refused', () => {
  const moves: [string, Delivery['status'], (delivery: Delivery) => Delivery][] = [
    ['start', 'pending', startDelivery],
    ['end', 'sending', (delivery) => endDelivery(delivery, retry, false, at)],
    ['recovery', 'sending', (delivery) => recoverDelivery(delivery, false, at)],
    ['replacement', 'pending', supersedeDelivery],
  ];
  const all = moves.flatMap(([name, from, move]) => deliveryStatuses.map((status) => ({ name, from, status, move })));

  // What waits for the end of a silence waits too.
  const fits = ({ status, from }: (typeof all)[number]): boolean => (status === 'held' ? 'pending' : status) === from;

  test.each(all.filter((one) => !fits(one)))('$name of what is $status', ({ status, from, move }) => {
    expect(() => move({ ...pending, status })).toThrow(`delivery dlv_1 is ${status}, not ${from}`);
  });
});

test('NOT-3: one that is to be tried again gives way to a newer one; doubt is kept', () => {
  const cutOff = { ...retry, uncertain: true } as const;
  expect(endDelivery(sending, cutOff, true, at)).toMatchObject({ status: 'superseded', uncertain: true });
  expect(endDelivery(sending, cutOff, false, at)).toMatchObject({ status: 'pending', uncertain: true });
  expect(recoverDelivery(sending, false, at + 5)).toMatchObject({
    status: 'pending',
    uncertain: true,
    notBefore: at + 5,
  });
  expect(recoverDelivery(sending, true, at + 5)).toMatchObject({ status: 'superseded', uncertain: true });
  expect(supersedeDelivery(pending).status).toBe('superseded');
});

test('NOT-3: doubt once there is never lost by another attempt', () => {
  const results = fc.constantFrom<DeliveryResult>(retry, { ...retry, uncertain: true }, { ...retry, uncertain: false });
  fc.assert(
    fc.property(fc.array(results, { minLength: 1, maxLength: 6 }), (tries) => {
      let delivery = pending;
      let doubt = false;
      for (const result of tries) {
        delivery = endDelivery(startDelivery(delivery), result, false, at);
        doubt ||= result.kind === 'retry' && result.uncertain === true;
        expect(delivery.uncertain).toBe(doubt);
      }
      expect(delivery.attempts).toBe(tries.length);
    }),
  );
});

describe('NOT-3: the successor of a message that may have arrived', () => {
  const old = { ...pending, status: 'superseded', uncertain: true } as const;

  test('must look for it', () => {
    expect(inheritUncertainty(pending, old)).toEqual({ ...pending, uncertain: true });
  });

  test.each([
    ['is not there', null, old],
    ['knows already', { ...pending, uncertain: true }, old],
    ['follows one that certainly did not arrive', pending, { ...old, uncertain: false }],
    ['follows one that is still to be sent', pending, { ...old, status: 'pending' as const }],
  ])('changes nothing when it %s', (_, newer, before) => {
    expect(inheritUncertainty(newer, before)).toBeNull();
  });
});

describe('NOT-1: what a target hears after an incident changed', () => {
  const announcement = { target: 'slack', waiting: null, said: true, id: 'dlv_2', at, groupWaitMs: 3000 } as const;

  test('the newest state', () => {
    expect(messageAbout(incident({ status: 'reported', seq: 5 }), announcement)).toEqual([
      expect.objectContaining({ id: 'dlv_2', state: 'reported', seq: 5, status: 'pending', uncertain: false }),
    ]);
  });

  test('instead of the older one that waits, with its doubt', () => {
    const waiting = { ...pending, uncertain: true };
    expect(messageAbout(incident(), { ...announcement, waiting })).toMatchObject([
      { id: 'dlv_1', status: 'superseded' },
      { id: 'dlv_2', status: 'pending', uncertain: true },
    ]);
  });

  test('nothing while faults are gathered, however often it changes; what is back is told at once', () => {
    const [opened] = messageAbout(incident(), announcement);
    expect(opened?.notBefore).toBe(at + 3000);
    const later = messageAbout(incident(), { ...announcement, waiting: opened!, at: at + 1000 });
    expect(later.map(({ notBefore }) => notBefore - at)).toEqual([3000, 3000]);
    for (const change of [{ status: 'queued' }, { status: 'investigating' }, { reopened: 1 }] as const) {
      expect(messageAbout(incident(change), announcement)[0]?.notBefore).toBe(at);
    }
  });

  test('INT-4: a burst holds the first message, at most ten times as long as faults are gathered', () => {
    const facts = { incident: incident(), told: false, openings: 3, perCluster: 30, groupWaitMs: 3000 };
    expect(delayDelivery(pending, facts, at + 3000)?.notBefore).toBe(at + 6000);
    expect(delayDelivery(pending, facts, at + 29_000)?.notBefore).toBe(at + 30_000);
    expect(delayDelivery(pending, facts, at + 30_000)).toBeNull();
    const hour = { ...facts, groupWaitMs: 3_600_000 };
    expect(delayDelivery(pending, hour, at + 3000)?.notBefore).toBe(at + 3000 + longestWaitMs);
    const storm = { ...incident().storm!, startedAt: at };
    for (const change of [
      { openings: 2 },
      { told: true },
      { perCluster: 0 },
      { incident: incident({ status: 'resolved' }) },
      { incident: incident({ storm }) },
      { incident: incident({ fleet: { id: 'f', signature: 's', joinedAt: at } }) },
    ]) {
      expect(delayDelivery(pending, { ...facts, ...change }, at + 3000)).toBeNull();
    }
  });

  test('nothing when nobody would miss it, and what waits is taken back', () => {
    expect(messageAbout(incident(), { ...announcement, said: false })).toEqual([]);
    expect(messageAbout(incident(), { ...announcement, said: false, waiting: pending })).toMatchObject([
      { id: 'dlv_1', status: 'superseded' },
    ]);
  });

  test('only an incident that ended before anything ran or was found is unremarkable', () => {
    expect(incidentStatuses.filter((status) => isUnremarkable(incident({ status })))).toEqual(['resolved', 'skipped']);
    expect(isUnremarkable(incident({ status: 'resolved', startedAt: at }))).toBe(false);
    expect(isUnremarkable(incident({ status: 'resolved', reportedAt: at }))).toBe(false);
  });
});

describe('NOT-2, UX-11: the first message of an incident waits for its answer', () => {
  const facts: AnswerFacts = { told: false, run: queued(), rounds: 0, took: [], firstWaitMs: 8000 };

  test('until so long after its run was asked for, whenever that is looked at', () => {
    expect(waitForAnswer(pending, facts, at)?.notBefore).toBe(at + 8000);
    expect(waitForAnswer(pending, { ...facts, run: running() }, at + 7999)?.notBefore).toBe(at + 8000);
    expect(waitForAnswer(holdDelivery(pending, at + 5, at), facts, at + 5)).toMatchObject({
      status: 'held',
      notBefore: at + 8000,
    });
    expect(waitForAnswer(pending, facts, at + 8000)).toBeNull();
  });

  test('not when it was told, tried or has no run, nor when the clock was set back', () => {
    expect(waitForAnswer(pending, { ...facts, told: true }, at)).toBeNull();
    expect(waitForAnswer(pending, { ...facts, run: null }, at)).toBeNull();
    expect(waitForAnswer(pending, { ...facts, firstWaitMs: 0 }, at)).toBeNull();
    expect(waitForAnswer({ ...pending, attempts: 1 }, facts, at)).toBeNull();
    expect(waitForAnswer({ ...pending, uncertain: true }, facts, at)).toBeNull();
    expect(waitForAnswer(pending, { ...facts, run: queued({ createdAt: at + 1 }) }, at)).toBeNull();
    expect(waitForAnswer(pending, { ...facts, run: queued({ trigger: 'new_evidence' }) }, at)).toBeNull();
  });

  test('not when runs took longer of late, or others come first for longer than that', () => {
    const waits = (change: Partial<AnswerFacts>) => waitForAnswer(pending, { ...facts, ...change }, at) !== null;
    expect(waits({ took: [4000] })).toBe(true);
    expect(waits({ took: [6000] })).toBe(false);
    // One that was slow, or quick, says nothing.
    expect(waits({ took: [600_000, 1000, 1000] })).toBe(true);
    expect(waits({ took: [600_000, 1000, 700_000] })).toBe(false);
    expect(waits({ took: [2000], rounds: 1 })).toBe(true);
    expect(waits({ took: [2000], rounds: 2 })).toBe(false);
    // One that goes on for longer than usual may end any moment.
    expect(waitForAnswer(pending, { ...facts, run: running(), took: [100] }, at + 7000)?.notBefore).toBe(at + 8000);
  });

  test('and never for longer than first_wait, whatever is known', () => {
    const any = fc.record({
      took: fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 5 }),
      rounds: fc.nat(20),
      firstWaitMs: fc.nat(60_000),
      later: fc.nat(120_000),
    });
    fc.assert(
      fc.property(any, ({ later, ...known }) => {
        const waiting = waitForAnswer(pending, { ...facts, ...known }, at + later);
        if (waiting === null) return;
        expect(waiting.notBefore).toBe(at + known.firstWaitMs);
        expect(waiting.notBefore).toBeGreaterThan(at + later);
        expect(waitForAnswer(waiting, { ...facts, ...known }, waiting.notBefore)).toBeNull();
      }),
    );
  });
});

test('NOT-6: a notice is a message about itself', () => {
  const notice = { key: 'k', clusters: ['a'], since: at, until: null, incidents: 0, detail: '' };
  expect(noticeDelivery('dlv_2', 'console', 'clusters_unreachable', notice, at)).toMatchObject({
    kind: 'clusters_unreachable',
    state: 'clusters_unreachable',
    incidentId: null,
    notice,
  });
});
