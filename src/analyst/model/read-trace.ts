/** A stack trace that begins at a line: how far it goes and what it says. */
export interface Trace {
  readonly lines: number;
  readonly error: string;
  readonly message: string;
  readonly frames: readonly string[];
}

/** Reads a trace of Python, Go, Java or Node that begins at `lines[at]`; null when none begins there. */
export function readTrace(lines: readonly string[], at: number): Trace | null {
  const line = lines[at] ?? '';
  if (/Traceback \(most recent call last\):?\s*$/.test(line)) return python(lines, at);
  if (/^(?:panic: |fatal error: |panic\()/.test(line)) return go(lines, at);
  if (/^(?:Exception in thread|[\w$.]+(?:Exception|Error)\b.*)/.test(line) && isFrame(lines[at + 1])) {
    return java(lines, at);
  }
  return /^(?:Uncaught )?[A-Z]\w*(?:Error|Exception)\b/.test(line) && /^\s+at /.test(lines[at + 1] ?? '')
    ? java(lines, at)
    : null;
}

const isFrame = (line: string | undefined): boolean => /^\s+(?:at |\.\.\. \d+ more)/.test(line ?? '');

const chained = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const errorLine = /^([A-Za-z_][\w.]*)(?:: ?(.*))?$/;

/** Up to the last error of the chain; lines of other loggers in between are skipped. */
function python(lines: readonly string[], at: number): Trace {
  const end = Math.min(lines.length, at + 400);
  let found = -1;
  for (let i = at + 1; i < end; i += 1) {
    if (!isPythonError(lines[i] ?? '')) continue;
    found = i;
    if (!isChainAhead(lines, i)) break;
  }
  const frames = lines.slice(at, found < 0 ? at + 40 : found).filter((line) => /^\s+File "/.test(line));
  const match = errorLine.exec(lines[found] ?? '');
  const next = lines[found + 1] ?? '';
  const more = found >= 0 && /^\s+\S/.test(next) ? next.trim() : '';
  return {
    lines: (found < 0 ? 1 : found - at + 1) + (more === '' ? 0 : 1),
    error: match?.[1] ?? '',
    message: [match?.[2] ?? '', more].filter((it) => it !== '').join(' '),
    frames: frames.map((line) => line.trim()).slice(-20),
  };
}

/** `package.SomeError: message`, at the start of a line; a message of a logger is none. */
function isPythonError(line: string): boolean {
  const match = errorLine.exec(line);
  if (!match || /^Traceback\b/.test(line)) return false;
  return match[2] !== undefined || /\.|Error|Exception|Exit|Interrupt/.test(match[1] ?? '');
}

const isChainAhead = (lines: readonly string[], at: number): boolean =>
  lines.slice(at + 1, at + 6).some((line) => chained.test(line));

function go(lines: readonly string[], at: number): Trace {
  const frames: string[] = [];
  let end = at;
  for (let i = at + 1; i < Math.min(lines.length, at + 200); i += 1) {
    const line = lines[i] ?? '';
    if (!(line === '' || /^(?:goroutine \d+|\[signal|\s|created by|exit status|[\w./*()-]+\()/.test(line))) break;
    if (/^[\w./*()-]+\(/.test(line)) frames.push(line);
    end = i;
  }
  const message = (lines[at] ?? '').replace(/^(?:panic|fatal error): /, '');
  return { lines: end - at + 1, error: 'panic', message, frames: frames.slice(0, 20) };
}

/** Java and Node: the last `Caused by` says why. */
function java(lines: readonly string[], at: number): Trace {
  const frames: string[] = [];
  let head = (lines[at] ?? '').replace(/^Exception in thread "[^"]*" /, '').replace(/^Uncaught /, '');
  let end = at;
  for (let i = at + 1; i < Math.min(lines.length, at + 300); i += 1) {
    const line = lines[i] ?? '';
    if (line.startsWith('Caused by: ')) head = line.slice('Caused by: '.length);
    else if (isFrame(line)) frames.push(line.trim());
    else if (!/^\s+\S|^}/.test(line)) break;
    end = i;
  }
  const match = errorLine.exec(head);
  return { lines: end - at + 1, error: match?.[1] ?? '', message: match?.[2] ?? head, frames: frames.slice(0, 20) };
}
