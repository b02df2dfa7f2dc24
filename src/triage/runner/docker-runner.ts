import { createHash } from 'node:crypto';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentJob, AgentRunEnd, AgentRunner, EngineFault } from '../../domain/ports.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import type { Spawn, SpawnResult } from '../../lib/process/spawn.ts';
import { withAgentLogs } from '../workspace/agent-logs.ts';
import { notStarted } from '../workspace/process-runner.ts';
import { isSecretVariable } from '../workspace/run-secrets.ts';
import { classifyEnd } from './classify.ts';
import { Engine } from './engine.ts';

export interface DockerRunnerOptions {
  /** Absolute path of `run-agent.sh`. */
  readonly script: () => string;
  readonly dataDir: string;
  /** What the engine's program needs of the daemon's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Between SIGTERM and the end by force, milliseconds. */
  readonly graceMs?: number;
  readonly maxOutputBytes?: number;
}

interface Look {
  readonly engineFault: EngineFault | null;
  readonly hasEnded: boolean;
}

/** In the workspace, as long as the run goes on: the engine has made its container. */
const containerId = 'container.id';
/** The CLIs that build-agent-image.sh knows. */
const builtWith: ReadonlySet<string> = new Set(['claude', 'codex', 'gemini']);
/** When a container that could not be removed is tried again, milliseconds. */
const removeAgainMs = 5000;

/**
 * Runs an agent in a locked container (runner `docker`). `run-agent.sh` composes it; this keeps the time, tells what went
 * wrong around it apart, and removes it whatever happens, when the engine is away as soon as it is back.
 */
export class DockerRunner implements AgentRunner {
  readonly #options: DockerRunnerOptions;
  readonly #label: string;
  /** Containers of runs that go on. */
  readonly #running = new Set<string>();
  /** Removals that go on, by the name of their container. */
  readonly #removals = new Map<string, Promise<void>>();
  /** Whether what an earlier process left was looked for with success. */
  #swept = false;
  #sweeping: Promise<unknown> | null = null;
  /** Containers that could not be removed yet, with their engine. */
  readonly #left = new Map<string, Engine>();
  #again: Timer | null = null;

  constructor(options: DockerRunnerOptions) {
    this.#options = options;
    this.#label = dataDirLabel(options.dataDir);
  }

