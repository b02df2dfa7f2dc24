import type { ProblemKind } from '../lib/problem.ts';
import type { ConfigProblem } from './config-error.ts';
import { type ConfigPath, formatPath, pathKey, valueAt } from './config-path.ts';
import { isSecret } from './schema-shape.ts';
import type { SourceText, Span } from './source-text.ts';
import { problem } from '../lib/problem.ts';
import { truncate } from '../lib/text.ts';

/** Where a value was written. */
export type Origin =
  | { readonly kind: 'file'; readonly key: Span | null; readonly value: Span }
  | { readonly kind: 'other'; readonly name: string };

/**
 * The values of a configuration before they are checked, and for each where it came from: for errors with a place, and
 * so that no value that came through a reference is ever shown.
 */
export class ConfigTree {
  /** Plain data; keys that are null or empty are left out. */
  root: unknown = {};
  readonly source: SourceText | null;
  /** Texts that stand for values of references: `<from env X>`. By path key. */
  readonly displays = new Map<string, string>();
  readonly secrets = new Set<string>();
  readonly problems: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];
  readonly #origins = new Map<string, Origin>();
  readonly #hidden: Span[] = [];

  constructor(source: SourceText | null) {
    this.source = source;
  }

  setOrigin(path: ConfigPath, origin: Origin): void {
    this.#origins.set(pathKey(path), origin);
  }

  origin(path: ConfigPath): Origin | null {
    return this.#origins.get(pathKey(path)) ?? null;
  }

  /** Notes that an environment variable or a flag set the value: what was wrong with the file's does not matter then. */
  override(path: ConfigPath, name: string): void {
    this.displays.delete(pathKey(path));
    this.setOrigin(path, { kind: 'other', name });
    const formatted = formatPath(path);
    const kept = this.problems.filter((problem) => problem.path !== formatted);
    this.problems.splice(0, this.problems.length, ...kept);
  }

  /** Text of the file that no excerpt may show. */
  hide(span: Span): void {
    this.#hidden.push(span);
  }

  /** Notes a problem at the value of a path, at its key, or where its nearest parent stands. */
  report(kind: ProblemKind, path: ConfigPath, message: string, options: ReportOptions = {}): void {
    this.problems.push(this.#place(kind, path, message, options));
  }

  warn(kind: ProblemKind, path: ConfigPath, message: string, options: ReportOptions = {}): void {
    this.warnings.push(this.#place(kind, path, message, options));
  }

  /** What was found at a path, for a message: quoted, cut, and never a secret. */
  found(path: ConfigPath): string {
    const display = this.displays.get(pathKey(path));
    if (display !== undefined) return display;
    const value = valueAt(this.root, path);
    if (isSecret(path)) return '<secret>';
    if (Array.isArray(value)) return 'a list';
    if (typeof value === 'object' && value !== null) return 'a mapping';
    return typeof value === 'string' ? JSON.stringify(truncate(hideCredentials(value), 80)) : String(value);
  }

  #place(kind: ProblemKind, path: ConfigPath, message: string, options: ReportOptions): ConfigProblem {
    const base = { ...problem(kind, message, options.fields), path: formatPath(path) };
    const origin = this.#nearestOrigin(path, options.at ?? 'value');
    if (origin === null || origin.kind === 'other' || this.source === null) {
      const name = origin?.kind === 'other' ? origin.name : (this.source?.file ?? 'configuration');
      return { ...base, origin: name, line: null, column: null, excerpt: null };
    }
    const span = options.at === 'key' ? (origin.key ?? origin.value) : origin.value;
    const excerpt = this.source.excerpt(span, this.#hidden);
    return { ...base, origin: this.source.file, ...this.source.position(span.start), excerpt };
  }

  /** The origin of the path or, when it was never written, of the nearest one above it: there a key is missing. */
  #nearestOrigin(path: ConfigPath, at: 'key' | 'value'): Origin | null {
    for (let length = path.length; length >= 0; length -= 1) {
      const origin = this.#origins.get(pathKey(path.slice(0, length)));
      if (origin === undefined) continue;
      if (length === path.length || origin.kind === 'other' || at === 'key') return origin;
      return { ...origin, value: origin.key ?? firstChar(origin.value) };
    }
    return null;
  }
}

export interface ReportOptions {
  /** Which of the two the caret marks; the value by default. */
  readonly at?: 'key' | 'value';
  readonly fields?: Record<string, string>;
}

/** An address without its user and password. */
export function hideCredentials(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1***@');
}

function firstChar(span: Span): Span {
  return { start: span.start, end: span.start + 1 };
}
