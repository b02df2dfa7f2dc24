import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { earlierOf } from '../../../src/domain/history.ts';
import type { AgentJob } from '../../../src/domain/ports.ts';
import type { AskedAgent } from '../../../src/domain/question.ts';
import { answerQuestion } from '../../../src/analyst/questions/answer-question.ts';
import { createQuestionAnswerer } from '../../../src/analyst/questions/create-answerer.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';
import { keptOnce } from '../../../src/report/evidence/kept-once.ts';
import { triageMetrics } from '../../../src/triage/metrics.ts';
import { AgentAnswers, type AgentAnswersOptions } from '../../../src/triage/questions/agent-answers.ts';
import { withAgents } from '../../../src/triage/questions/with-agents.ts';
import { notStarted } from '../../../src/triage/workspace/process-runner.ts';
import { FakeGateway } from '../../support/fake-gateway.ts';
import { FakeRunStore } from '../../support/fake-run-store.ts';
import { answeredIncident, sampleFault, sampleRun, sampleTime } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryArtifacts } from '../../support/memory-artifacts.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { sampleQuestion } from '../../support/question-sample.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { agentBudget, agentChoice, breakerPolicy, fixedRules, questionLimits } from '../../support/triage-bench.ts';
import { waitUntil } from '../../support/wait-until.ts';

const { id: incidentId, cluster } = answeredIncident();
const log = { path: 'evidence/logs/a.log', content: 'KeyError: REDIS_URL\n', contentType: 'text/plain' };
const worked: SpawnResult = { ...notStarted(''), reason: 'exit', exitCode: 0, error: null };
const question = { incidentId, text: 'why? my token is canary-secret-1', by: 'ana', mayAct: true };
const written = {
  version: 1,
  answer: 'REDIS_URL is missing, says canary-secret-1.',
  quotes: [{ file: log.path, quote: 'KeyError: REDIS_URL' }],
  commands: [],
};

type Agent = (job: AgentJob, signal: AbortSignal) => Promise<Partial<SpawnResult>> | Partial<SpawnResult>;

/** Writes an answer as its file. */
const answering =
  (answer: unknown): Agent =>
  ({ workspace }) => {
    writeFileSync(path.join(workspace, 'output/answer.json'), JSON.stringify(answer));
    return {};
  };

async function world(agent: Agent, choice: Record<string, unknown> = {}, limits = questionLimits) {
  const dir = tempDir();
  const [store, reader, artifacts, gateway] = [
    new FakeRunStore(),
    new MemoryReader(),
    new MemoryArtifacts(),
    new FakeGateway(),
  ];
  const clock = new ManualClock(sampleTime);
  const registry = new Registry();
  reader.details = [{ incident: answeredIncident(), faults: [sampleFault()], runs: [sampleRun()] }];
  await artifacts.put(cluster, incidentId, [log]);
  const jobs: AgentJob[] = [];
  const own = {
    ...agentChoice({ cli: 'custom', command: ['x'], env: { MY_TOKEN: 'canary-secret-1' }, ...choice }),
    ...(choice['cli'] === 'claude' && { runner: 'docker' as const }),
  };
  const settings = {
    workspaces: path.join(dir, 'workspaces'),
    limits: { maxConcurrent: 1, perCluster: {}, defaultPerCluster: 1 },
    agent: own,
    budget: agentBudget(),
    breaker: breakerPolicy,
    clusters: new Map(),
    redact: { patterns: [], secrets: [] },
    runbooks: [],
    questions: limits,
    storeFailed: false,
    workspaceRetentionMs: 1,
  };
  const full = { room: true };
  const options: AgentAnswersOptions = {
    store,
    reader,
    artifacts,
    gateway,
    owner: null,
    rules: fixedRules,
    runner: {
      run: async (job, signal) => {
        jobs.push(job);
        return { ...worked, ...(await agent(job, signal)) };
      },
    },
    settings: () => settings,
    hasRoom: async () => full.room,
    metrics: triageMetrics(registry, {
      agents: ['builtin', 'custom', 'claude'],
      slots: () => 1,
      queued: async () => 0,
      breakers: async () => [],
    }),
    clock,
    logger: silentLogger,
  };
  const answers = new AgentAnswers(options);
  await answers.start();
  onTestFinished(() => answers.stop(0));
  const workspace = (id: string): string => path.join(settings.workspaces, incidentId, id);
  const results = async () =>
    (await registry.getSingleMetricAsString('nightcrier_agent_questions_total'))
      .split('\n')
      .filter((line) => / [1-9]$/.test(line));
  return { options, answers, store, reader, artifacts, gateway, clock, jobs, workspace, full, results };
}

