import { expect, test } from 'vitest';
import type { Question, QuestionAnswer, QuestionAnswerer } from '../../../../src/domain/question.ts';
import { ProblemError } from '../../../../src/lib/problem.ts';
import { SlackClicks, wordsOf } from '../../../support/slack-clicks.ts';
import { ana, bo, botUser } from '../../../support/slack-people.ts';

/** Answers with what was asked, and keeps it. */
function answering(): QuestionAnswerer & { readonly asked: Question[] } {
  const asked: Question[] = [];
  return {
    asked,
    answer: async (question) => {
      asked.push(question);
      if (question.text.includes('broken')) {
        const kind = { code: 'NC-X-1', title: 'x', fix: 'Wait a moment.', about: '' };
        throw new ProblemError(kind, 'What is kept cannot be read');
      }
      return { text: `You asked: ${question.text}\n> <!channel>`, sources: ['logs/api.txt'], by: 'rules' };
    },
  };
}

const replies = (clicks: SlackClicks) =>
  clicks.slack.threadPosts.filter(({ metadata }) => metadata?.event_type === 'nightcrier_answer');

test('NOT-5: a question that mentions the app in the thread of an incident is answered there, once however often it is told', async () => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer });
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  const said = people.message(post.channel, ana, `<@${botUser}> what &lt;changed&gt;?`, post.ts);
  const again = { ...said, event: { ...(said['event'] as object), type: 'message' } };
  const envelope = people.send('events_api', said);
  people.send('events_api', said);
  people.send('events_api', again);
  await clicks.until(() => replies(clicks).length > 0, 'an answer');
  expect(envelope.ackedAt).not.toBeNull();
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  const { ts } = said['event'] as { ts: string };
  const talk = {
    id: `said:${post.channel}:${ts}`,
    person: `slack:${ana.id}`,
    thread: `slack:${post.channel}:${post.ts}`,
  };
  // When it was written, however long it waits: its times count from then.
  const askedAt = Math.trunc(Number(ts) * 1000);
  const asked = { incidentId: id, text: 'what <changed>?', by: 'Ana Pérez', mayAct: true, talk, askedAt };
  expect(answerer.asked).toEqual([asked]);
  expect(replies(clicks)).toHaveLength(1);
  expect(replies(clicks)[0]?.threadTs).toBe(post.ts);
  expect(wordsOf(replies(clicks)[0]!)).toContain('You asked: what &lt;changed&gt;?\\n&gt; `&lt;!channel&gt;`');
});

test('NOT-5: outside a thread an incident is named; what is about none is told how to ask, and a failure why', async () => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer });
  const { people } = clicks.slack;
  const { post, id } = await clicks.answered();
  const ask = (text: string, thread: string | null) =>
    people.send('events_api', people.message(post.channel, bo, `<@${botUser}> ${text}`, thread));
  ask(`why ${id}?`, null);
  ask('why?', null);
  ask('why?', '1700000000.000001');
  ask('is it broken?', post.ts);
  await clicks.until(() => replies(clicks).length === 4, 'four replies');
  expect(new Set(answerer.asked.map(({ incidentId, text }) => `${incidentId} ${text}`))).toEqual(
    new Set([`${id} why ${id}?`, `${id} is it broken?`]),
  );
  expect(answerer.asked).toHaveLength(2);
  const words = replies(clicks).map(wordsOf).join('\n');
  expect(words.match(/Ask in the thread of an incident/g)).toHaveLength(2);
  expect(words).toContain('This could not be answered now. What is kept cannot be read. Wait a moment.');
});

test('NOT-5: what people say to each other is not answered, nor what bots say; where the thread is listened to, its questions are', async () => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer, questions: 'thread' });
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  const say = (text: string, thread: string | null, over = {}) =>
    people.send('events_api', people.message(post.channel, ana, text, thread, over));
  say('I look at it', post.ts);
  say('<@U0BO> did you roll out?', post.ts);
  say('why?', null);
  say('why?', '1700000000.000001');
  say('why?', post.ts, { bot_id: 'B1' });
  say('why?', post.ts, { subtype: 'message_changed' });
  say('why?', post.ts, { user: botUser });
  say('why?', post.ts, { user_team: 'T0OTHER' });
  people.send('events_api', { type: 'event_callback', event: { type: 'message' } });
  say('what changed?', post.ts);
  await clicks.until(() => replies(clicks).length > 0, 'an answer');
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect(answerer.asked.map(({ text }) => text)).toEqual(['what changed?']);
});

test('NOT-5: of one incident ten are answered within ten minutes, then who asks is told once to wait', async () => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer });
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  for (let at = 0; at < 12; at++)
    people.send('events_api', people.message(post.channel, ana, `<@${botUser}> why ${at}?`, post.ts));
  await clicks.until(() => replies(clicks).length === 10 && people.whispers.length > 0, 'ten answers and a word');
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect(answerer.asked).toHaveLength(10);
  expect(people.whispers).toMatchObject([
    { user: ana.id, text: expect.stringMatching(/^Too much is asked at once.* in 10 min/) as string },
  ]);
  const metrics = await clicks.registry.metrics();
  expect(metrics).toContain('nightcrier_slack_questions_total{outcome="answered"} 10');
  expect(metrics).toContain('nightcrier_slack_questions_total{outcome="refused"} 2');
});

