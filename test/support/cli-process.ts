import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { waitUntil } from './wait-until.ts';

const bin = path.join(import.meta.dirname, '..', '..', 'bin', 'nightcrier.js');

/** For processes that get an environment of their own: where compiled sources are kept (vitest.config.ts). */
export const compileCache: Readonly<Record<string, string>> = process.env['NODE_COMPILE_CACHE']
  ? { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }
  : {};

export interface CliProcessOptions {
  /** The whole environment, apart from the compile cache. */
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** A command that runs the command line in its place, such as `unshare -n`. */
  readonly under?: readonly string[];
}

/** `bin/nightcrier.js` in a process of its own, as its users start it, with both of its outputs. */
export class CliProcess {
  out = '';
  err = '';
  /** Exit code; the name of the signal that ended it; null while it runs. */
  ended: number | NodeJS.Signals | null = null;
  readonly #child: ChildProcess;

  constructor(argv: readonly string[], options: CliProcessOptions = {}) {
    const [command = '', ...args] = [...(options.under ?? []), process.execPath, bin, ...argv];
    const { cwd, env = { PATH: process.env['PATH'] ?? '' } } = options;
    this.#child = spawn(command, args, {
      cwd,
      env: { ...compileCache, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.#child.once('error', () => (this.ended = -1));
    this.#child.once('close', (code, signal) => (this.ended = signal ?? code ?? -1));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end; gives what `ended` says. */
  async end(timeoutMs = 30_000): Promise<number | NodeJS.Signals> {
    await waitUntil(() => this.ended !== null, `the end of a command; it said: ${this.err.slice(-1000)}`, timeoutMs);
    return this.ended ?? -1;
  }

  /** Waits for its end; gives what it wrote to standard output. @throws Error with its talk when it did not exit with 0 */
  async success(timeoutMs = 30_000): Promise<string> {
    const ended = await this.end(timeoutMs);
    if (ended !== 0) throw new Error(`it ended with ${ended}: ${this.err.slice(-2000)}`);
    return this.out;
  }

  /** For `finally`: nothing of it stays. */
  kill(): void {
    if (this.ended === null) this.#child.kill('SIGKILL');
  }
}
