import { present } from '../present.ts';
import { timeOf } from '../../kube/objects.ts';
import { printable, truncate } from '../../lib/text.ts';
import { parseJsonObject } from '../../lib/untrusted/parse-json.ts';
import { textOf } from './objects/flux-object.ts';
import { withoutCredentials } from './objects/without-credentials.ts';

/** The levels of the controllers' logs, least first (zap). */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line of a controller, as far as it says these things. */
export interface LogLine {
  readonly ts?: string;
  readonly level?: string;
  readonly msg: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly revision?: string;
  readonly error?: string;
}

/** What is looked for: all of it. */
export interface LogFilter {
  /** This level and the more serious ones. */
  readonly level?: LogLevel | undefined;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** Ms since the epoch: nothing older. */
  readonly from?: number | undefined;
}

export interface ParsedLog {
  readonly lines: readonly LogLine[];
  /** Lines that are no JSON (a panic, what the runtime says), as they are: no filter can judge them. */
  readonly raw: readonly string[];
}

/** Longest line that is given as it is, characters. */
const maxRaw = 2000;

/** The lines of a log of a Flux controller, oldest first: one JSON object each. */
export function parseLog(text: string, filter: LogFilter = {}): ParsedLog {
  const lines: LogLine[] = [];
  const raw: string[] = [];
  for (const line of text.split('\n')) {
    const fields = fieldsOf(line);
    if (fields === null) {
      if (line.trim() !== '') raw.push(truncate(printable(withoutCredentials(line.trimEnd())), maxRaw));
      continue;
    }
    const parsed = lineOf(fields);
    if (fits(parsed, filter)) lines.push(parsed);
  }
  return { lines, raw };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(line: string): Fields | null {
  return line.startsWith('{') ? parseJsonObject(line) : null;
}

function lineOf(fields: Fields): LogLine {
  const kind = textOf(fields['controllerKind']);
  const about = aboutOf(fields, kind);
  return present({
    ts: timestampOf(fields['ts']),
    level: textOf(fields['level']),
    msg: textOf(fields['msg']) ?? '',
    kind: kind ?? textOf(about['kind']),
    // A name without a controller is that of something else, such as a server.
    namespace: textOf(about['namespace']) ?? (kind === undefined ? undefined : textOf(fields['namespace'])),
    name: textOf(about['name']) ?? (kind === undefined ? undefined : textOf(fields['name'])),
    revision: textOf(fields['revision']),
    error: textOf(fields['error']),
  });
}

/** The object that a line is about: under the name of its kind, or as the event that the notification-controller sends on. */
function aboutOf(fields: Fields, kind: string | undefined): Fields {
  const keys = [...(kind === undefined ? [] : [kind]), 'eventInvolvedObject', 'involvedObject', 'object'];
  const found = keys.map((key) => fields[key]).find((value) => typeof value === 'object' && value !== null);
  return (found ?? {}) as Fields;
}

/** A time of the log, as text or in seconds since the epoch, in ISO 8601. */
function timestampOf(value: unknown): string | undefined {
  const ms = typeof value === 'number' ? value * 1000 : timeOf(value);
  return ms === null || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15 ? undefined : new Date(ms).toISOString();
}

function fits(line: LogLine, { level, name, namespace, from }: LogFilter): boolean {
  if (level !== undefined && levelRank(line.level) < levelRank(level)) return false;
  if (name !== undefined && line.name !== name) return false;
  if (namespace !== undefined && line.namespace !== namespace) return false;
  const at = timeOf(line.ts);
  return from === undefined || at === null || at >= from;
}

/** What is no known level is shown as an error would be: it may be one. */
function levelRank(level: string | undefined): number {
  const rank = logLevels.findIndex((known) => known === level);
  return rank === -1 ? logLevels.length : rank;
}
