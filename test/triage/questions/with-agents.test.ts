import { expect, test } from 'vitest';
import type {
  AgentAnswerer,
  AgentQuestion,
  AskedAgent,
  Question,
  QuestionAnswer,
} from '../../../src/domain/question.ts';
import { keptOnce } from '../../../src/report/evidence/kept-once.ts';
import { withAgents } from '../../../src/triage/questions/with-agents.ts';
import { MemoryArtifacts } from '../../support/memory-artifacts.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { sampleQuestion } from '../../support/question-sample.ts';
import { fixedRules } from '../../support/triage-bench.ts';

const asked: Question = { incidentId: 'inc_1', text: 'why?', by: 'ana', mayAct: true };
const never = new AbortController().signal;

const reading = (incidentId: string) =>
  keptOnce({ reader: new MemoryReader(), artifacts: new MemoryArtifacts() }, incidentId);

function agents(answer: AskedAgent): AgentAnswerer {
  return { agentOf: () => 'claude', ask: () => Promise.resolve(answer) };
}

const keptAnswers: [Question, QuestionAnswer][] = [];
const asking = (answer: AskedAgent) =>
  withAgents({
    rules: fixedRules,
    agents: agents(answer),
    reading,
    keep: async (...answered) => void keptAnswers.push(answered),
  });

const ending = (question: AgentQuestion): AskedAgent => ({ kind: 'asked', question, ended: Promise.resolve(question) });

test('NOT-5: the agent that is configured answers, with what it took; who waits is told that it is at it', async () => {
  const question = sampleQuestion({ usage: { turns: 2, tokens: null, usd: 0.02, requests: null } });
  const told: unknown[] = [];
  const answer = await asking(ending(question)).answer(asked, never, (busy) => told.push(busy));
  expect(answer).toEqual({
    text: 'REDIS_URL is missing.',
    sources: ['evidence/a.log'],
    by: 'claude',
    took: { model: 'm-1', durationMs: 12_000, usd: 0.02 },
  });
  expect(told).toEqual([question]);
  expect(keptAnswers).toEqual([]);
});

test.each<[string, AskedAgent, object]>([
  ['no agent is there', { kind: 'rules' }, { by: 'rules', text: 'By rules: why?' }],
  [
    'it is not started',
    { kind: 'refused', why: 'claude was not asked: over budget' },
    { note: 'claude was not asked: over budget' },
  ],
  [
    'it fails',
    ending(sampleQuestion({ answer: null, error: 'claude was killed' })),
    { by: 'rules', note: 'claude was killed' },
  ],
])('NOT-5: rules answer when %s, and it is said why', async (_name, answer, said) => {
  const answered = await asking(answer).answer(asked, never);
  expect(answered).toMatchObject({ text: 'By rules: why?', ...said });
  expect('took' in answered).toBe(false);
  expect(keptAnswers.splice(0)).toMatchObject([[asked, { by: 'rules' }]]);
});

test('NOT-5: who does not wait any more is let go', async () => {
  const { promise } = Promise.withResolvers<AgentQuestion>();
  const gone = new AbortController();
  const waits = asking({ kind: 'asked', question: sampleQuestion(), ended: promise }).answer(asked, gone.signal);
  gone.abort(new Error('the client went away'));
  await expect(waits).rejects.toThrow('the client went away');
});
