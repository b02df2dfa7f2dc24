import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentJob } from '../../../../src/domain/ports.ts';
import { type HeardQuestion, TooManyQuestionsError } from '../../../../src/domain/question.ts';
import type { RulesAnswerer } from '../../../../src/domain/questions/kept-incident.ts';
import { StoreUnavailableError } from '../../../../src/domain/state-store.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { keptOnce } from '../../../../src/report/evidence/kept-once.ts';
import { triageMetrics } from '../../../../src/triage/metrics.ts';
import { AgentAnswers } from '../../../../src/triage/questions/agent-answers.ts';
import { withAgents } from '../../../../src/triage/questions/with-agents.ts';
import { notStarted } from '../../../../src/triage/workspace/process-runner.ts';
import { FakeGateway } from '../../../support/fake-gateway.ts';
import { heardAnswers } from '../../../support/heard-answers.ts';
import { MemoryArtifacts } from '../../../support/memory-artifacts.ts';
import { SlackClicks, wordsOf } from '../../../support/slack-clicks.ts';
import { ana } from '../../../support/slack-people.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { agentBudget, agentChoice, fixedRules, questionLimits } from '../../../support/triage-bench.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const never = new AbortController().signal;

/** What the agent does; it writes no answer without `answers`. */
type Agent = (answers: () => void, signal: AbortSignal) => Promise<void> | void;

/** A question that was heard, a real store, a Slack that runs, and an agent; what works on it is begun by `process`. */
async function world(agent: Agent, rules: RulesAnswerer = fixedRules) {
  const clicks = await SlackClicks.start();
  const { post, id: incidentId } = await clicks.answered();
  await clicks.stop();
  const { slack } = clicks;
  const now = Date.now();
  const place = { channel: post.channel, ts: '1700000000.000001', threadTs: post.ts };
  await clicks.store.hearQuestion({ id: 'said:1', place, incidentId, userId: ana.id, text: 'why?', askedAt: now }, now);
  const jobs: AgentJob[] = [];
  const row = async (): Promise<HeardQuestion | undefined> => (await clicks.store.openQuestions())[0];
  const replies = () =>
    slack.threadPosts.filter(({ metadata }) => metadata?.event_type === 'nightcrier_answer').map(wordsOf);
  const process = async (processId: string) => {
    const { store } = clicks;
    const answers = await agentAnswers(clicks, rules, (job, signal) => {
      jobs.push(job);
      const file = path.join(job.workspace, 'output/answer.json');
      const written = { version: 1, answer: 'It was the agent.', quotes: [], commands: [] };
      return agent(() => writeFileSync(file, JSON.stringify(written)), signal);
    });
    const reading = (id: string) => keptOnce({ reader: store, artifacts: new MemoryArtifacts() }, id);
    const answerer = withAgents({ rules, agents: answers, reading, keep: async () => {} });
    /** What listens to Slack, as it is begun with other settings too. */
    const carryOn = async (signal = never): Promise<void> => {
      const heard = heardAnswers(clicks, { answerer, processId });
      const question = await row();
      if (question !== undefined) await heard.carryOn(question, signal);
    };
    return { answers, carryOn };
  };
  return { clicks, jobs, process, row, replies };
}

async function agentAnswers(
  { store }: SlackClicks,
  rules: RulesAnswerer,
  run: (job: AgentJob, signal: AbortSignal) => Promise<void> | void,
): Promise<AgentAnswers> {
  const agent = agentChoice({ cli: 'custom', command: ['x'] });
  const settings = {
    workspaces: path.join(tempDir(), 'workspaces'),
    agent,
    budget: agentBudget(),
    clusters: new Map(),
    redact: { patterns: [], secrets: [] },
    questions: questionLimits,
  };
  const counted = { slots: () => 1, queued: async () => 0, breakers: async () => [] };
  const answers = new AgentAnswers({
    store,
    reader: store,
    artifacts: new MemoryArtifacts(),
    gateway: new FakeGateway(),
    owner: null,
    rules,
    runner: {
      run: async (job, signal) => {
        await run(job, signal);
        return { ...notStarted(''), reason: 'exit', exitCode: 0, error: null };
      },
    },
    settings: () => settings,
    hasRoom: async () => true,
    metrics: triageMetrics(new Registry(), { agents: ['custom'], ...counted }),
    clock: systemClock,
    logger: silentLogger,
  });
  await answers.start();
  onTestFinished(() => answers.stop(0));
  return answers;
}

