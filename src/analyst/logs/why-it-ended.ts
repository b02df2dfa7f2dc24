import type { LogEntry } from './log-entry.ts';

/** What a log says about the end of its process. */
export interface LogReason {
  readonly line: number;
  /** One line, the class of the error included. */
  readonly text: string;
  /** As it stands in the log: what can be quoted. */
  readonly quote: string;
  readonly error: string;
  readonly frames: readonly string[];
  readonly kind: 'trace' | 'fatal' | 'error' | 'shell' | 'last';
}

const shellErrors =
  /(?:: (?:not found|command not found|No such file or directory|Permission denied|syntax error|Syntax error|bad substitution|Is a directory|cannot execute|exec format error|Exec format error|unbound variable|parameter not set))|^exec .*: (?:exec format error|no such file|permission denied)|FATAL CONFIG|unknown directive/;

const bareErrors =
  /\b(?:fatal|error|failed|failure|cannot|can't|could not|couldn't|unable to|refused|denied|forbidden|invalid|missing|required|not set|not found|no such|exception|abort(?:ed|ing)?|panic|must be|expected)\b/i;

/**
 * The entry that says why the process ended: the last thrown error, else the last fatal line, else a shell's or a
 * program's own error line, else the last error, else the last line that sounds like one, else the last line.
 */
export function whyItEnded(entries: readonly LogEntry[]): LogReason | null {
  const traces = entries.filter((it) => it.trace && (it.message !== '' || it.error !== ''));
  const trace = traces.at(-1);
  if (trace) return reason(trace, 'trace');
  const fatal = entries.filter((it) => it.level === 'fatal').at(-1);
  if (fatal) return reason(fatal, 'fatal');
  const shell = entries.filter((it) => it.level === 'none' && shellErrors.test(it.message)).at(-1);
  if (shell) return reason(shell, 'shell');
  const error = entries.filter((it) => it.level === 'error' && !isRetried(it.message)).at(-1);
  if (error) return reason(error, 'error');
  const bare = entries.filter((it) => it.level === 'none' && bareErrors.test(it.message)).at(-1);
  if (bare) return reason(bare, 'shell');
  const last = entries.at(-1);
  return last ? reason(last, 'last') : null;
}

/** An error that the program says it got over. */
export function isRetried(message: string): boolean {
  return /\b(?:retried ok|retry succeeded|recovered|will retry|retrying|succeeded after|reconnected)\b/i.test(message);
}

function reason(entry: LogEntry, kind: LogReason['kind']): LogReason {
  const name = entry.error === 'panic' ? 'panic' : entry.error;
  return {
    line: entry.line,
    text: name === '' ? entry.message : entry.message === '' ? name : `${name}: ${entry.message}`,
    quote: entry.message === '' ? name : entry.message,
    error: entry.error,
    frames: entry.frames,
    kind,
  };
}