function begun(asked: AskedAgent): Extract<AskedAgent, { kind: 'asked' }> {
  if (asked.kind !== 'asked') throw new Error(JSON.stringify(asked));
  return asked;
}

test('NOT-5: an agent answers from what is kept: incident, history, evidence, and no kubeconfig', async () => {
  let seen: Record<string, string> = {};
  const w = await world(({ workspace }) => {
    const names = readdirSync(workspace, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
    seen = Object.fromEntries(names.map((name) => [name, readFileSync(path.join(workspace, name), 'utf8')]));
    return answering(written)({ workspace } as AgentJob, new AbortController().signal);
  });
  const asked = begun(await w.answers.ask(question));
  const ended = await asked.ended;
  expect(ended).toMatchObject({ answer: { sources: [log.path] }, error: null, agent: 'custom', by: 'ana' });
  expect(ended.answer?.text).toMatch(/^REDIS_URL is missing[^]*> KeyError: REDIS_URL$/);
  expect(Object.keys(seen).sort()).toEqual([
    'evidence/logs/a.log',
    'history.json',
    'incident.json',
    'logs/events.jsonl',
    'prompt.md',
    'system.md',
  ]);
  expect(JSON.parse(seen['incident.json'] ?? '')).toMatchObject({ id: incidentId, runs: [{}] });
  expect(seen['prompt.md']).toContain('By rules: why?');
  expect(w.jobs).toMatchObject([
    { runId: ended.id, incidentId, cluster, socketDir: null, timeoutMs: 60_000, cli: 'custom' },
  ]);
  await waitUntil(() => w.store.questions.get(ended.id)?.endedAt !== null, 'the row');
  expect(w.store.questions.get(ended.id)).toEqual(ended);
  expect(existsSync(path.join(w.workspace(ended.id), 'evidence'))).toBe(false);
  expect(await w.results()).toEqual(['nightcrier_agent_questions_total{agent="custom",result="answered"} 1']);
  const everything = JSON.stringify([seen, ended, [...w.store.questions.values()]]);
  expect(everything).not.toContain('canary-secret-1');
});

test('NOT-5, GAT-1: in a container it has a gateway for models alone, which goes with it', async () => {
  const w = await world(answering(written), { cli: 'claude', model: 'm-1' });
  const { ended, question: row } = begun(await w.answers.ask(question));
  expect(row).toMatchObject({ agent: 'claude', model: 'm-1' });
  expect(await ended).toMatchObject({ error: null, usage: { requests: { kubernetes: 3 } } });
  expect(w.gateway.opened).toMatchObject([{ runId: row.id, purpose: 'question', cluster }]);
  expect(w.gateway.closed).toEqual([row.id]);
  expect(w.jobs).toMatchObject([{ socketDir: `/sockets/${row.id}`, runner: 'docker', container: { network: 'none' } }]);
  expect(existsSync(path.join(w.workspace(row.id), 'kubeconfig'))).toBe(false);
});

test.each<[string, Agent, string]>([
  [
    'fails',
    () => ({ exitCode: 3, stderr: 'no model: canary-secret-1' }),
    'custom ended with an error: exit code 3; no model: <redacted',
  ],
  [
    'takes too long',
    () => ({ reason: 'timeout', durationMs: 60_000 }),
    'custom took longer than its time limit: after 60 s',
  ],
  ['writes nothing', () => ({}), 'custom wrote no output/answer.json'],
  [
    'invents',
    answering({ ...written, quotes: [{ file: log.path, quote: 'made up words' }] }),
    'custom quoted what does not stand in what is kept',
  ],
  ['throws', () => Promise.reject(new Error('no space')), 'the agent could not be asked: no space'],
])('NOT-5: an agent that %s costs its answer alone, and it is said why', async (_name, agent, why) => {
  const w = await world(agent);
  const ended = await begun(await w.answers.ask(question)).ended;
  expect(ended).toMatchObject({ answer: null, error: expect.stringContaining(why) as string });
  expect(await w.results()).toEqual(['nightcrier_agent_questions_total{agent="custom",result="failed"} 1']);
  expect(begun(await w.answers.ask(question))).toBeTruthy();
});

test('NOT-5: who may not act, a fleet without agents, and one that wants no answers of them are left to the rules', async () => {
  const w = await world(answering(written));
  expect(await w.answers.ask({ ...question, mayAct: false })).toEqual({ kind: 'rules' });
  expect(await w.answers.ask({ ...question, incidentId: 'inc_none' })).toEqual({ kind: 'rules' });
  expect(w.answers.agentOf(cluster)).toBe('custom');
  const builtin = await world(answering(written), { cli: 'builtin', command: [] });
  expect([builtin.answers.agentOf(cluster), await builtin.answers.ask(question)]).toEqual([null, { kind: 'rules' }]);
  const off = await world(answering(written), {}, { ...questionLimits, enabled: false });
  expect([off.answers.agentOf(cluster), await off.answers.ask(question)]).toEqual([null, { kind: 'rules' }]);
  expect([...w.jobs, ...builtin.jobs, ...off.jobs]).toEqual([]);
});

test('NOT-5, INT-4: over a bound it is refused and said why: other questions, the disk, the budget, the store', async () => {
  const going = Promise.withResolvers<object>();
  const w = await world(() => going.promise);
  const [one, two] = [begun(await w.answers.ask(question)), begun(await w.answers.ask(question))];
  const why = (text: string) => ({ kind: 'refused', why: expect.stringContaining(text) as string });
  expect(await w.answers.ask(question)).toEqual(why('custom was not asked: it is at 2 other questions'));
  going.resolve({});
  await Promise.all([one.ended, two.ended]);
  w.full.room = false;
  expect(await w.answers.ask(question)).toEqual(why('custom was not asked: the disk has no room'));
  w.full.room = true;
  w.store.refusal = { kind: 'refused', reason: 'over_budget', detail: 'usd_per_day: $50.00 of $50.00' };
  expect(await w.answers.ask(question)).toEqual(why('custom was not asked: usd_per_day: $50.00 of $50.00'));
  w.store.refusal = null;
  w.store.unavailable = true;
  expect(await w.answers.ask(question)).toEqual(why('no space left on device'));
  w.store.unavailable = false;
  expect((await w.answers.ask(question)).kind).toBe('asked');
});

test('NOT-5, OPS-9: an answer is given also when it cannot be kept now, and kept as soon as it can be', async () => {
  const w = await world((job, signal) => {
    w.store.unavailable = true;
    return answering(written)(job, signal);
  });
  const ended = await begun(await w.answers.ask(question)).ended;
  expect(ended.answer).not.toBeNull();
  expect(w.store.questions.get(ended.id)?.endedAt).toBeNull();
  w.store.unavailable = false;
  await w.clock.advance(60_000);
  await waitUntil(() => w.store.questions.get(ended.id)?.endedAt !== null, 'the row');
});

test('NOT-5, OPS-5: a stop cuts an agent off in time, and the row says so; nothing is begun after it', async () => {
  const w = await world(
    (_job, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ reason: 'aborted' }))),
  );
  const { ended, question: row } = begun(await w.answers.ask(question));
  await waitUntil(() => w.jobs.length === 1, 'the agent');
  const stopping = w.answers.stop(2000);
  await w.clock.advance(1001);
  await stopping;
  expect(await ended).toMatchObject({
    answer: null,
    error: 'nightcrier was stopped while the agent was at it',
    cutOff: true,
  });
  expect(w.store.questions.get(row.id)).toMatchObject({ error: 'nightcrier was stopped while the agent was at it' });
  expect(await w.answers.ask(question)).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('nightcrier is stopping') as string,
  });
  expect([...w.store.questions.values()].every(({ endedAt }) => endedAt !== null)).toBe(true);
});

