import { recordAt } from '../graph/fields.ts';
import { type LogLevel, levelOf } from './log-entry.ts';

export interface ParsedLine {
  readonly level: LogLevel;
  readonly message: string;
  /** A stack trace that came inside the line (a field of a JSON log). */
  readonly embedded: string;
}

const time = String.raw`\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d|UTC))?\]?|\d\d:\d\d:\d\d(?:[.,]\d+)?`;
const word = String.raw`FATAL|CRITICAL|CRIT|PANIC|EMERG|ALERT|SEVERE|ERROR|ERR|EROR|WARNING|WARN|NOTICE|INFO|LOG|DEBUG|TRACE`;
const startsWithTime = new RegExp(`^(?:${time})\\s*`);
const plainLevel = new RegExp(`^\\W*(?:\\d+:\\w\\s+)?(${word})\\b[\\]:]*\\s*`, 'i');
const bracketLevel = new RegExp(`^[^\\]]{0,60}?\\[(${word})\\]\\s*`, 'i');
const bracketName = /^\[[\w.:/-]{1,60}\]:?\s+/;

/** One line of a log in a common form: JSON, logfmt, klog, `TIME LEVEL [logger] message`, or bare text. */
export function parseLine(line: string): ParsedLine {
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
  const error = recordAt(fields['err'] ?? fields['error'] ?? fields['exception']);
  const nested = typeof error['message'] === 'string' ? error['message'] : '';
  const message = first('msg', 'message', 'event', 'text', '@message');
  const detail = first('error', 'err', 'reason', 'cause') || nested;
  const stack = typeof error['stack'] === 'string' ? error['stack'] : '';
  return {
    level: levelOf(fields['level'] ?? fields['severity'] ?? fields['lvl'] ?? fields['log.level']),
    message: detail === '' || message.includes(detail) ? message || detail : `${message}: ${detail}`,
    embedded: first('exc', 'exc_info', 'exception', 'stack', 'stack_trace', 'stacktrace', 'traceback') || stack,
  };
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
    message: detail === '' || message.includes(detail) ? message || detail || line : `${message}: ${detail}`,
    embedded: fields['stack'] ?? fields['stacktrace'] ?? '',
  };
}

function klog(line: string): ParsedLine | null {
  const match = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+\] (.*)$/.exec(line);
  if (!match) return null;
  const level = { I: 'info', W: 'warn', E: 'error', F: 'fatal' }[match[1] ?? ''] ?? 'none';
  return { level: level as LogLevel, message: match[2] ?? '', embedded: '' };
}

function text(line: string): ParsedLine {
  const rest = line.replace(startsWithTime, '');
  const match = bracketLevel.exec(rest) ?? plainLevel.exec(rest);
  if (!match) return { level: 'none', message: rest, embedded: '' };
  const isWord = rest !== line || match[1] === match[1]?.toUpperCase();
  if (!isWord) return { level: 'none', message: rest, embedded: '' };
  return { level: levelOf(match[1]), message: rest.slice(match[0].length).replace(bracketName, ''), embedded: '' };
}
