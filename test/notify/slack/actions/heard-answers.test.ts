import { expect, test } from 'vitest';
import {
  type HeardDraft,
  type HeardStep,
  type Question,
  type QuestionAnswer,
  type QuestionAnswerer,
  TooManyQuestionsError,
} from '../../../../src/domain/question.ts';
import { StoreUnavailableError } from '../../../../src/domain/state-store.ts';
import { heardAnswers } from '../../../support/heard-answers.ts';
import { SlackClicks, wordsOf } from '../../../support/slack-clicks.ts';
import { ana, botUser, signedRequest } from '../../../support/slack-people.ts';
import type { SlackPost } from '../../../support/slack-server.ts';

const minute = 60_000;
const secret = 'a-signing-secret';

type Answering = QuestionAnswerer & { readonly asked: Question[] };

function answering(answer: () => Promise<QuestionAnswer> = because): Answering {
  const asked: Question[] = [];
  return {
    asked,
    answer: async (question) => {
      asked.push(question);
      return answer();
    },
  };
}

const because = async (): Promise<QuestionAnswer> => ({ text: 'because', sources: [], by: 'rules' });

const replies = (clicks: SlackClicks) =>
  clicks.slack.threadPosts.filter(({ metadata }) => metadata?.event_type === 'nightcrier_answer');

const counted = async (clicks: SlackClicks) =>
  (await clicks.registry.getSingleMetricAsString('nightcrier_slack_questions_total'))
    .split('\n')
    .filter((line) => / [1-9]\d*$/.test(line))
    .map((line) => line.replace(/^.*outcome="(\w+)".* (\d+)$/, '$1 $2'));

/** A process that ended after these steps of a question, and the next one. */
async function left(steps: readonly HeardStep[], over: Partial<HeardDraft> = {}, answerer = answering()) {
  const clicks = await SlackClicks.start({ answerer });
  const { post, id: incidentId } = await clicks.answered();
  await clicks.stop();
  const [now, ts] = [Date.now(), '1700000000.000001'];
  const place = { channel: post.channel, ts, threadTs: post.ts };
  const draft = { id: `said:C:${ts}`, place, incidentId, userId: ana.id, text: 'why?', askedAt: now, ...over };
  await clicks.store.hearQuestion(draft, now);
  for (const step of steps) await clicks.store.stepQuestion(draft.id, step, now);
  return { clicks, post, draft, answerer };
}

const known = { kind: 'reply', reply: { kind: 'answer', answer: await because() } } as const;
const begin = (processId: string) => ({ kind: 'begin', processId }) as const;
const ended = async ({ store }: SlackClicks) => (await store.openQuestions()).length === 0;

test('NOT-5: a question that waited is answered late with its time, and after an hour who asked hears that it was not', async () => {
  const waited = await left([], { askedAt: Date.now() - 50 * minute });
  await waited.clicks.startProcess();
  await waited.clicks.until(() => ended(waited.clicks), 'the answer');
  expect(replies(waited.clicks).map(wordsOf).join()).toMatch(/to “why\?”, asked <!date[^]*because/);

  const tooLate = await left([], { askedAt: Date.now() - 61 * minute });
  await tooLate.clicks.startProcess();
  await tooLate.clicks.until(() => ended(tooLate.clicks), 'the word that there is none');
  expect(replies(tooLate.clicks).map(wordsOf).join()).toMatch(/to “why\?”, asked <!date[^]*This was not answered/);
  expect([tooLate.answerer.asked, await counted(tooLate.clicks)]).toEqual([[], ['expired 1']]);

  const forgotten = await left([known], { askedAt: Date.now() - 25 * 60 * minute });
  await forgotten.clicks.startProcess();
  await forgotten.clicks.until(() => ended(forgotten.clicks), 'its end');
  expect([replies(forgotten.clicks), await counted(forgotten.clicks)]).toEqual([[], ['expired 1']]);
});

test('NOT-5: an answer that ends the process again and again is given up, the last time without an agent', async () => {
  const last = await left(['p1', 'p2'].map(begin));
  await last.clicks.startProcess();
  await last.clicks.until(() => ended(last.clicks), 'the answer');
  expect(last.answerer.asked).toMatchObject([{ mayAct: false, whyNot: 'nightcrier ended 2 times meanwhile' }]);

  const poison = await left(['p1', 'p2', 'p3'].map(begin));
  await poison.clicks.startProcess();
  await poison.clicks.until(() => ended(poison.clicks), 'the word that there is none');
  expect(replies(poison.clicks).map(wordsOf).join()).toContain('nightcrier ended 3 times while it was at it.');
  expect([poison.answerer.asked, await counted(poison.clicks)]).toEqual([[], ['failed 1']]);
});