test('NOT-5, OPS-5: nothing is begun before what an earlier process left was ended, nor while a stop waits', async () => {
  const going = Promise.withResolvers<object>();
  const w = await world(() => going.promise);
  const early = new AgentAnswers({ ...w.options });
  const refused = early.ask(question);
  await waitUntil(() => w.clock.nextTimer !== null, 'a question that waits for the start');
  await w.clock.advance(15_001);
  expect(await refused).toEqual({
    kind: 'refused',
    why: 'custom was not asked: nightcrier is starting',
    askAnew: true,
  });
  const waits = early.ask(question);
  w.store.questions.set('ask_left', sampleQuestion({ id: 'ask_left', endedAt: null, answer: null }));
  await early.start();
  expect(w.store.questions.get('ask_left')).toMatchObject({
    error: 'nightcrier was stopped while the agent was at it',
  });
  onTestFinished(() => early.stop(0));
  expect((await waits).kind).toBe('asked');
  await waitUntil(() => w.jobs.length === 1, 'its agent');
  const { ended } = begun(await w.answers.ask(question));
  const stopping = w.answers.stop(60_000);
  expect(await w.answers.ask(question)).toEqual({
    kind: 'refused',
    why: 'custom was not asked: nightcrier is stopping',
    askAnew: true,
  });
  going.resolve({});
  await stopping;
  expect(await ended).toMatchObject({ error: 'custom wrote no output/answer.json' });
  expect(w.jobs).toHaveLength(2);
});

