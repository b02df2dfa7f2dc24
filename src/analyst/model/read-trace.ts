/** A stack trace that begins at a line: how far it goes and what it says. */
export interface Trace {
  readonly lines: number;
  readonly error: string;
  readonly message: string;
  readonly frames: readonly string[];
}

/**
 * Reads a trace of Python, Go, Rust, Java, .NET, Node, Ruby, PHP or Elixir that begins at `lines[at]`; null when none
 * begins there.
 */
export function readTrace(lines: readonly string[], at: number): Trace | null {
  const line = lines[at] ?? '';
  if (line === '') return null;
  return readClassic(lines, at, line) ?? readOther(lines, at, line);
}

function readClassic(lines: readonly string[], at: number, line: string): Trace | null {
  if (/Traceback \(most recent call last\):?\s*$/.test(line)) return python(lines, at);
  if (/^(?:panic: |fatal error: |panic\()/.test(line)) return go(lines, at);
  const isError = /^(?:Exception in thread|Unhandled exception[.:] |[\w$.]*(?:Exception|Error)\b.*)/i.test(line);
  if (isError && (isFrame(lines[at + 1]) || innerError.test(lines[at + 1] ?? ''))) return java(lines, at);
  return /^(?:Uncaught )?(?:[A-Z]\w*)?(?:Error|Exception)\b/.test(line) && /^\s+at /.test(lines[at + 1] ?? '')
    ? java(lines, at)
    : null;
}

const isFrame = (line: string | undefined): boolean =>
  /^\s+(?:at |\.\.\. \d+ (?:more|common frames)|--- End of )/.test(line ?? '');

const chained = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const errorLine = /^([A-Za-z_][\w.$]*)(?: \([^)]*\))?(?: \[[\w-]+\])?(?:: ?(.*))?$/;
/** The error behind an error: of Java, of .NET, of Node. */
const innerError = /^(?:Caused by: | *---> |\s+\[cause\]: )(?:\(Inner Exception #\d+\) )?(.*)$/;

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

/** Java, .NET and Node: the last `Caused by` says why. */
function java(lines: readonly string[], at: number): Trace {
  const frames: string[] = [];
  let head = (lines[at] ?? '').replace(/^(?:Exception in thread "[^"]*" |Uncaught |Unhandled exception[.:] )/i, '');
  let end = at;
  for (let i = at + 1; i < Math.min(lines.length, at + 300); i += 1) {
    const line = lines[i] ?? '';
    const inner = innerError.exec(line)?.[1];
    if (inner !== undefined) head = inner.replace(/ \{$/, '');
    else if (isFrame(line)) frames.push(line.trim());
    else if (!/^\s+\S|^}/.test(line)) break;
    end = i;
  }
  const match = errorLine.exec(head);
  return { lines: end - at + 1, error: match?.[1] ?? '', message: match?.[2] ?? head, frames: frames.slice(0, 20) };
}

function readOther(lines: readonly string[], at: number, line: string): Trace | null {
  return (
    rust(lines, at, line) ??
    banner(lines, at, line) ??
    ruby(lines, at, line) ??
    php(lines, at, line) ??
    elixir(lines, at, line)
  );
}

/** The message stands in the head (`panicked at 'no db', src/main.rs:4`) or, of newer compilers, on the next line. */
function rust(lines: readonly string[], at: number, line: string): Trace | null {
  const match = /^thread '[^']*'(?: \(\d+\))? panicked at (?:'(.*)', )?(\S+:\d+:\d+):?$/.exec(line);
  if (!match) return null;
  const own = match[1] === undefined ? 1 : 0;
  const rest = within(lines, at + 1 + own, (next) => /^(?:note: |stack backtrace:|\s+\d+: |\s+at )/.test(next));
  return {
    lines: 1 + own + rest.length,
    error: 'panic',
    message: match[1] ?? (lines[at + 1] ?? '').trim(),
    frames: [match[2] ?? ''],
  };
}

/** Spring Boot's own analysis: a banner, then `Description:` and what is wrong. */
function banner(lines: readonly string[], at: number, line: string): Trace | null {
  if (line.trim() !== 'APPLICATION FAILED TO START') return null;
  const rest = lines.slice(at + 1, at + 40);
  const from = rest.findIndex((it) => it.trim() === 'Description:');
  if (from < 0) return null;
  const until = rest.findIndex((it, i) => i > from && it.trim() === 'Action:');
  const text = rest.slice(from + 1, until < 0 ? from + 12 : until).map((it) => it.trim());
  const message = text
    .filter((it) => it !== '')
    .join(' ')
    .slice(0, 600);
  return { lines: 1 + (until < 0 ? from + 1 : until), error: '', message, frames: [] };
}

/** `file:line:in 'method': message (Class)` and its callers below. */
function ruby(lines: readonly string[], at: number, line: string): Trace | null {
  const match = /^(\S+\.rb:\d+):in [`'].*?': (.*) \(([A-Z][\w:]*)\)$/.exec(line);
  if (!match) return null;
  const frames = within(lines, at + 1, (next) => /^\s+(?:\d+: )?from /.test(next));
  return {
    lines: 1 + frames.length,
    error: match[3] ?? '',
    message: match[2] ?? '',
    frames: [match[1] ?? '', ...frames.map((it) => it.trim())].slice(0, 20),
  };
}

function php(lines: readonly string[], at: number, line: string): Trace | null {
  const match = /^(?:PHP )?Fatal error: +(?:Uncaught ([\w\\]+): )?(.*?)(?: in (\S+?)(?:(?::| on line )\d+))?$/.exec(
    line,
  );
  if (!match) return null;
  const rest = within(lines, at + 1, (next) => /^(?:Stack trace:|#\d+ |\s+thrown in |Next )/.test(next));
  const next = rest.findLast((it) => it.startsWith('Next '));
  const inner = /^Next ([\w\\]+): (.*?)(?: in \S+)?$/.exec(next ?? '');
  return {
    lines: 1 + rest.length,
    error: inner?.[1] ?? match[1] ?? 'Fatal error',
    message: inner?.[2] ?? match[2] ?? '',
    frames: rest.filter((it) => it.startsWith('#')).slice(0, 20),
  };
}

/** `** (Class) message`, of a script, a release or Mix. */
function elixir(lines: readonly string[], at: number, line: string): Trace | null {
  const match = /^\*\* \(([\w.]+)\) (.*)$/.exec(line.trim());
  if (!match) return null;
  const frames = within(lines, at + 1, (next) => /^\s{4,}\S/.test(next));
  const message = match[2] ?? '';
  return {
    lines: 1 + frames.length,
    error: match[1] ?? '',
    message,
    frames: frames.map((it) => it.trim()).slice(0, 20),
  };
}

/** The lines from `from` on that belong to a trace; at most 200. */
function within(lines: readonly string[], from: number, belongs: (line: string) => boolean): string[] {
  const out: string[] = [];
  for (const line of lines.slice(from, from + 200)) {
    if (!belongs(line)) break;
    out.push(line);
  }
  return out;
}
