import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AgentJob, AgentRunner } from '../../../src/domain/ports.ts';
import type { SpawnResult } from '../../../src/lib/process/spawn.ts';
import { agentStage } from '../../../src/triage/stages/agent.ts';
import { unusableWorkspace } from '../../../src/triage/workspace/workspace.ts';
import { FakeGateway } from '../../support/fake-gateway.ts';
import { admitted, runSample } from '../../support/run-context.ts';
import { agentChoice } from '../../support/triage-bench.ts';

const never = new AbortController().signal;
const custom = agentChoice({
  cli: 'custom',
  command: ['my-agent', '--fast'],
  model: 'm-1',
  timeout: '90s',
  env: { A: 'b' },
});
const ended: SpawnResult = {
  reason: 'exit',
  exitCode: 0,
  exitSignal: null,
  stdout: 'the key is canary-key-1',
  stderr: '',
  droppedBytes: 0,
  durationMs: 12.4,
  error: null,
};

function runner(end: Partial<SpawnResult> = {}): AgentRunner & { readonly jobs: AgentJob[] } {
  const jobs: AgentJob[] = [];
  return {
    jobs,
    run: (job) => {
      jobs.push(job);
      return Promise.resolve({ ...ended, ...end });
    },
  };
}

const stage = (agents: AgentRunner, gateway = new FakeGateway()) =>
  agentStage({ runner: agents, gateway, owner: null });

test('TRI-3: the agent of the cluster is run in the workspace, with its task beside it', async () => {
  const agents = runner();
  const { context, events } = await runSample({ agent: custom, admission: admitted() });
  const next = await stage(agents).run(context, never);
  const { run } = context.claim;
  expect(agents.jobs).toEqual([
    {
      incidentId: run.incidentId,
      runId: run.id,
      cluster: 'prod',
      workspace: context.workspace.dir,
      socketDir: null,
      promptFile: 'prompt.md',
      cli: 'custom',
      runner: 'process',
      model: 'm-1',
      timeoutMs: 90_000,
      command: ['my-agent', '--fast'],
      env: { A: 'b' },
      container: custom.container,
    },
  ]);
  expect(readFileSync(context.workspace.path('prompt.md'), 'utf8')).toContain('Investigate one Kubernetes incident');
  expect(next.agentRun).toMatchObject({ reason: 'exit', stdout: 'the key is canary-key-1' });
  expect(events.map(({ event }) => event)).toEqual(['agent_started', 'agent_ended']);
  expect(events[1]?.fields).toMatchObject({ exit_code: 0, duration_ms: 12 });
});

test('builtin starts nothing, and leaves the task for whoever takes the workspace up by hand', async () => {
  const agents = runner();
  const { context } = await runSample();
  const next = await stage(agents).run(context, never);
  expect(agents.jobs).toEqual([]);
  expect(next.agentRun).toBeNull();
  expect(readFileSync(context.workspace.path('prompt.md'), 'utf8')).toContain('## What to write');
  const unusable = await runSample({ workspace: unusableWorkspace('/nowhere', 'disk full') });
  expect((await stage(agents).run(unusable.context, never)).failures).toEqual([
    { stage: 'agent', error: 'no workspace: disk full' },
  ]);
});

test('INT-4: an agent that may not be started is not', async () => {
  const agents = runner();
  const { context } = await runSample({ agent: custom });
  expect(await stage(agents).run(context, never)).toBe(context);
  expect(agents.jobs).toEqual([]);
});

test('TRI-1: a run that is handed back is not the agent’s failure', async () => {
  const { context } = await runSample({ agent: custom, admission: admitted() });
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  await expect(stage(runner({ reason: 'aborted' })).run(context, stop.signal)).rejects.toThrow('stopped');
});

test('GAT-1: an agent in a container gets the gateway in place of a credential, and what it read is kept', async () => {
  const agents = runner();
  const gateway = new FakeGateway();
  const { context } = await runSample({ agent: { ...custom, runner: 'docker' }, admission: admitted() });
  const next = await stage(agents, gateway).run(context, never);
  const { id } = context.claim.run;
  expect(agents.jobs).toMatchObject([{ runner: 'docker', socketDir: `/sockets/${id}` }]);
  expect(readFileSync(context.workspace.path('kubeconfig'), 'utf8')).toBe('# gateway of prod\n');
  expect(gateway.opened).toMatchObject([{ runId: id, cluster: 'prod', budget: { usd: null, tokens: null } }]);
  expect(next.usage?.requests).toEqual({ kubernetes: 3, model: 0, refused: 1 });
  expect(next.served.map(({ path }) => path)).toEqual(['evidence/agent/001-get-pods.json']);
  expect(gateway.closed).toEqual([id]);
});

test('GAT-1: without a gateway no agent is started; whatever the agent does, its gateway is closed', async () => {
  const agents = runner();
  const gateway = new FakeGateway();
  const { context } = await runSample({ agent: { ...custom, runner: 'docker' }, admission: admitted() });
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  await expect(stage(agents, gateway).run(context, stop.signal)).rejects.toThrow('stopped');
  expect(gateway.closed).toEqual([context.claim.run.id]);
  gateway.failure = new Error('no socket');
  await expect(stage(agents, gateway).run(context, never)).rejects.toThrow('no socket');
  expect(agents.jobs).toHaveLength(1);
});