test('NOT-5, UX-8: a place of reports that hangs takes no slot for longer than an answer may take', async () => {
  const w = await world(answering(written));
  const list = w.artifacts.list.bind(w.artifacts);
  w.artifacts.list = () => new Promise(() => {});
  const { ended, question: row } = begun(await w.answers.ask(question));
  await waitUntil(() => w.answers.runningIds().has(row.id), 'the work');
  await w.clock.advance(row.until - row.askedAt + 30_001);
  expect(await ended).toMatchObject({ answer: null, error: expect.stringContaining('took longer than') as string });
  await waitUntil(() => w.store.questions.get(row.id)?.endedAt !== null, 'the row');
  w.artifacts.list = list;
  const again = [begun(await w.answers.ask(question)), begun(await w.answers.ask(question))];
  for (const asked of again) expect(await asked.ended).toMatchObject({ error: null });
});

test('NOT-5: who may not act hears why where they are to hear of it', async () => {
  const w = await world(answering(written));
  const asked = { ...question, mayAct: false, whyNot: 'you may read, and not act' };
  expect(await w.answers.ask(asked)).toEqual({
    kind: 'refused',
    why: 'custom was not asked: you may read, and not act',
  });
  const builtin = await world(answering(written), { cli: 'builtin', command: [] });
  expect(await builtin.answers.ask(asked)).toEqual({ kind: 'rules' });
});

test('NOT-5: a workspace that cannot be made is a refusal of that question', async () => {
  const w = await world(answering(written));
  mkdirSync(path.dirname(path.dirname(w.workspace('x'))), { recursive: true });
  writeFileSync(path.dirname(w.workspace('x')), 'a file where the folder should be');
  expect(await begun(await w.answers.ask(question)).ended).toMatchObject({
    answer: null,
    error: expect.stringContaining('could not be asked') as string,
  });
});

test('NOT-5: the agent is told what was asked before, and its row says whose question it is', async () => {
  let prompt = '';
  const w = await world((job, signal) => {
    prompt = readFileSync(path.join(job.workspace, 'prompt.md'), 'utf8');
    return answering({ ...written, meant: 'the log of the run before' })(job, signal);
  });
  const talk = { person: 'ana', thread: 't1' };
  w.reader.asked = [
    {
      id: 'said:1',
      at: sampleTime - 1000,
      by: 'ana',
      ...talk,
      text: 'what does the log say?',
      answer: { text: 'KeyError', by: 'rules' },
      hasPage: false,
    },
  ];
  // It has waited: what was asked meanwhile is not before it.
  const later = { id: 'said:2', at: sampleTime - 100, text: 'which node?' };
  w.reader.asked.unshift({ ...w.reader.asked[0]!, ...later });
  const asked = { ...question, text: 'and before?', talk, askedAt: sampleTime - 500 };
  const { ended, question: row } = begun(await w.answers.ask(asked));
  expect(row).toMatchObject({ ...talk, writtenAt: sampleTime - 500, askedAt: sampleTime });
  expect(earlierOf(await ended)?.at).toBe(sampleTime - 500);
  expect((await ended).answer?.text).toMatch(/^Taken to mean: the log of the run before\n/);
  expect(prompt).toMatch(/asked: what does the log say\?\nrules answered: KeyError/);
  expect(prompt).not.toContain('which node?');
});

