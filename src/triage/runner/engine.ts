import { basename } from 'node:path';
import { z } from 'zod';
import type { Spawn, SpawnResult } from '../../lib/process/spawn.ts';

/** `silent`: its program is there and gets no answer. */
export type EngineAnswer = 'answers' | 'silent' | 'absent';

export interface ContainerState {
  readonly started: boolean;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Why it could not be started; empty else. */
  readonly error: string;
}

/** What the labels of an image say. */
export interface ImageLabels {
  /** It was built for agents. */
  readonly forAgents: boolean;
  /** The agent CLIs that it was built with. */
  readonly clis: readonly string[];
}

export interface EngineOptions {
  /** A program that speaks docker's command line. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly spawn: Spawn;
  /** Of one command, milliseconds. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;

const stateSchema = z.object({
  StartedAt: z.string(),
  ExitCode: z.number(),
  OOMKilled: z.boolean().default(false),
  Error: z.string().default(''),
});

/** A container engine by its command line: what the daemon asks of it beside starting containers. Nothing here rejects. */
export class Engine {
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  async answer(): Promise<EngineAnswer> {
    const { reason, exitCode } = await this.#ask('version', '--format', '{{.Server.Version}}');
    if (reason === 'spawn_failed') return 'absent';
    return exitCode === 0 ? 'answers' : 'silent';
  }

  /** Null when there is no such image. */
  async image(name: string): Promise<ImageLabels | null> {
    const format = '{{index .Config.Labels "nightcrier.agent"}} {{index .Config.Labels "nightcrier.agent.clis"}}';
    const { exitCode, stdout } = await this.#ask('image', 'inspect', '--format', format, name);
    const [agent, ...clis] = stdout.trim().split(/\s+/);
    return exitCode === 0 ? { forAgents: agent === '1', clis } : null;
  }

  /** Null when there is no such container. */
  async state(name: string): Promise<ContainerState | null> {
    const { exitCode, stdout } = await this.#ask('container', 'inspect', '--format', '{{json .State}}', name);
    if (exitCode !== 0) return null;
    const parsed = stateSchema.safeParse(parseJson(stdout));
    if (!parsed.success) return null;
    const { StartedAt, ExitCode, OOMKilled, Error } = parsed.data;
    return { started: !StartedAt.startsWith('0001-'), exitCode: ExitCode, outOfMemory: OOMKilled, error: Error };
  }

  /** Names of the containers with this label, whatever their state; null when the engine gave no answer. */
  async named(label: string): Promise<readonly string[] | null> {
    const { exitCode, stdout } = await this.#ask('ps', '--all', '--filter', `label=${label}`, '--format', '{{.Names}}');
    return exitCode === 0 ? stdout.split('\n').filter((line) => line !== '') : null;
  }

  /** Ends and removes a container; true when it is gone, also when it was not there. */
  async remove(name: string): Promise<boolean> {
    // Docker kills at once; podman would wait for the agent first.
    const now = basename(this.#options.program).startsWith('podman') ? ['--time', '0'] : [];
    const { exitCode, stderr } = await this.#ask('rm', '--force', ...now, '--volumes', name);
    return exitCode === 0 || /no such container|no container with/i.test(stderr);
  }

  #ask(...args: string[]): Promise<SpawnResult> {
    const { program, env, spawn, timeoutMs = defaultTimeoutMs } = this.#options;
    return spawn(program, args, { env: { ...env }, timeoutMs, graceMs: 1000, maxOutputBytes: 1024 * 1024 });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
