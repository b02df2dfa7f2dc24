import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AgentRunEnd, ContainerChoice } from '../../src/domain/ports.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { dataDirLabel, DockerRunner } from '../../src/triage/runner/docker-runner.ts';
import { tempDir } from './temp-dir.ts';
import { agentChoice, runAgentScript } from './triage-bench.ts';
import { waitUntil } from './wait-until.ts';

export interface Trial {
  readonly end: AgentRunEnd;
  readonly workspace: string;
  /** The label that its container had. */
  readonly label: string;
}

export interface TrialOptions {
  readonly timeoutMs?: number;
  readonly container?: Partial<ContainerChoice>;
  /** `agent.env`. */
  readonly env?: Record<string, string>;
  readonly cli?: string;
  readonly socketDir?: string;
  /** Where the engine is. */
  readonly engineEnv?: Record<string, string>;
  /** Called with the label of its containers before the run. */
  readonly before?: (label: string) => void;
  /** Called with the name of the container when the agent has said `begun`. */
  readonly meanwhile?: (name: string) => void | Promise<void>;
  readonly stop?: AbortController;
}

let runs = 0;

/** Runs a shell script as the agent of one run, in a container of its own; the runner is closed when the test says so. */
export async function containerTrial(image: string, script: string, options: TrialOptions = {}): Promise<Trial> {
  const dataDir = tempDir();
  const workspace = path.join(dataDir, 'workspace');
  for (const folder of ['output', 'logs', 'evidence']) mkdirSync(path.join(workspace, folder), { recursive: true });
  writeFileSync(path.join(workspace, 'prompt.md'), 'Investigate.');
  writeFileSync(path.join(workspace, 'evidence/pods.txt'), 'evidence');
  const runner = dockerRunner(dataDir, options.engineEnv);
  const choice = agentChoice({ cli: options.cli ?? 'custom', command: ['bash', '-c', script], env: options.env ?? {} });
  runs += 1;
  const runId = `run-${process.pid}-${runs}`;
  const job = {
    ...choice,
    runner: 'docker' as const,
    timeoutMs: options.timeoutMs ?? 20_000,
    container: { ...choice.container, image, ...options.container },
    incidentId: 'inc_1',
    runId,
    cluster: 'prod',
    workspace,
    socketDir: options.socketDir ?? null,
    promptFile: 'prompt.md' as const,
  };
  const label = `nightcrier.data-dir=${dataDirLabel(dataDir)}`;
  options.before?.(label);
  const running = runner.run(job, (options.stop ?? new AbortController()).signal);
  if (options.meanwhile) {
    const log = path.join(workspace, 'logs/agent.stdout.log');
    await waitUntil(() => readText(log).includes('begun'), 'the agent', 10_000);
    await options.meanwhile(`nightcrier-${runId}`);
  }
  const end = await running;
  await runner.settled();
  return { end, workspace, label };
}

export function dockerRunner(dataDir: string, engineEnv: Record<string, string> = {}): DockerRunner {
  return new DockerRunner({
    script: () => runAgentScript,
    dataDir,
    env: { PATH: process.env['PATH'] ?? '', ...engineEnv },
    spawn: spawnProcess,
    clock: systemClock,
    graceMs: 1000,
  });
}

/** Empty when it is not there. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