/** The agent and the rules over what `w` keeps; `read` has what was read for them. */
async function counted(w: Awaited<ReturnType<typeof world>>) {
  const { reader, artifacts, clock } = w;
  const read: string[] = [];
  const counting = {
    reader: {
      incident: (id: string) => (read.push('rows'), reader.incident(id)),
      incidentHistory: (id: string) => (read.push('history'), reader.incidentHistory(id)),
      earlierQuestions: (id: string) => (read.push('earlier'), reader.earlierQuestions(id)),
    },
    artifacts: {
      list: (...of: [string, string]) => (read.push('list'), artifacts.list(...of)),
      get: (of: string, id: string, file: string) => (read.push(file), artifacts.get(of, id, file)),
    },
  };
  const settings = () => ({ kubectl: () => [], redact: {} });
  const rules = createQuestionAnswerer({ ...counting, settings, clock }, async (asked) => answerQuestion(asked));
  const answers = new AgentAnswers({ ...w.options, ...counting, rules });
  await answers.start();
  onTestFinished(() => answers.stop(0));
  const reading = (id: string) => keptOnce(counting, id);
  return { read, answerer: withAgents({ rules, agents: answers, reading, keep: async () => {} }) };
}

const { signal: never } = new AbortController();
const files = [log.path, 'investigation.md', 'list'];
const rows = ['earlier', 'history', 'rows'];

test.each([
  ['the agent answers', answering(written), 'custom', rows],
  ['rules answer, because it fails: rows once more', () => ({ exitCode: 3 }), 'rules', [...rows, ...rows]],
] as const)('NOT-5: rows and files are read once for a question, also where %s', async (_name, agent, by, readRows) => {
  const { read, answerer } = await counted(await world(agent));
  expect((await answerer.answer(question, never)).by).toBe(by);
  expect(read.sort()).toEqual([...files, ...readRows].sort());
});

test('NOT-5: rules that answer after an agent has failed tell what is so by then, of rows and of files', async () => {
  const changed: { now?: () => void } = {};
  const w = await world(() => (changed.now?.(), { exitCode: 3 }));
  const { read, answerer } = await counted(w);
  const ask = async (text: string) => (await answerer.answer({ ...question, text }, never)).text;
  changed.now = () => {
    w.reader.details = w.reader.details.map((detail) => ({
      ...detail,
      incident: { ...detail.incident, status: 'resolved', endedAt: sampleTime },
    }));
  };
  expect(await ask('is it still down?')).toMatch(/resolved/);
  expect(read.filter((name) => name === 'list')).toHaveLength(1);
  changed.now = () => {
    w.reader.details = w.reader.details.map((detail) => ({
      ...detail,
      runs: [...detail.runs, sampleRun({ id: 'run_2' })],
    }));
  };
  await ask('is it still down?');
  expect(read.filter((name) => name === 'list')).toHaveLength(3);
});

test('NOT-5: what could not be read is read again by the next who answers', async () => {
  const { reader, artifacts } = await world(answering(written));
  const kept = keptOnce({ reader, artifacts }, incidentId);
  reader.failure = new Error('the disk is gone');
  await expect(kept.detail()).rejects.toThrow('the disk is gone');
  reader.failure = null;
  const cut = AbortSignal.abort(new Error('too late'));
  await expect(kept.all(cut)).rejects.toThrow('too late');
  const { signal } = new AbortController();
  expect((await kept.all(signal))?.files).toHaveLength(1);
  expect(await kept.all(cut)).toBe(await kept.all(signal));
});
