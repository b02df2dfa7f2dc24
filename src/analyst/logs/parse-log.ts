import { type LogEntry, type LogLevel } from './log-entry.ts';
import { parseLine } from './parse-line.ts';
import { readTrace } from './read-trace.ts';

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
  if (!trace) return [{ ...entry, message: `${parsed.message}: ${inner[0] ?? ''}` }];
  return [entry, traceEntry(number, trace.error, trace.message, trace.frames, parsed.level)];
}

function traceEntry(
  line: number,
  error: string,
  message: string,
  frames: readonly string[],
  level: LogLevel,
): LogEntry {
  return { line, level, message, error, trace: true, frames };
}
