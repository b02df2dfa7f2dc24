import { says } from '../model/lexicon.ts';
import type { LogEntry } from '../model/parse-log.ts';

const signals: Readonly<Record<number, string>> = {
  4: 'SIGILL: an instruction that the CPU does not have',
  6: 'SIGABRT: the program aborted itself',
  7: 'SIGBUS: a memory access that the system could not serve',
  8: 'SIGFPE: an arithmetic error',
  9: 'SIGKILL: it was ended from outside, and is not marked OOMKilled',
  11: 'SIGSEGV: an access to memory that is not its own',
  15: 'SIGTERM: it was asked to end',
};

const others: Readonly<Record<number, string>> = {
  126: 'the command cannot be run',
  127: 'the command was not found',
  128: 'the container could not be started',
};

/** What an exit code says by itself: a signal (128 and its number) or a shell's own code; null when it says nothing. */
export function exitMeaning(code: number | null): string | null {
  return code === null ? null : (signals[code - 128] ?? others[code] ?? null);
}

/** What a log says about the end of its process. */
export interface LogReason {
  readonly line: number;
  /** One line: the class of the error, its message, and the detail and hint lines below it. */
  readonly text: string;
  /** As it stands in the log: what can be quoted. */
  readonly quote: string;
  readonly error: string;
  readonly frames: readonly string[];
  readonly kind: 'trace' | 'fatal' | 'error' | 'shell' | 'last';
}

/** Entries between two errors of one end: more, and the earlier one was got over. */
const calmEntries = 6;
/** Lines that may go on with a reason. */
const detailLines = 5;
/** Entries before a line that only says that there were errors. */
const summaryEntries = 6;

/**
 * The entry that says why the process ended. Of the errors that stand together at the end of the log the first one that
 * gives a reason, a thrown error before a fatal line before a shell's or a program's own error line before other errors;
 * not what only follows from it ("shutting down") and no help text. Else the last line that sounds like an error, else
 * the last line.
 */
export function whyItEnded(entries: readonly LogEntry[]): LogReason | null {
  const told = entries.filter(isTold);
  const bad = lastOnes(told, (it) => severity(it) !== null);
  for (const kind of ['trace', 'fatal', 'shell', 'error'] as const) {
    const entry = firstReason(
      told,
      bad.filter((it) => severity(it) === kind && isOwn(it)),
    );
    if (entry) return reason(told, behindSummary(told, entry), kind);
  }
  const bare = bareReason(told);
  if (bare) return reason(told, behindSummary(told, bare), 'shell');
  const [follow] = bad;
  if (follow) return reason(told, follow, severity(follow) ?? 'error');
  const last = told.findLast((it) => it.message.trim() !== '' && !says.helpText.test(it.message)) ?? told.at(-1);
  return last ? reason(told, last, 'last') : null;
}

/** What a program that runs on says again and again: the newest of its errors. */
export function whatItKeepsSaying(entries: readonly LogEntry[]): LogReason | null {
  const trace = entries.findLast((it) => severity(it) === 'trace');
  const newest = trace ?? entries.findLast((it) => severity(it) === 'fatal') ?? entries.at(-1);
  return newest ? reason(entries, newest, severity(newest) ?? 'last') : null;
}

/** Lines of dashes, stars and signs tell nothing. */
const isTold = ({ message, trace }: LogEntry): boolean => trace || message === '' || /[\p{L}\d]{2}/u.test(message);

function severity(entry: LogEntry): Exclude<LogReason['kind'], 'last'> | null {
  if (entry.trace) return entry.message === '' && entry.error === '' ? null : 'trace';
  if (entry.level === 'fatal') return isRetried(entry.message) ? null : 'fatal';
  if (entry.level === 'none') return says.shellError.test(entry.message) ? 'shell' : null;
  return entry.level === 'error' && !isRetried(entry.message) ? 'error' : null;
}

/** What gives a reason by itself: no help, nothing that only follows from the end. */
const isOwn = (entry: LogEntry): boolean =>
  !says.helpText.test(entry.message) && (entry.trace ? !endsBySignal.test(entry.error) : !isFollowUp(entry.message));

const endsBySignal = /^(?:KeyboardInterrupt|SystemExit|GracefulExit|(?:\w+\.)*CancelledError|context\.Canceled)$/;

/** How a line with a reason may close. */
const closing =
  /[,;.:]?\s*(?:and )?(?:exiting|shutting down|terminating|aborting|stopping|quitting|giving up|gave up|bailing out)[\s.!…]*$/i;
/** Words of an end that stand so late in a line are not what it is about. */
const lateWords = 40;

