import { Counter, type Registry } from 'prom-client';
import type { Environment } from '../../config/environment.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { Output } from '../../lib/process/output.ts';
import { problem, type Problem } from '../../lib/problem.ts';
import { consoleUnwritable } from '../../notify/errors.ts';
import { logUnwritable } from '../errors.ts';

/** Anything that takes text: `process.stdout` is one. */
export interface TextTarget {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Of a terminal, as it is now. */
  readonly columns?: number;
  /** The descriptor, where there is one. */
  readonly fd?: number;
  /** Resolves when the text is written. @throws Error why it cannot be; the reason of the signal */
  send?(text: string, signal: AbortSignal): Promise<void>;
  /** Why nothing can be written now, null when it can. */
  readonly failure?: string | null;
}

/** Where console messages go, and how. */
export interface MessageSink {
  /** Resolves when the text is written. @throws Error why it cannot be; the reason of the signal */
  write(text: string, signal: AbortSignal): Promise<void>;
  /** Why nothing can be written now, null when it can. */
  failure(): string | null;
  readonly isTerminal: boolean;
  readonly color: boolean;
  /** How wide the terminal is now; null where there is none. */
  readonly columns: () => number | null;
  /** Of whoever reads. */
  readonly timeZone: string;
}

/** What is lost of the log, for health and metrics. */
export interface LogState {
  /** Lines that could not be written. */
  lost(): number;
  problem(): Problem | null;
}

export interface DaemonOutputs {
  readonly stdout: TextTarget;
  readonly stderr: TextTarget;
  readonly log: LogState;
  /** From now on the log says when standard output fails and when it is back. */
  watch(logger: Logger): void;
  /** Gives what is held for slow readers a moment, at the end. */
  flush(): Promise<void>;
}

const flushMs = 1000;

/**
 * Standard output and error such that none of them ends or blocks the daemon, and each tells of the other's failure, once.
 * What is no stream of this process (a test's) stays as it is.
 */
export function daemonOutputs(io: { readonly stdout: TextTarget; readonly stderr: TextTarget }): DaemonOutputs {
  let logger: Logger | null = null;
  const stdout = output(io.stdout, (failure) => {
    const fields = { code: consoleUnwritable.code, err: failure, fix: consoleUnwritable.fix };
    if (failure === null) logger?.info({}, 'standard output can be written again');
    else logger?.error(fields, 'standard output cannot be written, messages for the console wait');
  });
  const stderr = output(io.stderr, (failure) => {
    if (failure !== null) stdout.write(`nightcrier: the log cannot be written: ${failure} (${logUnwritable.code})\n`);
    else logger?.warn({ lost: log.lost() }, 'the log can be written again, lines were lost');
  });
  const log: LogState = {
    lost: () => (stderr instanceof Output ? stderr.lost : 0),
    problem: () => {
      const failure = stderr.failure ?? null;
      return failure === null ? null : problem(logUnwritable, `the log cannot be written: ${failure}`);
    },
  };
  return {
    stdout,
    stderr,
    log,
    watch: (over) => {
      logger = over;
    },
    flush: async () => {
      const own = [stdout, stderr].filter((target) => target instanceof Output);
      await Promise.all(own.map((target) => target.flush(flushMs)));
    },
  };
}

function output(target: TextTarget, onChange: (failure: string | null) => void): TextTarget | Output {
  const { fd, isTTY = false } = target;
  return fd === undefined ? target : new Output({ fd, isTTY, clock: systemClock, onChange });
}

/** What a sink has to know of its readers. */
interface SinkOptions {
  readonly env: Environment;
  readonly timeZone: string;
  /** The stream behind a target that knows no columns. */
  readonly screen?: Pick<TextTarget, 'columns'>;
}

/** Console messages over standard output; plain text in a pipe or with NO_COLOR. */
export function messageSink(target: TextTarget, { env, timeZone, screen = target }: SinkOptions): MessageSink {
  const isTerminal = target.isTTY === true;
  return {
    write: async (text, signal) => {
      if (target.send === undefined) target.write(text);
      else await target.send(text, signal);
    },
    failure: () => target.failure ?? null,
    isTerminal,
    color: isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    columns: () => (isTerminal ? screen.columns || null : null),
    timeZone,
  };
}

/** The count of lost log lines, read at each scrape. */
export function countLostLines(registry: Registry, lost: () => number): void {
  const counter: Counter = new Counter({
    name: 'nightcrier_log_lines_lost_total',
    help: 'Lines of the log that could not be written.',
    registers: [registry],
    collect() {
      counter.reset();
      counter.inc(lost());
    },
  });
}
