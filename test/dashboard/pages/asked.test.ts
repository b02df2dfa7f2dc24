import { expect, onTestFinished, test } from 'vitest';
import type { AgentQuestion } from '../../../src/domain/question.ts';
import type { HealthServerOptions } from '../../../src/health/health-server-options.ts';
import { HealthFixture } from '../../support/health-fixture.ts';
import { answeredIncident, sampleTime } from '../../support/incident-samples.ts';
import { sampleQuestion } from '../../support/question-sample.ts';

const { id } = answeredIncident();

async function server(
  over: Partial<AgentQuestion> = {},
  options: Partial<HealthServerOptions> = {},
): Promise<HealthFixture> {
  const fixture = await HealthFixture.start(options);
  onTestFinished(() => fixture.stop());
  fixture.agent = 'claude';
  fixture.reader.details = [{ incident: answeredIncident(), faults: [], runs: [] }];
  fixture.reader.questions = [sampleQuestion({ incidentId: id, ...over })];
  return fixture;
}

const textOf = async (fixture: HealthFixture, path: string): Promise<string> =>
  (await fixture.get(path, { headers: { accept: 'text/html' } })).text();

test('NOT-5, OPS-3: where an agent answers, the form is one that is sent; looking at a page starts nothing', async () => {
  const fixture = await server();
  const page = await textOf(fixture, `/i/${id}`);
  expect(page).toMatch(
    new RegExp(`<form class="search" method="post" action="/i/${id}/ask">\\s*<input type="hidden" name="csrf"`),
  );
  expect(page).toContain('claude answers, and rules meanwhile');
  expect(page).toMatch(
    new RegExp(`Asked before[^]*<a href="/i/${id}/asked/ask_1">why\\?</a>[^]*REDIS_URL is missing\\.[^]*ana`),
  );
  await textOf(fixture, `/i/${id}/ask?q=why`);
  const before = fixture.questions.length;
  await textOf(fixture, `/i/${id}/asked/ask_1`);
  expect(fixture.questions).toHaveLength(before);
  expect(fixture.asked).toEqual([]);
  expect(fixture.questions.every(({ mayAct }) => !mayAct)).toBe(true);
});

test('NOT-5, OPS-3: while the agent is at it the page says so, shows what rules answer, and changes with the row', async () => {
  const page = await textOf(await server({ endedAt: null, answer: null }), `/i/${id}/asked/ask_1`);
  expect(page).toContain('claude reads what is kept of the incident, 2 min 30 s more at most.');
  expect(page).toContain(`<a href="/i/${id}/asked/ask_1">Look again</a>`);
  expect(page).toMatch(/By rules[^]*<p>because<\/p>/);
  expect(page).toMatch(/<body data-live="question">/);
  const late = await textOf(
    await server({ endedAt: null, answer: null, until: sampleTime - 1 }),
    `/i/${id}/asked/ask_1`,
  );
  expect(late).toContain('its time is over');
});

test('NOT-5: what was asked before it is linked, and what rules answer goes on from the questions of the same person', async () => {
  const waited = { writtenAt: sampleTime, askedAt: sampleTime + 5000 };
  const fixture = await server({ ...waited, person: 'ana', answer: null, error: 'it failed' });
  const rules = { text: 'a', by: 'rules' };
  const byRules = { by: 'bo', person: 'ana', thread: null, answer: rules, hasPage: false };
  fixture.reader.asked = [
    { ...byRules, id: 'said:1', at: sampleTime - 1000, text: 'logs of <b>' },
    { ...byRules, id: 'said:2', at: sampleTime + 1000, text: 'asked later' },
  ];
  const earlier = { incidentId: id, id: 'ask_0', askedAt: sampleTime - 2000, person: 'bo', text: 'which image' };
  fixture.reader.questions.push(sampleQuestion(earlier));
  const page = await textOf(fixture, `/i/${id}/asked/ask_1`);
  expect(page).toMatch(
    new RegExp(
      `Asked before: </span>\\s*<a href="/i/${id}/ask\\?q=logs%20of%20%3Cb%3E">logs of &lt;b></a>\\s*<a href="/i/${id}/asked/ask_0">which image</a>`,
    ),
  );
  expect(page).not.toContain('asked later');
  expect(fixture.questions.at(-1)).toMatchObject({ text: 'why?', after: ['logs of <b>'], askedAt: sampleTime });
});

test('NOT-5: what rules did not understand is not shown while the agent is at it', async () => {
  const rules = { answer: async () => ({ text: 'Not understood.', sources: [], by: 'rules', understood: false }) };
  const page = await textOf(
    await server({ endedAt: null, answer: null }, { questions: rules }),
    `/i/${id}/asked/ask_1`,
  );
  expect(page).not.toContain('Not understood.');
  const failed = await textOf(await server({ answer: null, error: 'x' }, { questions: rules }), `/i/${id}/asked/ask_1`);
  expect(failed).toContain('Not understood.');
});

test('NOT-5, OPS-3: the answer says who gave it and for how much; a failure says why, above what rules answer', async () => {
  const usage = { turns: 1, tokens: null, usd: 0.02, requests: null };
  const answered = await textOf(await server({ usage }), `/i/${id}/asked/ask_1`);
  expect(answered).toContain('Answered by claude (m-1) in 12 s for $0.02 from ');
  expect(answered).toContain(`href="/i/${id}/files/evidence/a.log"`);
  expect(answered).toContain(`<a href="/i/${id}/ask?q=why%3F">What rules answer</a>`);
  const failed = await textOf(await server({ answer: null, error: 'claude was killed <b>' }), `/i/${id}/asked/ask_1`);
  expect(failed).toContain('claude was killed &lt;b>.');
  expect(failed).toContain('By rules');
});

test('NOT-5: a question of another incident, and one that is not there, are not found', async () => {
  const fixture = await server({ incidentId: 'inc_other' });
  for (const path of [`/i/${id}/asked/ask_1`, `/i/${id}/asked/ask_2`, '/i/inc_none/asked/ask_1']) {
    expect((await fixture.get(path, { headers: { accept: 'text/html' } })).status).toBe(404);
  }
});