test('NOT-5: an answer that Slack asks to send later is sent later, and what may have arrived is not sent again', async () => {
  const clicks = await SlackClicks.start({ answerer: answering() });
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  clicks.slack.failNext('chat.postMessage', { kind: 'rate_limited', seconds: 1 });
  people.send('events_api', people.message(post.channel, ana, `<@${botUser}> one?`, post.ts));
  await clicks.until(() => replies(clicks).length === 1, 'the answer after the wait');
  clicks.slack.failNext('chat.postMessage', { kind: 'cut_off' });
  people.send('events_api', people.message(post.channel, ana, `<@${botUser}> two?`, post.ts));
  await clicks.until(() => replies(clicks).length === 2, 'the answer that was cut off');
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect(replies(clicks)).toHaveLength(2);
});

test('NOT-5: who asked is told at once, and nobody else, that an agent is at it; the answer says which and for how much', async () => {
  const going = Promise.withResolvers<QuestionAnswer>();
  const clicks = await SlackClicks.start({
    answerer: {
      answer: (_question, _signal, onAgent) => {
        onAgent?.({ agent: 'claude', until: Date.now() + 120_000 });
        return going.promise;
      },
    },
  });
  const { people } = clicks.slack;
  const { whispers } = people;
  const { post } = await clicks.answered();
  people.send('events_api', people.message(post.channel, ana, `<@${botUser}> why?`, post.ts));
  await clicks.until(() => whispers.length > 0, 'a word to who asked');
  expect(whispers).toMatchObject([
    { user: ana.id, text: expect.stringMatching(/^claude reads what is kept of the incident: 2 min/) as string },
  ]);
  expect(replies(clicks)).toEqual([]);
  going.resolve({ text: 'because', sources: [], by: 'claude', took: { model: 'm-1', durationMs: 9000, usd: 0.02 } });
  await clicks.until(() => replies(clicks).length > 0, 'an answer');
  expect(wordsOf(replies(clicks)[0]!)).toContain('by claude (m-1) in 9 s for $0.02');
});

test.each([
  ['all', 'all', true],
  ['an id', [ana.id], true],
  ['a handle', ['@ana'], true],
  ['others', [bo.id, 'Ana Pérez'], false],
] as const)('NOT-5: an agent answers those who may act: %s', async (_name, mayAct, expected) => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer, mayAct });
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  people.send('events_api', people.message(post.channel, ana, `<@${botUser}> why?`, post.ts));
  await clicks.until(() => replies(clicks).length > 0, 'an answer');
  expect(answerer.asked).toMatchObject([{ mayAct: expected }]);
});

test('NOT-5: whom handles name hears why where Slack does not say handles', async () => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer, mayAct: ['@ana'] });
  clicks.slack.scopes.delete('users:read');
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  people.send('events_api', people.message(post.channel, ana, `<@${botUser}> why?`, post.ts));
  await clicks.until(() => replies(clicks).length > 0, 'an answer');
  expect(answerer.asked).toMatchObject([{ mayAct: false, whyNot: expect.stringContaining('users:read') as string }]);
});

test('NOT-5: a Slack that does not say handles now is told as that, and asked again with the next question', async () => {
  const answerer = answering();
  const clicks = await SlackClicks.start({ answerer, mayAct: ['@ana'] });
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  const ask = () => people.send('events_api', people.message(post.channel, ana, `<@${botUser}> why?`, post.ts));
  clicks.slack.failNext('users.info', { kind: 'rate_limited', seconds: 1 }, 2);
  ask();
  await clicks.until(() => replies(clicks).length === 1, 'an answer');
  expect(answerer.asked).toMatchObject([
    { mayAct: false, whyNot: expect.stringMatching(/^(?!.*users:read).*did not say your handle now/) as string },
  ]);
  ask();
  await clicks.until(() => replies(clicks).length === 2, 'another');
  expect(answerer.asked[1]).toMatchObject({ mayAct: true });
});

test('NOT-5: an agent that is at the question of one holds up nobody else in the thread', async () => {
  const going = Promise.withResolvers<QuestionAnswer>();
  const answered = { text: 'because', sources: [], by: 'rules' };
  const clicks = await SlackClicks.start({
    answerer: { answer: ({ by }) => (by.startsWith('Ana') ? going.promise : Promise.resolve(answered)) },
  });
  const { people } = clicks.slack;
  const { post } = await clicks.answered();
  for (const person of [ana, bo]) {
    people.send('events_api', people.message(post.channel, person, `<@${botUser}> why?`, post.ts));
  }
  await clicks.until(() => replies(clicks).length === 1, 'the answer to the other');
  going.resolve(answered);
  await clicks.until(() => replies(clicks).length === 2, 'both');
  expect(replies(clicks).map(({ threadTs }) => threadTs)).toEqual([post.ts, post.ts]);
});
