import { recordAt } from './fields.ts';
import { levels, type LogLevel } from './lexicon.ts';
import { readTrace } from './read-trace.ts';

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

/** The level that a word of a log stands for; `none` for other words. */
function levelOf(word: unknown): LogLevel {
  if (typeof word === 'number') {
    // bunyan and pino count 10 to 60.
    if (word >= 60) return 'fatal';
    if (word >= 50) return 'error';
    return word >= 40 ? 'warn' : 'info';
  }
  if (typeof word !== 'string') return 'none';
  // MongoDB has one letter.
  return levels.get(word.toLowerCase()) ?? shortLevels[word] ?? 'none';
}

const shortLevels: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warn', E: 'error', F: 'fatal', C: 'fatal' };

export interface ParsedLine {
  readonly level: LogLevel;
  readonly message: string;
  /** A stack trace that came inside the line (a field of a JSON log). */
  readonly embedded: string;
}

const time = String.raw`\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d|UTC))?\]?|\d\d:\d\d:\d\d(?:[.,]\d+)?`;
const word = [...levels.keys()].join('|');
const startsWithTime = new RegExp(`^(?:${time})\\s*`);
// Java's loggers put the thread before the level.
const thread = String.raw`(?:\[[^\]]{1,60}\]\s+)?`;
const plainLevel = new RegExp(`^${thread}\\W*(?:\\d+:\\w\\s+)?(${word})\\b[\\]:]*\\s*`, 'i');
const bracketLevel = new RegExp(`^(?:(?:\\[[^\\]]{0,40}\\]){0,3}|[^\\]]{0,60}?)\\[(${word})\\]\\s*`, 'i');
const bracketName = /^\[[\w.:/-]{1,60}\]:?\s+/;

/** One line of a log in a common form: JSON, logfmt, klog, `TIME LEVEL [logger] message`, or bare text. */
function parseLine(line: string): ParsedLine {
  return json(line) ?? logfmt(line) ?? klog(line) ?? text(line);
}

function json(line: string): ParsedLine | null {
  if (!line.startsWith('{')) return null;
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = recordAt(JSON.parse(line) as unknown);
  } catch {
    return null;
  }
  const first = (...names: string[]): string => {
    for (const name of names) {
      const value = fields[name];
      if (typeof value === 'string' && value !== '') return value;
    }
    return '';
  };
  const error = recordAt(
    fields['err'] ?? fields['error'] ?? fields['exception'] ?? fields['thrown'] ?? recordAt(fields['attr'])['error'],
  );
  const nested = textOf(error, 'message', 'errmsg', 'codeName');
  const message = first('msg', 'message', 'event', 'text', '@message', '@m', 'MESSAGE');
  const attributes = textOf(recordAt(fields['attr']), 'error', 'reason', 'message');
  const detail = first('error', 'err', 'error.message', 'reason', 'cause', 'Error') || nested || attributes;
  const level = fields['level'] ?? fields['severity'] ?? fields['lvl'] ?? fields['log.level'] ?? fields['@l'];
  return {
    level: levelOf(level ?? fields['Level'] ?? fields['s']),
    message: withDetail(message, detail),
    embedded:
      first('exc', 'exc_info', 'exception', 'stack', 'stack_trace', 'stacktrace', 'traceback', 'error.stack_trace') ||
      textOf(fields, 'stacktrace', '@x') ||
      textOf(error, 'stack', 'stack_trace', 'stacktrace', 'extendedStackTrace'),
  };
}

/** The first text of these fields; a list of lines is one text. */
function textOf(fields: Readonly<Record<string, unknown>>, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
    if (Array.isArray(value) && value.every((line) => typeof line === 'string')) return value.join('\n');
  }
  return '';
}

function withDetail(message: string, detail: string): string {
  if (message === '') return detail;
  return message.includes(detail) ? message : `${message}: ${detail}`;
}

