/**
 * A problem that a person can have: one stable code, one sentence, one fix. Codes are `NC-AREA-NNN`, never used twice.
 * Each folder lists its own in `errors.ts`; docs/errors.md is generated from them.
 */
export interface ProblemKind {
  readonly code: string;
  readonly title: string;
  /** What to do, one sentence or command; may hold `{name}` placeholders that are filled from the fields. */
  readonly fix: string;
  /** What it means and how it comes about, for the documentation page. */
  readonly about: string;
  /** A warning leaves everything working; without it the problem is an error. */
  readonly severity?: 'warning';
  /** A running daemon shows it only when it has stood for so long, ms: what mends itself sooner is nobody's work. 0 without it. */
  readonly visibleAfterMs?: number;
}

/** Whether a value, such as one that a module exports, is a kind of problem. */
export function isProblemKind(value: unknown): value is ProblemKind {
  if (typeof value !== 'object' || value === null) return false;
  return ['code', 'title', 'fix', 'about'].every((key) => typeof (value as Record<string, unknown>)[key] === 'string');
}

/** The kinds in an export of a module: it is one, or a record that has some. */
export function kindsIn(value: unknown): ProblemKind[] {
  if (isProblemKind(value)) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).filter(isProblemKind) : [];
}

/** Where the documentation says what a code means and what to do. */
export function docsOf(code: string): string {
  return `docs/errors.md#${code.toLowerCase()}`;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** An error with a code. Subclass only where the caller reacts differently. */
export class ProblemError extends Error {
  readonly code: string;
  readonly fix: string;

  constructor(kind: ProblemKind, message: string, options: { cause?: unknown; fields?: Record<string, string> } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ProblemError';
    this.code = kind.code;
    this.fix = fill(kind.fix, options.fields ?? {});
  }

  toProblem(): Problem {
    return { code: this.code, message: this.message, fix: this.fix };
  }
}

/** The problem as data, with the placeholders of its fix filled. */
export function problem(kind: ProblemKind, message: string, fields: Record<string, string> = {}): Problem {
  return { code: kind.code, message, fix: fill(kind.fix, fields) };
}

function fill(text: string, fields: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => fields[name] ?? whole);
}

/** What lies behind an error, as of `fetch`, which says only that it failed; else the error itself. */
export function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

/** The text of anything that was thrown, one line. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim();
}
