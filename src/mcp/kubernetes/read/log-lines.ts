import type { ClusterReader } from '../../../kube/cluster-reader.ts';
import type { Redactor } from '../../../lib/redact/redact.ts';
import { printable, truncate } from '../../../lib/text.ts';

/** Which part of a log is asked for. */
export interface LogAsked {
  readonly tail: number;
  readonly previous: boolean;
  readonly since_seconds?: number | undefined;
  readonly grep?: string | undefined;
}

interface LogPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

interface Log {
  readonly lines: string[];
  readonly truncated: boolean;
  readonly truncated_reason?: string;
  readonly matched?: number;
  readonly binary?: boolean;
  /** Lines that were looked at. */
  readonly seen: number;
}

/** Read of a log at a time, bytes. */
const maxBytes = 12 * 1024 * 1024;
/** Shown of one line, characters. */
const maxLine = 16_384;

/** The newest lines of a log, null when there is none; `redact` is asked for what is searched. @throws ReadError */
export async function readLog(
  reader: ClusterReader,
  { namespace, pod, container }: LogPlace,
  asked: LogAsked,
  redact: () => Redactor,
  signal: AbortSignal,
): Promise<Log | null> {
  const since = asked.since_seconds === undefined ? {} : { sinceSeconds: asked.since_seconds };
  const read = (tailLines: number): Promise<string | null> => {
    const options = { previous: asked.previous, tailLines, limitBytes: maxBytes, ...since };
    return reader.logs(namespace, pod, container, options, signal);
  };
  // One more says whether there are older ones.
  const newest = await newestLines(read, asked.tail + 1, maxBytes);
  return newest && logOf(newest, asked, redact);
}

interface Newest {
  readonly text: string;
  /** So many lines were asked for. */
  readonly tail: number;
  /** False for one line that is larger than what is read: its end is missing. */
  readonly isWhole: boolean;
}

/**
 * The last lines of a log that fit into so many bytes, null when there is no log. A server that is asked for at most so
 * many bytes gives the oldest of the lines: where they are too many, fewer lines are asked for.
 */
export async function newestLines(
  read: (tailLines: number) => Promise<string | null>,
  lines: number,
  maxBytes: number,
): Promise<Newest | null> {
  for (let tail = lines; ; tail = Math.max(1, Math.floor(tail / 8))) {
    const text = await read(tail);
    if (text === null) return null;
    const isWhole = Buffer.byteLength(text) < maxBytes;
    if (isWhole || tail === 1) return { text, tail, isWhole };
  }
}

function logOf({ text, tail, isWhole }: Newest, asked: LogAsked, redact: () => Redactor): Log {
  const given = linesOf(text);
  const all = given.slice(-asked.tail).map(cleaned);
  const { grep } = asked;
  // Whether a line holds a text would tell of secrets what they are, were they still there.
  const kept =
    grep === undefined
      ? all
      : redact()
          .value(all)
          .filter((line) => line.includes(grep));
  const lines = kept.map((line) => truncate(line, maxLine));
  const reasons = [
    ...(given.length > asked.tail ? ['there are older lines'] : []),
    ...(tail < asked.tail ? [`only the last ${tail} lines: more are larger than can be read at once`] : []),
    ...(isWhole ? [] : ['of the last line the end is missing']),
    ...(lines.some((line) => line.length === maxLine) ? [`long lines are cut to ${maxLine} characters`] : []),
  ];
  return {
    lines,
    truncated: reasons.length > 0,
    ...(reasons.length === 0 ? {} : { truncated_reason: reasons.join('; ') }),
    ...(grep === undefined ? {} : { matched: kept.length }),
    ...(isBinary(text) ? { binary: true } : {}),
    seen: all.length,
  };
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

const colours = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** A line as it is read: without colours, and with marks in place of what cannot be printed. */
function cleaned(line: string): string {
  return printable(
    line
      .replace(/\r$/, '')
      .slice(0, 4 * maxLine)
      .replace(colours, ''),
  );
}

/** Looked at for what is no text, characters. */
const sample = 65_536;

/** Whether a tenth of it is what no text has. */
function isBinary(text: string): boolean {
  const start = text.slice(0, sample);
  const odd = start.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0;
  return odd > start.length / 10;
}
