import { expect, test } from 'vitest';
import { ask } from '../../../src/dashboard/acts/ask-act.ts';
import type { DashboardOptions } from '../../../src/dashboard/frame/options.ts';
import type { AskedAgent, Question } from '../../../src/domain/question.ts';
import { answeredIncident, sampleTime } from '../../support/incident-samples.ts';
import { sampleQuestion } from '../../support/question-sample.ts';

const incident = answeredIncident();
const input = (q: string, id = incident.id) => ({
  by: 'ana',
  fields: new URLSearchParams({ q }),
  params: { id },
  now: sampleTime,
});

function over(answer: AskedAgent) {
  const asked: Question[] = [];
  const options = {
    reader: { incident: async (id: string) => (id === incident.id ? { incident, faults: [], runs: [] } : null) },
    agents: {
      agentOf: () => 'claude',
      ask: async (question: Question) => {
        asked.push(question);
        return answer;
      },
    },
  };
  return { options: options as unknown as DashboardOptions, asked };
}

test('NOT-5, OPS-3: a question to an agent leads to its page, in the name of who asked', async () => {
  const question = sampleQuestion({ incidentId: incident.id });
  const { options, asked } = over({ kind: 'asked', question, ended: Promise.resolve(question) });
  expect(await ask(input('  why? '), options)).toEqual({
    kind: 'done',
    said: 'claude was asked.',
    to: `/i/${incident.id}/asked/ask_1`,
  });
  const talk = { person: 'page:ana', thread: null };
  expect(asked).toEqual([{ incidentId: incident.id, text: 'why?', by: 'ana', mayAct: true, talk }]);
});

test('NOT-5, OPS-3: where no agent may be started rules answer, and it is said why', async () => {
  const refused = over({ kind: 'refused', why: 'claude was not asked: usd_per_day: $50.00 of $50.00' });
  const to = `/i/${incident.id}/ask?q=why%20%26%3F`;
  const said = 'claude was not asked: usd_per_day: $50.00 of $50.00. Rules answer.';
  expect(await ask(input('why &?'), refused.options)).toEqual({ kind: 'done', said, to });
  const none = over({ kind: 'rules' });
  expect(await ask(input('why &?'), none.options)).toMatchObject({ said: 'No agent is configured: rules answer.', to });
});

test('NOT-5, OPS-3: nothing is asked without a question, nor about what is not there', async () => {
  const { options, asked } = over({ kind: 'rules' });
  expect(await ask(input('  '), options)).toMatchObject({
    said: 'Write a question first.',
    to: `/i/${incident.id}/ask`,
  });
  expect(await ask(input('why?', 'inc_none'), options)).toEqual({ kind: 'unknown' });
  expect(asked).toEqual([]);
});
