import { describe, expect, test } from 'vitest';
import type { Delivery, Incident } from '../../src/domain/records.ts';
import type { DeliveryClaim } from '../../src/domain/state-store.ts';
import { answerIsNews, tellsAnswer } from '../../src/notify/answer-is-news.ts';
import { sampleClaim, sampleNotice } from '../support/claim-sample.ts';
import { answeredIncident, sampleIncident, sampleTime } from '../support/incident-samples.ts';

const answerAt = sampleTime + 164_000;

/** A claim about an incident of which a message from `at` arrived before; null: none did. */
function after(incident: Incident, at: number | null): DeliveryClaim {
  const claim = sampleClaim({ incident });
  const previous: Delivery | null = at === null ? null : { ...claim.delivery, id: 'dlv_before', createdAt: at };
  return { ...claim, previous };
}

describe('NOT-3: an answer is news until a message that was written after it has arrived', () => {
  test.each([
    ['nothing was sent before', null, true],
    ['the last message is older than the answer', answerAt - 1, true],
    ['the last message is as old as the answer', answerAt, false],
    ['the last message is newer', answerAt + 1, false],
  ])('%s', (_what, at, news) => {
    expect(answerIsNews(after(answeredIncident(), at))).toBe(news);
  });

  test('without an answer there is none', () => {
    expect(answerIsNews(after(sampleIncident(), null))).toBe(false);
    expect(answerIsNews(sampleNotice('first_contact'))).toBe(false);
  });
});

describe('whether a message tells the answer', () => {
  test.each([
    ['open', null, false],
    ['queued', null, false],
    ['investigating', null, false],
    ['reported', null, true],
    ['reported', answerAt + 1, true],
    ['failed', null, true],
    ['skipped', null, false],
    ['resolved', answerAt - 1, true],
    ['resolved', answerAt + 1, false],
  ] as const)('%s, the last message from %s: %s', (status, at, tells) => {
    expect(tellsAnswer(after(answeredIncident({ status }), at))).toBe(tells);
  });

  test('an incident that ended without an answer has none to tell', () => {
    expect(tellsAnswer(after(sampleIncident({ status: 'resolved' }), null))).toBe(false);
  });

  test('a notice tells no answer', () => {
    expect(tellsAnswer(sampleNotice('first_contact'))).toBe(false);
  });
});
