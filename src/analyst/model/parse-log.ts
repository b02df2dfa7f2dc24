import { recordAt } from './fields.ts';
import { levels, type LogLevel } from './lexicon.ts';
import { readTrace, type Trace } from './read-trace.ts';

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
  /** The error at the other end of a chain of errors, empty where there is one alone: `SomeError: message`. */
  readonly behind: string;
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

const word = [...levels.keys()].join('|');
/** An offset, or the short name of a zone: UTC and GMT anywhere, others where a database puts the process behind it. */
const zone = String.raw`Z|[+-]\d\d(?::?\d\d)?|UTC|GMT|(?!(?:${word.toUpperCase()})\b)[A-Z]{3,5}(?= \[\d+\])`;
const time = String.raw`\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:${zone}))?\]?|\d\d:\d\d:\d\d(?:[.,]\d+)?`;
const startsWithTime = new RegExp(`^(?:${time})\\s*`);
// Java's loggers put the thread before the level.
const thread = String.raw`(?:\[[^\]]{1,60}\]\s+)?`;
const plainLevel = new RegExp(`^${thread}\\W*(?:\\d+:\\w\\s+)?(${word})\\b[\\]:]*\\s*`, 'i');
const bracketLevel = new RegExp(`^(?:(?:\\[[^\\]]{0,40}\\]){0,3}|[^\\]]{0,60}?)\\[(${word})\\]\\s*`, 'i');
/** Who of a program says it: the worker of nginx, a process of Erlang, a line of a source file. */
const workerName = /^(?:\d+#\d+: (?:\*\d+ )?|<\d+\.\d+\.\d+> ?|\[[\w./-]+:\d+\] )/;
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

const unescaped = (text: string): string => text.replace(/\\(["\\])/g, '$1').replace(/\\n/g, '\n');

function logfmt(line: string): ParsedLine | null {
  if (!/(?:^|\s)(?:level|lvl|severity)=\S/.test(line)) return null;
  const fields: Record<string, string> = {};
  for (const [, key = '', quoted, bare] of line.matchAll(/([\w.@-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g)) {
    fields[key] = quoted === undefined ? (bare ?? '') : unescaped(quoted);
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
  const message = match[2] ?? '';
  const [, head = '', error = ''] = /^"((?:[^"\\]|\\.)*)" err="((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
  return {
    level: shortLevels[match[1] ?? ''] ?? 'none',
    message: head === '' ? message : withDetail(unescaped(head), unescaped(error)),
    embedded: '',
  };
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
  const message = rest.slice(match[0].length).replace(bracketName, '').replace(workerName, '');
  return { level: levelOf(match[1]), message, embedded: '' };
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
      entries.push(traceEntry(i + 1, trace, 'fatal'));
      i += trace.lines - 1;
      continue;
    }
    const block = consoleBlock(lines, i);
    if (block) {
      entries.push(...inOneLine(block.lines, i + 1, block.level));
      i += block.lines.length;
      continue;
    }
    entries.push(...lineEntries(i + 1, line));
  }
  return entries;
}

const consoleLevels: Readonly<Record<string, LogLevel>> = { warn: 'warn', fail: 'error', crit: 'fatal' };
const maxBlock = 60;

/** The console of .NET: the level and the category in one line, what is said in indented lines below it. */
function consoleBlock(lines: readonly string[], at: number): { level: LogLevel; lines: readonly string[] } | null {
  const level = /^(trce|dbug|info|warn|fail|crit): [\w.`+]+\[\d+\]$/.exec(lines[at] ?? '')?.[1];
  if (level === undefined) return null;
  const rest = lines.slice(at + 1, at + 1 + maxBlock);
  const end = rest.findIndex((line) => !/^ {6}/.test(line));
  const own = rest.slice(0, end < 0 ? rest.length : end).map((line) => line.slice(6));
  return { level: consoleLevels[level] ?? 'info', lines: own };
}

/** The entries of several lines that were logged as one. */
function inOneLine(lines: readonly string[], number: number, level: LogLevel): LogEntry[] {
  const entries: LogEntry[] = [];
  const some = lines.slice(0, maxBlock);
  for (let i = 0; i < some.length; i += 1) {
    const trace = readTrace(some, i);
    if (trace) {
      entries.push(traceEntry(number, trace, level));
      i += trace.lines - 1;
    } else if ((some[i] ?? '').trim() !== '') entries.push(plainEntry(number, level, (some[i] ?? '').trimEnd()));
  }
  return entries;
}

function lineEntries(number: number, line: string): LogEntry[] {
  const parsed = parseLine(line);
  const said = parsed.message.includes('\n')
    ? inOneLine(parsed.message.split('\n'), number, parsed.level)
    : [plainEntry(number, parsed.level, parsed.message)];
  if (parsed.embedded === '') return said;
  const inner = parsed.embedded.split('\n');
  const start = inner.findIndex((_, at) => readTrace(inner, at) !== null);
  const trace = start < 0 ? null : readTrace(inner, start);
  if (trace) return [...said, traceEntry(number, trace, parsed.level)];
  return isFrameName(inner[0] ?? '')
    ? said
    : [plainEntry(number, parsed.level, withDetail(said[0]?.message ?? '', inner[0] ?? '')), ...said.slice(1)];
}

/** Where the error was made says nothing to people: `example.test/pkg/store.(*Store).Open`. */
const isFrameName = (line: string): boolean => /^[^\s:]*[./][^\s:]*$/.test(line);

const plainEntry = (line: number, level: LogLevel, message: string): LogEntry => ({
  line,
  level,
  message,
  error: '',
  trace: false,
  behind: '',
  frames: [],
});

function traceEntry(line: number, { behind, error, frames, message }: Trace, level: LogLevel): LogEntry {
  return { line, level, message, error, behind, trace: true, frames };
}
