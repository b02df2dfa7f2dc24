export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'none';

/** One thing that a log says: a line, or a stack trace as one unit with the message it ends in. */
export interface LogEntry {
  /** Number of its first line, from 1. */
  readonly line: number;
  readonly level: LogLevel;
  /** What it says, without time and level. Of a stack trace the message of the error that was thrown. */
  readonly message: string;
  /** The class of the error, empty when the entry is no stack trace. */
  readonly error: string;
  readonly trace: boolean;
  /** Frames of a stack trace, innermost last; at most 20. */
  readonly frames: readonly string[];
}

const levels: Record<string, LogLevel> = {
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  alert: 'fatal',
  severe: 'error',
  error: 'error',
  err: 'error',
  eror: 'error',
  warning: 'warn',
  warn: 'warn',
  notice: 'info',
  info: 'info',
  log: 'info',
  debug: 'info',
  trace: 'info',
};

/** The level that a word of a log stands for; `none` for other words. */
export function levelOf(word: unknown): LogLevel {
  if (typeof word === 'number') {
    // bunyan and pino count 10 to 60.
    if (word >= 60) return 'fatal';
    if (word >= 50) return 'error';
    return word >= 40 ? 'warn' : 'info';
  }
  return typeof word === 'string' ? (levels[word.toLowerCase()] ?? 'none') : 'none';
}
