/** A stack trace that begins at a line: how far it goes and what it says. */
export interface Trace {
  readonly lines: number;
  readonly error: string;
  readonly message: string;
  /** The error at the other end of a chain: what a wrapper hides, or what wraps it; empty when there is one alone. */
  readonly behind: string;
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
  if (qualifiedError.test(line) && isBeforeFrames(lines, at + 1)) return java(lines, at);
  return /^(?:Uncaught )?(?:[A-Z]\w*)?(?:Error|Exception)\b/.test(line) && /^\s+at /.test(lines[at + 1] ?? '')
    ? java(lines, at)
    : null;
}

/** A class with its package, as Java and .NET write it: its message may go on in the next lines. */
const qualifiedError =
  /^(?:Exception in thread "[^"]*" |Unhandled exception[.:] )?(?:[\w$]+\.)+[\w$]*(?:Exception|Error): /i;

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
  let first = '';
  for (let i = at + 1; i < end; i += 1) {
    const line = lines[i] ?? '';
    if (!isPythonError(line)) continue;
    found = i;
    if (!isChainAhead(lines, i)) break;
    if (first === '') first = line;
  }
  const frames = lines.slice(at, found < 0 ? at + 40 : found).filter((line) => /^\s+File "/.test(line));
  const match = errorLine.exec(lines[found] ?? '');
  const more = found < 0 ? [] : messageLines(lines, found + 1);
  const message = [match?.[2] ?? '', ...more.map((line) => line.trim())].filter((it) => it !== '').join(' ');
  return {
    lines: (found < 0 ? 1 : found - at + 1) + more.length,
    error: match?.[1] ?? '',
    message,
    behind: isIn(message, first) ? '' : first,
    frames: frames.map((line) => line.trim()).slice(-20),
  };
}

const maxMessageLines = 6;

/** The lines that go on with the message of an error: indented ones, and a word alone with indented ones below it. */
function messageLines(lines: readonly string[], from: number): readonly string[] {
  const out: string[] = [];
  for (let i = from; i < from + maxMessageLines; i += 1) {
    const line = lines[i] ?? '';
    const isField = /^[\w.[\]]+$/.test(line) && /^\s+\S/.test(lines[i + 1] ?? '');
    if (!isField && !/^\s+[^\s^]/.test(line)) break;
    out.push(line);
  }
  return out;
}

/** Whether a message already holds what an error says. */
function isIn(message: string, error: string): boolean {
  const said = errorLine.exec(error)?.[2] ?? error;
  return said !== '' && message.includes(said);
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
  return { lines: end - at + 1, error: 'panic', message, behind: '', frames: frames.slice(0, 20) };
}