test('NOT-5, NOT-3: what may have arrived is looked for; where the thread cannot be read it is marked as a possible repeat', async () => {
  const { clicks, draft } = await left([known, { kind: 'send' }]);
  clicks.slack.scopes.delete('channels:history');
  await clicks.startProcess();
  await clicks.until(() => ended(clicks), 'the answer');
  expect(replies(clicks).map(wordsOf).join()).toContain('_(may be a repeat)_');

  const found = await left([known, { kind: 'send' }]);
  const metadata = { event_type: 'nightcrier_answer', event_payload: { key: draft.id } };
  const there: SlackPost = { ...found.post, ts: '1700000001.000001', threadTs: found.post.ts, metadata };
  found.clicks.slack.posts.push(there);
  // Slack is out of order when it is asked first: that says nothing of what arrived.
  found.clicks.slack.failNext('conversations.replies', { kind: 'status', status: 503 });
  await found.clicks.startProcess();
  await found.clicks.until(() => ended(found.clicks), 'the end');
  expect(replies(found.clicks)).toEqual([there]);
  expect(await counted(found.clicks)).toEqual(['answered 1']);
});

test('NOT-3, NOT-5: a Slack that stays down is asked more and more seldom, also where an answer is only looked for', async () => {
  const { clicks } = await left([known, { kind: 'send' }]);
  const answers = heardAnswers(clicks, { answerer: answering() });
  const { signal } = new AbortController();
  for (const leastMs of [1000, 2000, 4000, 8000, 16_000, 32_000]) {
    clicks.slack.failNext('conversations.replies', { kind: 'status', status: 503 });
    const [question] = await clicks.store.openQuestions();
    const now = Date.now();
    await answers.carryOn(question!, signal);
    const [waits] = await clicks.store.openQuestions();
    expect(waits!.notBefore - now).toBeGreaterThanOrEqual(leastMs);
  }
  expect(replies(clicks)).toEqual([]);
});

test('NOT-5: an answer whose thread is gone is counted as failed; one whose form is refused comes as plain words', async () => {
  const gone = await left([known]);
  gone.clicks.slack.failNext('chat.postMessage', { kind: 'error', error: 'thread_not_found' });
  await gone.clicks.startProcess();
  await gone.clicks.until(() => ended(gone.clicks), 'its end');
  expect([replies(gone.clicks), await counted(gone.clicks)]).toEqual([[], ['failed 1']]);

  const plain = await left([known]);
  plain.clicks.slack.failNext('chat.postMessage', { kind: 'error', error: 'invalid_blocks' });
  await plain.clicks.startProcess();
  await plain.clicks.until(() => ended(plain.clicks), 'its end');
  expect(replies(plain.clicks)[0]?.blocks).toMatchObject([{ type: 'section', text: { type: 'plain_text' } }]);
});

test('NOT-5: an answerer that is busy is asked again, and nobody is told that it failed', async () => {
  const kind = { code: 'NC-X-1', title: 'x', fix: 'Wait a moment.', about: '' };
  let times = 0;
  const busyOnce = async (): Promise<QuestionAnswer> => {
    times += 1;
    if (times === 1) throw new TooManyQuestionsError(kind, 'Too many at once');
    return because();
  };
  const { clicks } = await left([], {}, answering(busyOnce));
  await clicks.startProcess();
  await clicks.until(() => ended(clicks), 'the answer');
  expect(times).toBe(2);
  expect(replies(clicks).map(wordsOf).join()).toContain('because');
});

test('NOT-5, NOT-3: Slack hears that a question has arrived when it is a row; while none can be written it says it again', async () => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer, way: { signingSecret: secret } });
  const { post } = await clicks.answered();
  const { store } = clicks;
  const said = clicks.slack.people.message(post.channel, ana, `<@${botUser}> why?`, post.ts);
  const { headers, body } = signedRequest(JSON.stringify(said), secret, Date.now());
  const receive = () => clicks.actions.receive('events', headers, Buffer.from(body));
  const full = new StoreUnavailableError('no space left on device');
  clicks.store = { ...store, hearQuestion: () => Promise.reject(full) };
  await clicks.stop();
  await clicks.startProcess();
  expect(await receive()).toEqual({ status: 503, body: 'it could not be kept' });
  expect([await store.openQuestions(), await counted(clicks)]).toEqual([[], ['unkept 1']]);

  clicks.store = store;
  await clicks.stop();
  await clicks.startProcess();
  expect(await receive()).toEqual({ status: 200, body: '' });
  await clicks.until(() => replies(clicks).length === 1, 'the answer');
  expect(await receive()).toEqual({ status: 200, body: '' });
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect(answerer.asked).toHaveLength(1);
  // What comes while it stops is for the next.
  expect((await receive())?.status).toBe(503);
});
