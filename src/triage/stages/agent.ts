import type { AgentRunner } from '../../domain/ports.ts';
import { errorText } from '../../lib/problem.ts';
import type { SpawnResult } from '../../lib/process/spawn.ts';
import { agentPrompt } from './prompt.ts';
import { type RunContext, type Stage, withFailure } from './run-context.ts';

/** Runs the configured agent in the workspace, when it may be; for `builtin` the analyst's answer is the agent's. */
export function agentStage(runner: AgentRunner): Stage {
  return {
    name: 'agent',
    async run(context, signal) {
      if (context.agent.cli === 'builtin') return writePrompt(context);
      if (context.admission === null) return context;
      await context.workspace.write('prompt.md', context.redact.text(agentPrompt(context)));
      context.events.add('agent_started', { agent: context.agent.cli, timeout_ms: context.agent.timeoutMs });
      const agentRun = await runner.run(jobOf(context), signal);
      context.events.add('agent_ended', endOf(agentRun));
      // A run that is handed back is not the agent's failure.
      signal.throwIfAborted();
      return { ...context, agentRun };
    },
  };
}

/** For whoever takes the workspace up by hand, with another agent. */
async function writePrompt(context: RunContext): Promise<RunContext> {
  try {
    await context.workspace.write('prompt.md', context.redact.text(agentPrompt(context)));
    return context;
  } catch (error) {
    return withFailure(context, 'agent', errorText(error));
  }
}

function jobOf(context: RunContext) {
  const { run } = context.claim;
  return {
    incidentId: run.incidentId,
    runId: run.id,
    cluster: run.cluster,
    workspace: context.workspace.dir,
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