/** What a line about an end gives as its reason: `terminating in do_boot ({error,…})`, `exited: cannot open …`. */
const toldBehind = /^[^:({[]*[:({[]\s*(\S.{14,})/;

/** What only follows from an end: not a reason with "exiting" behind it, nor a long line that speaks of a shutdown. */
function isFollowUp(message: string): boolean {
  const found = says.followUp.exec(message);
  if (found === null) return false;
  const rest = message.replace(closing, '');
  if (rest !== message && says.bareError.test(rest) && !says.followUp.test(rest)) return false;
  const told = toldBehind.exec(message.slice(found.index))?.[1] ?? '';
  if (says.bareError.test(told) && !says.followUp.test(told)) return false;
  const before = message.slice(0, found.index);
  if (before.length >= lateWords / 2 && /^(?:shut|terminat|abort|stop|exit)/i.test(found[0]))
    return !says.bareError.test(before);
  return found.index < lateWords || message.length < 2 * lateWords;
}

/** Of lines without a level those that sound like an error; words of the system count most, remarks not at all. */
function bareReason(entries: readonly LogEntry[]): LogEntry | null {
  const bare = lastOnes(entries, (it) => it.level === 'none' && sounds(it)).filter(isOwn);
  const strong = bare.find(({ message }) => says.systemError.test(message));
  return strong ?? firstReason(entries, bare);
}

const sounds = ({ message }: LogEntry): boolean =>
  says.bareError.test(message) && !says.helpText.test(message) && !says.remark.test(message) && !isRetried(message);

/** Of the entries that are meant those that stand together at the end. */
function lastOnes(entries: readonly LogEntry[], isMeant: (entry: LogEntry) => boolean): readonly LogEntry[] {
  const found: LogEntry[] = [];
  let calm = 0;
  for (const entry of entries.toReversed()) {
    if (isMeant(entry)) {
      found.push(entry);
      calm = 0;
    } else if (found.length > 0 && (calm += 1) > calmEntries) break;
  }
  return found.reverse();
}

/** One that goes on with details, else the first that gives a reason, or a later one that repeats it with more around it. */
function firstReason(entries: readonly LogEntry[], pool: readonly LogEntry[]): LogEntry | null {
  const detailed = pool.find((it) => says.detailLine.test(entries[entries.indexOf(it) + 1]?.message ?? ''));
  const first = detailed ?? pool.find(givesReason) ?? pool[0];
  if (!first) return null;
  const wrapping = pool.find((it) => it.message.length > first.message.length && it.message.includes(first.message));
  return wrapping ?? first;
}

const givesReason = ({ message, trace }: LogEntry): boolean => trace || /[:=(] ?\S|"|'/.test(message);

/** A line that only sums up ("contains errors", "check the logs"): then the line before it that says which. */
function behindSummary(entries: readonly LogEntry[], entry: LogEntry): LogEntry {
  if (entry.trace || !says.summaryOnly.test(entry.message)) return entry;
  const at = entries.indexOf(entry);
  const before = entries.slice(Math.max(0, at - summaryEntries), at).filter(isOwn);
  return before.find(({ message }) => says.bareError.test(message) || says.directiveUnknown.test(message)) ?? entry;
}

/** An error that the program says it got over. */
export function isRetried(message: string): boolean {
  return says.overcome.test(message);
}

function reason(entries: readonly LogEntry[], entry: LogEntry, kind: LogReason['kind']): LogReason {
  const name = entry.error;
  const head = name === '' ? entry.message : entry.message === '' ? name : `${name}: ${entry.message}`;
  const behind = entry.behind === '' ? [] : [`(chained with ${entry.behind})`];
  const details = detailsAfter(entries, entry);
  return {
    line: entry.line,
    text: [head.trim(), ...behind, ...details].filter((part) => part !== '').join(' '),
    quote: [entry.message, name, ...details].find((part) => part !== '') ?? '',
    error: entry.error,
    frames: entry.frames,
    kind,
  };
}

/** A line that is only a heading or a code: `Error:`, `ERROR`, `Error: P3009`, `[FATAL] ABC-0042`. */
const headingOnly = /^\W*(?:(?:fatal )?error|fatal|failed|failure)?(?:[:\s[\]]*[A-Z]{1,8}[-_]?\d{2,6})?[\]:\s!]*$/i;
/** Lines below a heading that say what it is about. */
const headedLines = 3;

/** What stands below a line that is only a heading: the lines of the next paragraph, without where to read more. */
function headed(entries: readonly LogEntry[], entry: LogEntry): string[] {
  const out: string[] = [];
  const at = entries.indexOf(entry);
  let before = entry;
  for (const next of entries.slice(at + 1, at + 1 + headedLines)) {
    const isParagraph = out.length === 0 ? next.line - entry.line <= headedLines : next.line === before.line + 1;
    const told = withoutHelp(next.message);
    if (next.trace || !isParagraph || told === '' || isFollowUp(told)) break;
    out.push(told);
    before = next;
  }
  return out;
}

const withoutHelp = (message: string): string =>
  message
    .split(/(?<=[.!?])\s+/)
    .filter((sentence) => !says.helpText.test(sentence))
    .join(' ')
    .trim();

/**
 * What the next lines add: DETAIL and HINT of a database, the list after a colon or a banner, lines that are indented, the
 * paragraph below a heading.
 */
function detailsAfter(entries: readonly LogEntry[], entry: LogEntry): string[] {
  const at = entries.indexOf(entry);
  if (!entry.trace && headingOnly.test(entry.message)) return headed(entries, entry);
  const opens = /(?::|\*\*\*)\s*$/.test(entry.message);
  const out: string[] = [];
  for (const next of entries.slice(at + 1, at + 1 + detailLines)) {
    if (!goesOn(entry, next, opens)) break;
    out.push(next.message.trim().replace(/^\[[\w/-]+\] /, ''));
  }
  return out;
}

function goesOn(entry: LogEntry, next: LogEntry, opens: boolean): boolean {
  if (next.trace || next.message.trim() === '') return false;
  if (says.detailLine.test(next.message)) return true;
  // A message of several lines in one line of the log.
  if (next.line === entry.line && !entry.trace) return true;
  const isPlain = next.level === 'none' && !says.helpText.test(next.message);
  return isPlain && !entry.trace && (opens || /^(?: {2,}|\t)\S/.test(next.message));
}