function logfmt(line: string): ParsedLine | null {
  if (!/(?:^|\s)(?:level|lvl|severity)=\S/.test(line)) return null;
  const fields: Record<string, string> = {};
  for (const [, key = '', quoted, bare] of line.matchAll(/([\w.@-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    fields[key] = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(["\\])/g, '$1').replace(/\\n/g, '\n');
  }
  const message = fields['msg'] ?? fields['message'] ?? '';
  const detail = fields['err'] ?? fields['error'] ?? '';
  return {
    level: levelOf(fields['level'] ?? fields['lvl'] ?? fields['severity']),
    message: withDetail(message, detail) || line,
    embedded: fields['stack'] ?? fields['stacktrace'] ?? '',
  };
}

function klog(line: string): ParsedLine | null {
  const match = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+\] (.*)$/.exec(line);
  if (!match) return null;
  return { level: shortLevels[match[1] ?? ''] ?? 'none', message: match[2] ?? '', embedded: '' };
}

/** Loggers with a letter or four for the level: `E | logger: …`, `FATA[0001] …`. */
const shortLevel = /^(?:([DIWNEFC]) \| |(TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[\d+\]\s+)/;
/** What Redis and its kin write before a message: `1:M 01 Jan 2026 00:00:00.000 # `. */
const redisPrefix = /^\d+:[MCSX] \d\d? \w{3} \d{4} [\d:.]+ [#*.-] /;

function short(rest: string): ParsedLine | null {
  const redis = redisPrefix.exec(rest)?.[0];
  if (redis !== undefined) return { level: 'none', message: rest.slice(redis.length), embedded: '' };
  const match = shortLevel.exec(rest);
  if (!match) return null;
  const letter = match[1] ?? (match[2] ?? '').charAt(0).replace('P', 'F');
  return { level: shortLevels[letter] ?? 'info', message: rest.slice(match[0].length).trimEnd(), embedded: '' };
}

function text(line: string): ParsedLine {
  const rest = line.replace(startsWithTime, '');
  const known = short(rest);
  if (known) return known;
  const match = bracketLevel.exec(rest) ?? plainLevel.exec(rest);
  if (!match) return { level: 'none', message: rest, embedded: '' };
  const isWord = rest !== line || match[1] === match[1]?.toUpperCase();
  if (!isWord) return { level: 'none', message: rest, embedded: '' };
  return { level: levelOf(match[1]), message: rest.slice(match[0].length).replace(bracketName, ''), embedded: '' };
}

const maxLines = 5000;

/** The entries of a log in its order; stack traces are one entry. Reads the last 5,000 lines. */
export function parseLog(text: string): readonly LogEntry[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const first = Math.max(0, lines.length - maxLines);
  const entries: LogEntry[] = [];
  for (let i = first; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    if (line.trim() === '') continue;
    const trace = readTrace(lines, i);
    if (trace) {
      entries.push(traceEntry(i + 1, trace.error, trace.message, trace.frames, 'fatal'));
      i += trace.lines - 1;
      continue;
    }
    entries.push(...lineEntries(i + 1, line));
  }
  return entries;
}

function lineEntries(number: number, line: string): LogEntry[] {
  const parsed = parseLine(line);
  const entry: LogEntry = {
    line: number,
    level: parsed.level,
    message: parsed.message,
    error: '',
    trace: false,
    frames: [],
  };
  if (parsed.embedded === '') return [entry];
  const inner = parsed.embedded.split('\n');
  const start = inner.findIndex((_, at) => readTrace(inner, at) !== null);
  const trace = start < 0 ? null : readTrace(inner, start);
  if (!trace)
    return isFrameName(inner[0] ?? '') ? [entry] : [{ ...entry, message: `${parsed.message}: ${inner[0] ?? ''}` }];
  return [entry, traceEntry(number, trace.error, trace.message, trace.frames, parsed.level)];
}

/** Where the error was made says nothing to people: `example.test/pkg/store.(*Store).Open`. */
const isFrameName = (line: string): boolean => /^[^\s:]*[./][^\s:]*$/.test(line);

function traceEntry(
  line: number,
  error: string,
  message: string,
  frames: readonly string[],
  level: LogLevel,
): LogEntry {
  return { line, level, message, error, trace: true, frames };
}
