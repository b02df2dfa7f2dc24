import { expect, onTestFinished, test } from 'vitest';
import { analystProblems } from '../../../src/analyst/errors.ts';
import { type QuestionAnswer, TooManyQuestionsError } from '../../../src/domain/question.ts';
import { ProblemError } from '../../../src/lib/problem.ts';
import { HealthFixture } from '../../support/health-fixture.ts';
import { answeredIncident } from '../../support/incident-samples.ts';

const { id } = answeredIncident();

async function server(over: Parameters<typeof HealthFixture.start>[0] = {}): Promise<HealthFixture> {
  const fixture = await HealthFixture.start(over);
  onTestFinished(() => fixture.stop());
  fixture.reader.details = [{ incident: answeredIncident(), faults: [], runs: [] }];
  return fixture;
}

const answering = (answer: Partial<QuestionAnswer>) => ({
  questions: { answer: async () => ({ text: 'because', sources: [], by: 'rules', ...answer }) },
});

const textOf = async (fixture: HealthFixture, path: string): Promise<string> => {
  const headers = { accept: 'text/html' };
  return (await fixture.get(path, { headers })).text();
};

test('NOT-5, OPS-3: the page of an incident has a form that needs no script, its answer stands on a page of its own', async () => {
  const fixture = await server();
  const incident = await textOf(fixture, `/i/${id}`);
  expect(incident).toMatch(new RegExp(`<form class="search" method="get" action="/i/${id}/ask">`));
  const page = await textOf(fixture, `/i/${id}/ask?q=+what+changed%3F+`);
  expect(page).toContain('<p>because</p>');
  expect(page).toContain('value="what changed?"');
  expect(page).toContain(`<a href="/i/${id}">`);
  expect(page).toMatch(/<body data-live>/);
  expect(page).toContain('Answered by rules from ');
  expect(fixture.questions).toEqual([{ incidentId: id, text: 'what changed?', by: 'a page', mayAct: false }]);
  expect(await textOf(fixture, `/i/${id}/ask`)).toContain('Ask about this incident');
  expect(fixture.questions).toHaveLength(1);
  expect((await fixture.get('/i/inc_none/ask?q=why', { headers: { accept: 'text/html' } })).status).toBe(404);
});

test('NOT-5: a page can be asked on: what was asked goes along in its address, and nothing of it is kept', async () => {
  const fixture = await server();
  const first = await textOf(fixture, `/i/${id}/ask?q=logs`);
  expect(first).toMatch(/<input type="hidden" name="after" value="logs" ?\/?>/);
  const next = await textOf(fixture, `/i/${id}/ask?q=and+before%3F&after=logs&after=why`);
  expect(fixture.questions.at(-1)).toEqual({
    incidentId: id,
    text: 'and before?',
    by: 'a page',
    mayAct: false,
    after: ['logs', 'why'],
  });
  const carried = [...next.matchAll(/name="after" value="([^"]*)"/g)].map(([, value]) => value);
  expect(carried).toEqual(['and before?', 'logs', 'why']);
  const many = await textOf(fixture, `/i/${id}/ask?q=x${'&after=why'.repeat(50)}`);
  expect(many.match(/name="after"/g)).toHaveLength(5);
  expect(fixture.questions.at(-1)?.after).toHaveLength(5);
  expect(await textOf(fixture, `/i/${id}`)).not.toContain('name="after"');
});

test('NOT-5: quotes stand together, commands can be copied, files are linked', async () => {
  const text = 'Log:\n> one\n> two\n$ kubectl get pods\nLast.';
  const sources = ['evidence/logs/a/b/c.log', 'incident'];
  const page = await textOf(await server(answering({ text, sources })), `/i/${id}/ask?q=logs`);
  expect(page).toContain('<pre class="log" tabindex="0">one\ntwo</pre>');
  expect(page).toMatch(/data-copy[^]*kubectl get pods/);
  expect(page).toContain(`<a href="/i/${id}/files/evidence/logs/a/b/c.log">`);
  expect(page).toContain('<span>incident</span>');
});

test('UX-21: questions, answers and names of files are text, whatever is in them', async () => {
  const hostile = '</pre><script>alert(1)</script> "\' \u202e\u0007';
  const answer = { text: `${hostile}\n> ${hostile}\n$ ${hostile}`, sources: [`evidence/${hostile}`], by: hostile };
  const page = await textOf(await server(answering(answer)), `/i/${id}/ask?q=${encodeURIComponent(hostile)}`);
  expect(page).not.toMatch(/<script>alert|\u202e|\u0007/);
  expect(page).toContain('&lt;script>alert(1)');
});

test('NOT-5: a refusal and a failure are shown with what to do', async () => {
  const failures = [
    new TooManyQuestionsError(analystProblems.tooManyQuestions, 'many questions were asked'),
    new ProblemError(analystProblems.questionUnanswered, 'the disk is gone'),
  ];
  const fixture = await server({ questions: { answer: () => Promise.reject(failures.shift()) } });
  const ask = () => fixture.get(`/i/${id}/ask?q=why`, { headers: { accept: 'text/html' } });
  const busy = await ask();
  expect(busy.status).toBe(429);
  expect(await busy.text()).toContain('many questions were asked');
  const broken = await ask();
  expect(broken.status).toBe(503);
  expect(await broken.text()).toContain('the disk is gone');
});