/** Java, .NET and Node: the last `Caused by` says why. A message may have several lines before its frames. */
function java(lines: readonly string[], at: number): Trace {
  const frames: string[] = [];
  const outer = (lines[at] ?? '').replace(/^(?:Exception in thread "[^"]*" |Uncaught |Unhandled exception[.:] )/i, '');
  let head = outer;
  let end = at;
  for (let i = at + 1; i < Math.min(lines.length, at + 300); i += 1) {
    const line = lines[i] ?? '';
    const inner = innerError.exec(line)?.[1];
    if (inner !== undefined) head = inner.replace(/ \{$/, '');
    else if (isFrame(line)) frames.push(line.trim());
    else if (end === i - 1 && frames.length < 20 && isBeforeFrames(lines, i))
      head = pointsElsewhere.test(line) ? head : `${head} ${line.trim()}`.trim();
    else if (!/^\s+\S|^}/.test(line)) break;
    end = i;
  }
  const match = errorLine.exec(head);
  const message = match?.[2] ?? head;
  const behind = outer.includes(message) || isIn(message, outer) ? '' : outer;
  return { lines: end - at + 1, error: match?.[1] ?? '', message, behind, frames: frames.slice(0, 20) };
}

/** Where to read more: no part of what is wrong. */
const pointsElsewhere = /(?:^|[?:.] ?)\s*https?:\/\/\S+$/;

/** A line of a message of which the frames come within the next lines. */
function isBeforeFrames(lines: readonly string[], at: number): boolean {
  if (/^\s|^}|^$/.test(lines[at] ?? '')) return false;
  const next = lines.slice(at + 1, at + 1 + maxMessageLines).findIndex((line) => isFrame(line));
  return next >= 0 && !lines.slice(at + 1, at + 1 + next).some((line) => line === '' || /^[\d[{]/.test(line));
}

function readOther(lines: readonly string[], at: number, line: string): Trace | null {
  return (
    rust(lines, at, line) ??
    banner(lines, at, line) ??
    ruby(lines, at, line) ??
    php(lines, at, line) ??
    elixir(lines, at, line) ??
    listed(lines, at, line) ??
    thrown(lines, at, line)
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
    behind: '',
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
  return { lines: 1 + (until < 0 ? from + 1 : until), error: '', message, behind: '', frames: [] };
}

/** `file:line:in 'method': message (Class)` and its callers below; the message may have several lines. */
function ruby(lines: readonly string[], at: number, line: string): Trace | null {
  const head = /^(\S+\.rb:\d+):in [`'].*?': ?(.*)$/.exec(line);
  if (!head) return null;
  const own = [head[2] ?? '', ...lines.slice(at + 1, at + 20)];
  const last = own.findIndex((it) => /\([A-Z][\w:]*\)$/.test(it));
  if (last < 0 || own.slice(0, last).some((it) => /^\s+from /.test(it))) return null;
  const match = /^(.*) ?\(([A-Z][\w:]*)\)$/.exec(
    own
      .slice(0, last + 1)
      .map((it) => it.trim())
      .filter((it) => it !== '')
      .join(' '),
  );
  const frames = within(lines, at + 1 + last, (next) => /^\s+(?:\d+: )?from /.test(next));
  return {
    lines: 1 + last + frames.length,
    error: match?.[2] ?? '',
    message: (match?.[1] ?? '').trim(),
    behind: '',
    frames: [head[1] ?? '', ...frames.map((it) => it.trim())].slice(0, 20),
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
    behind: '',
    frames: rest.filter((it) => it.startsWith('#')).slice(0, 20),
  };
}

/** `** (Class) message`, of a script, a release or Mix; of several, each deeper than the one before, the last says why. */
function elixir(lines: readonly string[], at: number, line: string): Trace | null {
  if (!exceptionLine.test(line.trim())) return null;
  const frames = within(lines, at + 1, (next) => /^\s{4,}\S/.test(next));
  const [outer = line, ...deeper] = [line, ...frames].map((it) => it.trim()).filter((it) => exceptionLine.test(it));
  const match = exceptionLine.exec(deeper.at(-1) ?? outer);
  return {
    lines: 1 + frames.length,
    error: match?.[1] ?? '',
    message: match?.[2] ?? '',
    behind: deeper.length === 0 ? '' : (exceptionLine.exec(outer)?.[2] ?? ''),
    frames: frames.map((it) => it.trim()).slice(0, 20),
  };
}

const exceptionLine = /^\*\* \(([\w.]+)\) (.*)$/;

/** `Error: what`, then `Caused by:` and its reasons in indented lines: Rust's anyhow and eyre. */
function listed(lines: readonly string[], at: number, line: string): Trace | null {
  const head = /^Error: (.+)$/.exec(line)?.[1];
  const from = (lines[at + 1] ?? '') === '' ? at + 2 : at + 1;
  if (head === undefined || !/^Caused by:\s*$/.test(lines[from] ?? '')) return null;
  const reasons = within(lines, from + 1, (next) => /^\s+\S/.test(next));
  const told = reasons.map((it) => it.trim().replace(/^\d+: /, ''));
  return {
    lines: from - at + 1 + reasons.length,
    error: '',
    message: [head, ...told].join(': '),
    behind: '',
    frames: [],
  };
}

/** C++: the class in one line, `what()` in the next. */
function thrown(lines: readonly string[], at: number, line: string): Trace | null {
  const error = /^terminate called after throwing an instance of '([^']+)'/.exec(line)?.[1];
  if (error === undefined) return null;
  const what = /^\s+what\(\):\s+(.*)$/.exec(lines[at + 1] ?? '')?.[1];
  return { lines: what === undefined ? 1 : 2, error, message: what ?? '', behind: '', frames: [] };
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