  async run(job: AgentJob, signal: AbortSignal): Promise<AgentRunEnd> {
    const engine = this.#engine(job.container.engine);
    const name = `nightcrier-${job.runId}`;
    // The engine may have been away when this process started.
    if (!this.#swept) await (this.#sweeping ??= this.#sweep(job.container.engine));
    // A repair turn has the name of the turn before.
    await this.#removals.get(name);
    this.#running.add(name);
    let hasEnded = false;
    try {
      const run = await this.#start(job, signal);
      const look = await this.#lookAt(run, job, engine, name);
      hasEnded = look.hasEnded;
      return { ...run, engineFault: look.engineFault };
    } catch (error) {
      return notStarted(errorText(error));
    } finally {
      const removal = this.#removeAfterRun(name, engine);
      // What has ended by itself runs nothing any more: the next run need not wait until the engine has put it away.
      if (!hasEnded) await removal;
      await rm(join(job.workspace, containerId), { force: true }).catch(() => {});
    }
  }

  async #removeAfterRun(name: string, engine: Engine): Promise<void> {
    const removal = this.#remove(name, engine).finally(() => {
      this.#running.delete(name);
      this.#removals.delete(name);
    });
    this.#removals.set(name, removal);
    await removal;
  }

  /** Removes the containers of an earlier process with this `data_dir`; null when the engine gave no answer. */
  async endAbandoned(program: string): Promise<number | null> {
    const engine = this.#engine(program);
    const names = await engine.named(`nightcrier.data-dir=${this.#label}`);
    if (names === null) return null;
    this.#swept = true;
    const left = names.filter((name) => !this.#running.has(name));
    for (const name of left) await this.#remove(name, engine);
    return left.length;
  }

  async #sweep(program: string): Promise<void> {
    await this.endAbandoned(program);
    this.#sweeping = null;
  }

  /** Whether the agents `clis` could be started now; null when they could. */
  async look(program: string, image: string, clis: readonly string[]): Promise<EngineFault | null> {
    const engine = this.#engine(program);
    const answer = await engine.answer();
    if (answer === 'absent') return { fault: 'engine_absent', detail: program };
    if (answer === 'silent') return { fault: 'engine_unavailable', detail: program };
    const found = await engine.image(image);
    if (found === null) return { fault: 'image_missing', detail: image };
    if (!found.forAgents) return { fault: 'image_unsuitable', detail: image };
    // Of others than those that it is built with, the image does not say whether they are there.
    const lacking = clis.filter((cli) => builtWith.has(cli) && !found.clis.includes(cli));
    return lacking.length === 0 ? null : { fault: 'agent_not_installed', detail: `${lacking.join(', ')} in ${image}` };
  }

  /** Waits for the removals that go on. */
  async settled(): Promise<void> {
    await Promise.all(this.#removals.values());
  }

  /** Waits for what goes on. Containers that are left then are the next process's. */
  async close(): Promise<void> {
    await this.settled();
    this.#again?.cancel();
    this.#again = null;
  }

  #engine(program: string): Engine {
    const { env, spawn } = this.#options;
    return new Engine({ program, env, spawn });
  }

  async #start(job: AgentJob, signal: AbortSignal): Promise<SpawnResult> {
    const { env, script, spawn, graceMs = 5000, maxOutputBytes = 1024 * 1024 } = this.#options;
    const kubeconfig = join(job.workspace, 'kubeconfig');
    const hasKubeconfig = await isThere(kubeconfig);
    await rm(join(job.workspace, containerId), { force: true });
    const own = containerEnv(job.env);
    const args = containerArguments(job, this.#label, hasKubeconfig ? kubeconfig : null, Object.keys(own));
    return await withAgentLogs(job.workspace, (logs) =>
      spawn(script(), args, {
        cwd: job.workspace,
        env: { ...own, ...env, NIGHTCRIER_RUN_SUPERVISED: '1' },
        timeoutMs: job.timeoutMs,
        graceMs,
        maxOutputBytes,
        maxDroppedBytes: 64 * 1024 * 1024,
        ...logs,
        signal,
      }),
    );
  }

  /** What went wrong around an agent that ended, and whether its container is known to have ended with it. */
  async #lookAt(run: SpawnResult, job: AgentJob, engine: Engine, name: string): Promise<Look> {
    if (run.reason !== 'exit' || run.exitCode === 0)
      return { engineFault: null, hasEnded: run.reason === 'exit' && run.exitCode === 0 };
    const container = await engine.state(name);
    if (container !== null) {
      const doubtful = !container.started || (run.exitCode ?? 0) > 125;
      const image = doubtful ? await engine.image(job.container.image) : null;
      const engineFault = classifyEnd(run, { engine: 'answers', created: true, image, container });
      return { engineFault, hasEnded: container.exitCode === run.exitCode };
    }
    const answer = await engine.answer();
    const image = answer === 'answers' ? await engine.image(job.container.image) : null;
    const created = await isThere(join(job.workspace, containerId));
    return { engineFault: classifyEnd(run, { engine: answer, created, image, container }), hasEnded: false };
  }

  async #remove(name: string, engine: Engine): Promise<void> {
    if (await engine.remove(name)) {
      this.#left.delete(name);
      return;
    }
    this.#left.set(name, engine);
    this.#again ??= this.#options.clock.setTimer(() => {
      this.#again = null;
      for (const [left, its] of this.#left) void this.#remove(left, its);
    }, removeAgainMs);
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Tells the containers of one daemon from those of others; no path is told to whoever looks at the labels. */
export function dataDirLabel(dataDir: string): string {
  return createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
}

const notHandedIn = /^(?:PATH|HOME|TMPDIR|KUBECONFIG|ENV|BASH_.*|LD_.*|DOCKER_.*|CONTAINER_.*|NIGHTCRIER_.*)$/;

/** What of `agent.env` goes into a container: nothing secret, and nothing that steers the script or the engine. */
export function containerEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isSecretVariable(name) && !notHandedIn.test(name)));
}

function containerArguments(
  job: AgentJob,
  label: string,
  kubeconfig: string | null,
  envNames: readonly string[],
): string[] {
  const { engine, image, network, limits } = job.container;
  const args = ['--incident', job.incidentId, '--cluster', job.cluster, '--workspace', job.workspace];
  args.push('--run', job.runId, '--data-dir', label, '--cli', job.cli, '--runner', 'docker');
  args.push('--cidfile', join(job.workspace, containerId), '--engine', engine, '--image', image, '--network', network);
  args.push('--memory', String(limits.memoryBytes), '--cpus', String(limits.cpus), '--pids', String(limits.pids));
  args.push('--timeout', String(Math.ceil(job.timeoutMs / 1000)), '--prompt-file', join(job.workspace, job.promptFile));
  if (kubeconfig !== null) args.push('--kubeconfig', kubeconfig);
  if (job.model !== null) args.push('--model', job.model);
  if (job.socketDir !== null) args.push('--gateway-socket', job.socketDir);
  for (const name of envNames) args.push('--env', name);
  return [...args, '--', ...job.command];
}