test('NOT-5, INT-4: an agent that failed has had its turn: rules that are busy are asked again, and no other agent', async () => {
  let busy = 2;
  const rules: RulesAnswerer = {
    answer: async (question, ...rest) => {
      // The first is for the agent itself.
      if (busy-- > 0) throw new TooManyQuestionsError({ code: 'NC-X-1', title: 'x', fix: 'x', about: '' }, 'busy');
      return fixedRules.answer(question, ...rest);
    },
  };
  const w = await world(() => {}, rules);
  const { carryOn } = await w.process('p1');
  await carryOn();
  expect(await w.row()).toMatchObject({ reply: null, workedBy: null, cutOffs: 0 });
  await carryOn();
  expect(w.replies().join()).toMatch(/By rules: why\?[^]*custom wrote no output\/answer\.json/);
  expect([w.jobs.length, await w.row()]).toEqual([1, undefined]);
});

test('NOT-5, INT-4: an answer that cannot be written down is not asked for again, and nobody is told that nightcrier ended', async () => {
  const w = await world((answers) => answers());
  const { store } = w.clicks;
  const full = new StoreUnavailableError('no space left on device');
  const { carryOn } = await w.process('p1');
  w.clicks.store = {
    ...store,
    stepQuestion: (id, step, at) => (step.kind === 'reply' ? Promise.reject(full) : store.stepQuestion(id, step, at)),
  };
  for (const _ of [1, 2, 3, 4]) await expect(carryOn()).rejects.toThrow('no space left');
  w.clicks.store = store;
  await carryOn();
  expect(w.replies().join()).toMatch(/It was the agent/);
  expect(w.replies().join()).not.toContain('nightcrier ended');
  expect([w.jobs.length, await w.row()]).toEqual([1, undefined]);
});

test('NOT-5, CFG-7: what listens to Slack with other settings joins the agent that is at it', async () => {
  const going = Promise.withResolvers<void>();
  const w = await world(async (answers) => {
    await going.promise;
    answers();
  });
  const { carryOn } = await w.process('p1');
  const handOver = new AbortController();
  const cut = carryOn(handOver.signal);
  await waitUntil(() => w.jobs.length === 1, 'the agent');
  handOver.abort(new Error('other settings'));
  await expect(cut).rejects.toThrow('other settings');
  const joined = carryOn();
  const { whispers } = w.clicks.slack.people;
  await waitUntil(() => whispers.length === 2, 'the word of each that the agent is at it');
  going.resolve();
  await joined;
  expect(w.replies().join()).toMatch(/It was the agent/);
  expect([w.jobs.length, await w.row()]).toEqual([1, undefined]);
});

test('NOT-5, OPS-5: a stop leaves the question to the next process, whose agent answers it, and counts for nothing', async () => {
  let stops = true;
  const w = await world(async (answers, signal) => {
    if (!stops) return answers();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  for (const processId of ['p1', 'p2', 'p3', 'p4']) {
    const { answers, carryOn } = await w.process(processId);
    const cut = carryOn();
    const before = w.jobs.length;
    await waitUntil(() => w.jobs.length > before, 'the agent');
    await answers.stop(0);
    await cut;
    // What listens to Slack stops after it: it takes the question up once more.
    await carryOn();
    expect(await w.row()).toMatchObject({ reply: null, workedBy: null, cutOffs: 0 });
    expect(w.jobs).toHaveLength(before + 1);
  }
  stops = false;
  await (await w.process('p5')).carryOn();
  expect(w.replies().join()).toMatch(/It was the agent/);
  expect(w.replies().join()).not.toContain('stopped');
  expect([w.jobs.length, await w.row()]).toEqual([5, undefined]);
});

test('NOT-5, NOT-3: a question whose process died is asked anew of the agent; what an agent has answered is not', async () => {
  const going = Promise.withResolvers<void>();
  onTestFinished(() => going.resolve());
  const w = await world((answers) => (w.jobs.length === 1 ? going.promise : answers()));
  void (await w.process('p1')).carryOn().catch(() => {});
  await waitUntil(() => w.jobs.length === 1, 'the agent');
  const second = await w.process('p2');
  w.clicks.slack.failNext('chat.postMessage', { kind: 'status', status: 503 });
  await second.carryOn();
  expect(await w.row()).toMatchObject({ cutOffs: 1, reply: { answer: { by: 'custom' } } });
  const talk = { id: 'said:1', person: `slack:${ana.id}`, thread: null };
  const { incidentId } = (await w.row()) ?? { incidentId: null };
  const again = await (
    await w.process('p3')
  ).answers.ask({
    incidentId: incidentId ?? '',
    text: 'why?',
    by: 'ana',
    mayAct: true,
    talk,
  });
  expect(again).toMatchObject({ kind: 'asked', question: { heard: 'said:1', answer: { text: expect.any(String) } } });
  expect(w.jobs).toHaveLength(2);
});
