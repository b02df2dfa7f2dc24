import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { onAbort } from '../abort.ts';
import { type Clock, systemClock } from '../clock.ts';
import { errorText } from '../problem.ts';
import { signalGroup } from './send-signal.ts';

export interface SpawnOptions {
  readonly env: Record<string, string>;
  readonly cwd?: string;
  /** Text for standard input; without it standard input is closed. */
  readonly input?: string;
  /** Wall-clock limit, milliseconds. Over it: SIGTERM to the whole group, then SIGKILL after `graceMs`. */
  readonly timeoutMs: number;
  readonly graceMs?: number;
  /** Bytes kept of each stream; more is counted and thrown away. */
  readonly maxOutputBytes?: number;
  /** Thrown away at most, both streams; a process that writes more is ended like at the time limit. */
  readonly maxDroppedBytes?: number;
  /** Where the streams go as well, as they come (bounded by `maxOutputBytes` like the kept text). Their errors are ignored. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /**
   * Standard output goes here alone, as fast as it is taken, and nothing of it is kept or bounded. It is ended with the
   * output; the result comes when all was taken, or the process was ended.
   */
  readonly pipe?: Writable;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export type EndReason = 'exit' | 'timeout' | 'aborted' | 'output_limit' | 'spawn_failed';

/** How a process ended. A process that could not be started has the same shape as one that failed. */
export interface SpawnResult {
  readonly reason: EndReason;
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that were thrown away, both streams. */
  readonly droppedBytes: number;
  readonly durationMs: number;
  /** Set with `spawn_failed`, and when the process could not be ended. */
  readonly error: string | null;
}

export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => Promise<SpawnResult>;

/** Groups that go on. A process that ends without a stop (a second signal, an uncaught error) takes them with it. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const pid of groups) killGroup(pid, 'SIGKILL');
});

/** Output of a leftover child after its parent's end, and a process that survives SIGKILL (uninterruptible), milliseconds. */
const pipeCutMs = 250;
const giveUpMs = 5000;

/**
 * Runs one command in its own process group, so that the whole tree can be ended: at the time limit, on abort, and what
 * it leaves behind when it ends. Never throws; the reason is data. A child that makes a session of its own leaves the
 * group: see `killMarkedProcesses` for those.
 */
export const spawnProcess: Spawn = async (command, args, options) => {
  const clock = options.clock ?? systemClock;
  const started = clock.monotonic();
  const limit = options.maxOutputBytes ?? 1024 * 1024;
  const out = new BoundedCapture(limit, options.stdout);
  const err = new BoundedCapture(limit, options.stderr);
  const result = (reason: EndReason, exit: Exit): SpawnResult => ({
    reason,
    exitCode: exit.code,
    exitSignal: exit.signal,
    stdout: out.text(),
    stderr: err.text(),
    droppedBytes: out.dropped + err.dropped,
    durationMs: clock.monotonic() - started,
    error: exit.error,
  });
  if (options.signal?.aborted) return result('aborted', { code: null, signal: null, error: null });

  const child = startChild(command, args, options);
  if (child instanceof Error) return result('spawn_failed', { code: null, signal: null, error: errorText(child) });
  const flood = new AbortController();
  const take = (capture: BoundedCapture) => (chunk: Buffer) => {
    capture.add(chunk);
    if (out.dropped + err.dropped > (options.maxDroppedBytes ?? Number.POSITIVE_INFINITY)) flood.abort();
  };
  if (child.pid !== undefined) groups.add(child.pid);
  if (options.pipe === undefined) child.stdout?.on('data', take(out));
  child.stderr?.on('data', take(err));
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  const { reason, exit } = await endOf(child, options, clock, flood.signal);
  if (child.pid !== undefined) groups.delete(child.pid);
  return result(exit.error !== null && child.pid === undefined ? 'spawn_failed' : reason, exit);
};

/** Null bytes in arguments or environment, a bad working directory: `spawn` throws for some and emits for others. */
function startChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess | Error {
  try {
    return spawn(command, [...args], {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

interface Exit {
  code: number | null;
  signal: string | null;
  error: string | null;
}

/** Waits for the end and brings it about at the time limit or on abort; whatever is left of the group is killed. */
async function endOf(
  child: ChildProcess,
  options: SpawnOptions,
  clock: Clock,
  flood: AbortSignal,
): Promise<{ reason: EndReason; exit: Exit }> {
  const graceMs = options.graceMs ?? 5000;
  let reason: EndReason | null = null;
  let killTimer: { cancel(): void } | null = null;
  let giveUpTimer: { cancel(): void } | null = null;
  const gaveUp = Promise.withResolvers<Exit>();
  const kill = (): void => {
    killGroup(child.pid, 'SIGKILL');
    giveUpTimer ??= systemClock.setTimer(
      () => gaveUp.resolve({ code: null, signal: null, error: 'the process did not end after SIGKILL' }),
      giveUpMs,
    );
  };
  const stop = (why: EndReason): void => {
    reason ??= why;
    if (killTimer !== null) return;
    // Nobody waits any more for what is not taken.
    options.pipe?.destroy();
    killGroup(child.pid, 'SIGTERM');
    killTimer = clock.setTimer(kill, graceMs);
  };
  const timeout = clock.setTimer(() => stop('timeout'), options.timeoutMs);
  const letGo = options.signal && onAbort(options.signal, () => stop('aborted'));
  onAbort(flood, () => stop('output_limit'));
  try {
    const exit = await Promise.race([waitForExit(child, options.pipe), gaveUp.promise]);
    return { reason: reason ?? 'exit', exit };
  } finally {
    timeout.cancel();
    (killTimer as { cancel(): void } | null)?.cancel();
    (giveUpTimer as { cancel(): void } | null)?.cancel();
    letGo?.();
    killGroup(child.pid, 'SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/**
 * Waits for the process itself; its output gets a moment more, then the pipes are cut: a child that outlives its parent
 * can hold them open for ever. Where output is taken as fast as somebody can, such children are ended instead.
 */
async function waitForExit(child: ChildProcess, pipe?: Writable): Promise<Exit> {
  // Who stops taking ends the output, and the process hears of it.
  const taken = pipe && child.stdout ? pipeline(child.stdout, pipe).catch(() => {}) : null;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exit = await new Promise<Exit>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error: error.message });
    });
    child.once('exit', (code, signal) => resolve({ code, signal, error: null }));
  });
  if (exit.error !== null) return exit;
  if (taken !== null) killGroup(child.pid, 'SIGKILL');
  await taken;
  const cut = Promise.withResolvers<void>();
  const timer = systemClock.setTimer(cut.resolve, pipeCutMs);
  await Promise.race([closed, cut.promise]);
  timer.cancel();
  return exit;
}

function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid !== undefined) signalGroup(pid, signal);
}

/** Keeps the first `limit` bytes of a stream, counts the rest. */
class BoundedCapture {
  dropped = 0;
  readonly #chunks: Buffer[] = [];
  readonly #limit: number;
  readonly #also: Writable | undefined;
  #size = 0;

  constructor(limit: number, also?: Writable) {
    this.#limit = limit;
    this.#also = also;
    // A full disk must not end the daemon: what could not be written as well is still kept here.
    also?.on('error', () => {});
  }

  add(chunk: Buffer): void {
    const part = chunk.subarray(0, Math.max(0, this.#limit - this.#size));
    this.dropped += chunk.length - part.length;
    this.#size += part.length;
    if (part.length === 0) return;
    this.#chunks.push(part);
    if (this.#also?.writable) this.#also.write(part);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
