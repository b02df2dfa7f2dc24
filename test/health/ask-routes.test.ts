import { expect, onTestFinished, test } from 'vitest';
import {
  longestQuestion,
  type QuestionAnswer,
  questionText,
  TooManyQuestionsError,
} from '../../src/domain/question.ts';
import { analystProblems } from '../../src/analyst/errors.ts';
import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import { HealthFixture } from '../support/health-fixture.ts';
import { answeredIncident } from '../support/incident-samples.ts';

const { id } = answeredIncident();
/** What is said where no agent answered. */
const nobody = { model: null, duration_ms: null, usd: null, note: null };

async function server(over: Partial<HealthServerOptions> = {}): Promise<HealthFixture> {
  const fixture = await HealthFixture.start(over);
  onTestFinished(() => fixture.stop());
  fixture.reader.details = [{ incident: answeredIncident(), faults: [], runs: [] }];
  return fixture;
}

test('NOT-5: a question is answered with what it was answered from, and by whom', async () => {
  const fixture = await server();
  const answer = await fixture.post(`/api/incidents/${id}/ask`, { question: ' why? ', author: 'ana' });
  expect(answer).toEqual({
    status: 200,
    body: { ...nobody, incident_id: id, text: 'because', sources: ['incident'], by: 'rules' },
  });
  const talk = { person: 'http:ana', thread: null };
  expect(fixture.questions).toEqual([{ incidentId: id, text: 'why?', by: 'ana', mayAct: true, talk }]);
  // Who gives no name is nobody of whom it is known what they asked before.
  await fixture.post(`/api/incidents/${id}/ask`, { question: 'why?' });
  expect(fixture.questions[1]).toEqual({ incidentId: id, text: 'why?', by: 'somebody', mayAct: true });
});

test('NOT-5: what is kept of a question over HTTP is bounded, and of nobody who asks another way, whatever name is given', async () => {
  const fixture = await server();
  const question = `  ${'why? '.repeat(2000)}`;
  await fixture.post(`/api/incidents/${id}/ask`, { question, author: 'slack:U0123' });
  const [asked] = fixture.questions;
  expect(asked?.text).toBe(questionText(question));
  expect(asked?.text).toHaveLength(longestQuestion);
  expect(asked?.talk?.person).toMatch(/^http:/);
});

test('NOT-5: an answer of an agent says which, how long it took and what it cost; why it is not one is said too', async () => {
  const answers: QuestionAnswer[] = [
    { text: 'b', sources: [], by: 'claude', took: { model: 'm-1', durationMs: 9000, usd: 0.02 } },
    { text: 'b', sources: [], by: 'rules', note: 'claude was not asked: over budget' },
  ];
  const fixture = await server({ questions: { answer: async () => answers.shift()! } });
  const ask = () => fixture.post(`/api/incidents/${id}/ask`, { question: 'why?' });
  expect((await ask()).body).toMatchObject({ by: 'claude', model: 'm-1', duration_ms: 9000, usd: 0.02, note: null });
  expect((await ask()).body).toMatchObject({ ...nobody, by: 'rules', note: 'claude was not asked: over budget' });
});

test('NOT-5, OPS-1: who may act has an agent answer, who may only read has not, nor who wants none', async () => {
  const people = () => ({ readToken: 'reader-token', proxy: null });
  const fixture = await server({ token: () => 'canary', people });
  const ask = async (token: string, body: object = {}): Promise<boolean | undefined> => {
    const authorization = { authorization: `Bearer ${token}` };
    const { status } = await fixture.post(`/api/incidents/${id}/ask`, { question: 'why', ...body }, authorization);
    expect(status).toBe(200);
    return fixture.questions.at(-1)?.mayAct;
  };
  expect(await ask('canary')).toBe(true);
  expect(await ask('canary', { agent: false })).toBe(false);
  expect(await ask('reader-token')).toBe(false);
  expect(fixture.questions.at(-1)?.whyNot).toBe('you may read, and not act');
});

test.each([
  [{}, 'question'],
  [{ question: '  ' }, 'question'],
  [{ question: 1 }, 'question'],
  [{ question: 'why', cluster: 'x' }, 'unknown: cluster'],
])('NOT-5: %j is refused', async (body, said) => {
  const fixture = await server();
  const answer = await fixture.post(`/api/incidents/${id}/ask`, body);
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'NC-HEALTH-003' } } });
  expect(JSON.stringify(answer.body)).toContain(said);
  expect(fixture.questions).toEqual([]);
});

test('NOT-5: of no incident there is no answer, and a body without bound is not read', async () => {
  const none = { text: 'Nothing is kept.', sources: [], by: 'rules', noIncident: true };
  const empty = await server({ questions: { answer: async () => none } });
  expect((await empty.post('/api/incidents/inc_none/ask', { question: 'why' })).status).toBe(404);
  const fixture = await server();
  expect((await fixture.post(`/api/incidents/${id}/ask`, { question: 'x'.repeat(20_000) })).status).toBe(413);
  expect(fixture.questions).toEqual([]);
});

test('NOT-5: too many questions are refused for a while, and what cannot be read now is told', async () => {
  const failures = [
    new TooManyQuestionsError(analystProblems.tooManyQuestions, 'many questions were asked'),
    new ProblemError(analystProblems.questionUnanswered, 'the disk is gone'),
  ];
  const fixture = await server({ questions: { answer: () => Promise.reject(failures.shift()) } });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"question":"why"}' };
  const first = await fixture.get(`/api/incidents/${id}/ask`, init);
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '15']);
  expect(await first.json()).toMatchObject({ error: { code: 'NC-ANALYST-001' } });
  const second = await fixture.json(`/api/incidents/${id}/ask`, init);
  expect(second).toMatchObject({
    status: 503,
    body: { error: { code: 'NC-ANALYST-002', message: 'the disk is gone' } },
  });
});

test('NOT-5, OPS-1: asking is reading: it needs the token where there is one, and comes from no page of another host', async () => {
  const fixture = await server({ token: () => 'canary' });
  expect((await fixture.post(`/api/incidents/${id}/ask`, { question: 'why' })).status).toBe(401);
  const authorization = { authorization: 'Bearer canary' };
  expect((await fixture.post(`/api/incidents/${id}/ask`, { question: 'why' }, authorization)).status).toBe(200);
  const open = await server();
  const origin = { origin: 'https://evil.test' };
  expect((await open.post(`/api/incidents/${id}/ask`, { question: 'why' }, origin)).status).toBe(403);
  expect(open.questions).toEqual([]);
});
