import { expect, test } from 'vitest';
import {
  type AgentAnswerer,
  type AgentQuestion,
  AskAnewError,
  type AskedAgent,
  type Question,
  type QuestionAnswer,
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

const ending = (ended: AgentQuestion, question: AgentQuestion = { ...ended, endedAt: null }): AskedAgent => ({
  kind: 'asked',
  question,
  ended: Promise.resolve(ended),
});

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
  expect(told).toEqual([{ ...question, endedAt: null }]);
  await asking(ending(question, question)).answer(asked, never, (busy) => told.push(busy));
  expect(told).toHaveLength(1);
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

test.each<[string, AskedAgent]>([
  ['its agent is cut off', ending(sampleQuestion({ answer: null, error: 'it was stopped', cutOff: true }))],
  ['none is taken any more', { kind: 'refused', why: 'it was stopped', askAnew: true }],
])(
  'NOT-5, OPS-5: a stop is no failure: %s, who keeps the question asks it anew, and rules answer others',
  async (_name, answer) => {
    const kept = { ...asked, talk: { id: 'said:1', person: 'slack:U1', thread: null } };
    await expect(asking(answer).answer(kept, never)).rejects.toThrow(AskAnewError);
    expect(keptAnswers).toEqual([]);
    expect(await asking(answer).answer(asked, never)).toMatchObject({ by: 'rules', note: 'it was stopped' });
    keptAnswers.splice(0);
  },
);

test('NOT-5: who does not wait any more is let go', async () => {
  const { promise } = Promise.withResolvers<AgentQuestion>();
  const gone = new AbortController();
  const waits = asking({ kind: 'asked', question: sampleQuestion(), ended: promise }).answer(asked, gone.signal);
  gone.abort(new Error('the client went away'));
  await expect(waits).rejects.toThrow('the client went away');
});
