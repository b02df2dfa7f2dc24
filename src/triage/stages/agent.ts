import type { AgentGateway, RunGateway } from '../../domain/agent-gateway.ts';
import type { AgentJob, AgentRunner } from '../../domain/ports.ts';
import { errorText } from '../../lib/problem.ts';
import type { SpawnResult } from '../../lib/process/spawn.ts';
import { systemPrompt } from '../prompt/system-prompt.ts';
import { taskPrompt } from '../prompt/task-prompt.ts';
import { repaired, type RepairJob } from './repair.ts';
import { type RunContext, type Stage, withFailure } from './run-context.ts';

export interface AgentStageOptions {
  readonly runner: AgentRunner;
  readonly gateway: AgentGateway;
  /** The user that agents in containers are; null: the user of this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** Runs the configured agent in the workspace, when it may be; for `builtin` the analyst's answer is the agent's. */
export function agentStage(options: AgentStageOptions): Stage {
  return {
    name: 'agent',
    async run(context, signal) {
      if (context.agent.cli === 'builtin') return promptsForOthers(context);
      const { admission } = context;
      if (admission === null) return context;
      await writePrompts(context);
      if (context.agent.runner !== 'docker') return await runAgent(context, options.runner, null, signal);
      const gateway = await openGateway(context, admission, options);
      try {
        // In place of the real one: it shows to the gateway and holds no credential.
        await context.workspace.write('kubeconfig', gateway.kubeconfig);
        const ended = await runAgent(context, options.runner, gateway, signal);
        // What is still under way counts as well.
        await gateway.close();
        return { ...ended, usage: gateway.usage(), served: gateway.served() };
      } finally {
        await gateway.close();
      }
    },
  };
}

function openGateway(
  { claim: { run }, workspace, redact }: RunContext,
  { budget, meter }: NonNullable<RunContext['admission']>,
  { gateway, owner }: AgentStageOptions,
): Promise<RunGateway> {
  return gateway.open({
    runId: run.id,
    purpose: 'run',
    incidentId: run.incidentId,
    cluster: run.cluster,
    workspace: workspace.dir,
    owner,
    budget,
    redact,
    onSpend: (spend) => meter.add(spend),
  });
}

async function runAgent(
  context: RunContext,
  runner: AgentRunner,
  gateway: RunGateway | null,
  signal: AbortSignal,
): Promise<RunContext> {
  const run = async (change: Partial<RepairJob>): Promise<RunContext> => {
    const job = { ...jobOf(context, gateway), ...change };
    context.events.add('agent_started', { agent: job.cli, timeout_ms: job.timeoutMs });
    const agentRun = await runner.run(job, signal);
    context.events.add('agent_ended', endOf(agentRun));
    // A run that is handed back is not the agent's failure.
    signal.throwIfAborted();
    return { ...context, agentRun };
  };
  return repaired(await run({}), gateway?.served() ?? [], run);
}

async function writePrompts(context: RunContext): Promise<void> {
  await context.workspace.write('system.md', systemPrompt());
  await context.workspace.write(
    'prompt.md',
    context.redact.text(taskPrompt(context, context.agent.runner === 'docker')),
  );
}

/** For whoever takes the workspace up by hand, with another agent. */
async function promptsForOthers(context: RunContext): Promise<RunContext> {
  try {
    await writePrompts(context);
    return context;
  } catch (error) {
    return withFailure(context, 'agent', errorText(error));
  }
}

function jobOf(context: RunContext, gateway: RunGateway | null): AgentJob {
  const { run } = context.claim;
  return {
    incidentId: run.incidentId,
    runId: run.id,
    cluster: run.cluster,
    workspace: context.workspace.dir,
    socketDir: gateway?.socketDir ?? null,
    promptFile: 'prompt.md',
    ...context.agent,
  };
}

function endOf(end: SpawnResult): object {
  return {
    reason: end.reason,
    exit_code: end.exitCode,
    signal: end.exitSignal,
    duration_ms: Math.round(end.durationMs),
    dropped_bytes: end.droppedBytes,
    error: end.error,
  };
}
