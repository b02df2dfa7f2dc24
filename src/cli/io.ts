import type { Environment } from '../config/environment.ts';

/** Where text goes. `process.stdout` is one. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** The descriptor, where there is one. */
  readonly fd?: number;
}

/** The world around a command: nothing else of the process is touched. */
export interface CliIo {
  /** Data. */
  readonly stdout: TextSink;
  /** Logs and talk. */
  readonly stderr: TextSink;
  readonly env: Environment;
  readonly cwd: string;
  readonly now: () => number;
  readonly fetch: typeof fetch;
  /** Listens for a signal of the process; what it gives stops listening. */
  readonly onSignal: (signal: NodeJS.Signals, listener: () => void) => () => void;
}

/** Whether a sink shows colours: a terminal, and nobody asked for none (no-color.org). */
export function hasColor(sink: TextSink, env: Environment): boolean {
  return sink.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
