import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentJob, AgentRunner } from '../../domain/ports.ts';
import type { killMarkedProcesses } from '../../lib/process/marked-processes.ts';
import { errorText } from '../../lib/problem.ts';
import type { Spawn, SpawnResult } from '../../lib/process/spawn.ts';
import { withAgentLogs } from './agent-logs.ts';

export interface ProcessRunnerOptions {
  /** Absolute path of `run-agent.sh`. */
  readonly script: () => string;
  /** PATH of the agent. */
  readonly path: string;
  readonly spawn: Spawn;
  readonly killMarked: typeof killMarkedProcesses;
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly graceMs?: number;
  readonly maxOutputBytes?: number;
}

/**
 * Runs an agent as a process of this machine (runner `process`, for development: it holds an agent by process group and
 * environment, not by a container; the agent has this user's rights). The environment is minimal, standard input is
 * closed, output is bounded, and nothing that it started is left when it ends.
 */
export function createProcessRunner(options: ProcessRunnerOptions): AgentRunner {
  return {
    async run(job, signal) {
      try {
        return await runJob(job, options, signal);
      } catch (error) {
        return notStarted(errorText(error));
      } finally {
        await killRun(job.workspace, options);
        await removePrivate(job.workspace);
      }
    },
  };
}

/** Ends agents that outlived a daemon that died; their runs are started anew. `workspaces` is the folder of all runs. */
export async function endAbandonedAgents(workspaces: string, killMarked: typeof killMarkedProcesses): Promise<number> {
  const prefix = `NIGHTCRIER_RUN_WORKSPACE=${workspaces}/`;
  return (await killMarked({ entry: (entry) => entry.startsWith(prefix) })).killed;
}

async function runJob(job: AgentJob, options: ProcessRunnerOptions, signal: AbortSignal): Promise<SpawnResult> {
  for (const folder of privateFolders) await mkdir(join(job.workspace, folder), { recursive: true, mode: 0o700 });
  const kubeconfig = await kubeconfigOf(job.workspace);
  return await withAgentLogs(job.workspace, (logs) =>
    options.spawn(options.script(), scriptArguments(job, kubeconfig), {
      cwd: job.workspace,
      env: environment(job, kubeconfig, options.path),
      timeoutMs: job.timeoutMs,
      graceMs: options.graceMs ?? 5000,
      maxOutputBytes: options.maxOutputBytes ?? 1024 * 1024,
      maxDroppedBytes: 64 * 1024 * 1024,
      ...logs,
      signal,
    }),
  );
}

const privateFolders = ['home', 'tmp'];

async function kubeconfigOf(workspace: string): Promise<string | null> {
  const file = join(workspace, 'kubeconfig');
  return access(file).then(
    () => file,
    () => null,
  );
}

function scriptArguments(job: AgentJob, kubeconfig: string | null): string[] {
  const args = ['--incident', job.incidentId, '--cluster', job.cluster, '--workspace', job.workspace];
  if (kubeconfig !== null) args.push('--kubeconfig', kubeconfig);
  args.push('--cli', job.cli, '--timeout', String(Math.ceil(job.timeoutMs / 1000)), '--runner', 'process');
  if (job.model !== null) args.push('--model', job.model);
  return [...args, '--prompt-file', join(job.workspace, job.promptFile), '--', ...job.command];
}

/** Nothing of the daemon's own environment but PATH: it may hold tokens. */
function environment(job: AgentJob, kubeconfig: string | null, path: string): Record<string, string> {
  return {
    PATH: path,
    LANG: 'C.UTF-8',
    HOME: join(job.workspace, 'home'),
    TMPDIR: join(job.workspace, 'tmp'),
    ...job.env,
    ...(kubeconfig === null ? {} : { KUBECONFIG: kubeconfig }),
    NIGHTCRIER_RUN_ID: job.runId,
    NIGHTCRIER_RUN_INCIDENT: job.incidentId,
    NIGHTCRIER_RUN_CLUSTER: job.cluster,
    NIGHTCRIER_RUN_WORKSPACE: job.workspace,
    NIGHTCRIER_RUN_NODE: process.execPath,
    NIGHTCRIER_RUN_SUPERVISED: '1',
  };
}

/** The workspace marks a run: unlike an id it is this daemon's alone. Orphans that work in it are the agent's. */
async function killRun(workspace: string, options: ProcessRunnerOptions): Promise<void> {
  const mark = `NIGHTCRIER_RUN_WORKSPACE=${workspace}`;
  await options.killMarked({ entry: (entry) => entry === mark, folder: workspace });
}

/** The agent's HOME and TMPDIR may hold anything of any size. */
async function removePrivate(workspace: string): Promise<void> {
  for (const folder of privateFolders) {
    await rm(join(workspace, folder), { recursive: true, force: true }).catch(() => {});
  }
}

/** The end of an agent that could not be started. */
export function notStarted(error: string): SpawnResult {
  return {
    reason: 'spawn_failed',
    exitCode: null,
    exitSignal: null,
    stdout: '',
    stderr: '',
    droppedBytes: 0,
    durationMs: 0,
    error,
  };
}
