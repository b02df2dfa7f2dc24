import { expect, onTestFinished, test } from 'vitest';
import type { AnsweredQuestion } from '../../../src/domain/history.ts';
import { longestQuestion } from '../../../src/domain/question.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { keepAnswered } from '../../../src/triage/questions/keep-answered.ts';
import { sampleTime } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TriageBench } from '../../support/triage-bench.ts';

const talk = { person: 'ana', thread: null };
const question = { incidentId: 'inc_1', text: 'why?', by: 'Ana\nPérez', mayAct: false, talk };
const answer = { text: 'because', sources: [], by: 'rules' };

function world(failure: Error | null = null) {
  const kept: AnsweredQuestion[] = [];
  const store = {
    keepAnswered: async (asked: AnsweredQuestion) => {
      if (failure !== null) throw failure;
      kept.push(asked);
    },
  };
  const keep = keepAnswered({ store, clock: new ManualClock(sampleTime), logger: silentLogger });
  return { keep, kept };
}

test('NOT-5: what rules answered is kept for what is asked after it, in Slack by the id of its message', async () => {
  const { keep, kept } = world();
  await keep(question, answer);
  await keep({ ...question, talk: { ...talk, id: 'said:C1:1.1' } }, answer);
  const common = { incidentId: 'inc_1', at: sampleTime, by: 'Ana Pérez', ...talk, text: 'why?' };
  const given = { text: 'because', by: 'rules' };
  expect(kept).toEqual([
    { id: expect.stringMatching(/^ask_/) as string, ...common, answer: given },
    { id: 'said:C1:1.1', ...common, answer: given },
  ]);
});

test('NOT-5: of a question as much is kept as is answered', async () => {
  const { keep, kept } = world();
  await keep({ ...question, text: 'why? '.repeat(2000) }, answer);
  expect(kept[0]?.text).toHaveLength(longestQuestion);
});

test('NOT-5: what waited for its answer is kept as asked when it was asked', async () => {
  const { keep, kept } = world();
  await keep({ ...question, askedAt: sampleTime - 60_000 }, answer);
  expect(kept.map(({ at }) => at)).toEqual([sampleTime - 60_000]);
});

test('NOT-5: an answer that took long is kept as asked when its question came', async () => {
  const clock = new ManualClock(sampleTime);
  const slow = { answer: () => clock.advance(60_000).then(() => answer) };
  const bench = new TriageBench({ clock, rules: slow });
  onTestFinished(() => bench.cleanUp());
  await bench.triage().questions.answer(question, new AbortController().signal);
  expect(bench.store.answered.map(({ at }) => at)).toEqual([sampleTime]);
});

test('NOT-5: nothing is kept of what belongs to no talk, was not understood, or is about no incident', async () => {
  const { keep, kept } = world();
  const { talk: _, ...alone } = question;
  await keep(alone, answer);
  await keep(question, { ...answer, understood: false });
  await keep(question, { ...answer, noIncident: true });
  expect(kept).toEqual([]);
});

test('NOT-5: an answer that cannot be kept is given all the same', async () => {
  const { keep } = world(new Error('no space left on device'));
  await expect(keep(question, answer)).resolves.toBeUndefined();
});
