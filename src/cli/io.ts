import type { Environment } from '../config/environment.ts';

/** Where text goes. `process.stdout` is one. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
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
}

/** Whether a sink shows colours: a terminal, and nobody asked for none (no-color.org). */
export function hasColor(sink: TextSink, env: Environment): boolean {
  return sink.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
