import { type Problem, problem, type ProblemKind } from '../lib/problem.ts';
import { truncate } from '../lib/text.ts';
import { type ConfigProblem, valueIsComment } from './errors.ts';
import { isSecret } from './schema-shape.ts';
import type { Span, YamlSource } from './files/yaml-source.ts';

export type ConfigPath = readonly (string | number)[];

/**
 * The values of a configuration before they are checked, and for each where it came from: for errors with a place, and
 * so that no value that came through a reference is ever shown.
 */
export class ConfigTree {
  /** Plain data; keys that are null or empty are left out. */
  root: unknown = {};
  readonly source: YamlSource | null;
  readonly secrets = new Set<string>();
  readonly problems: ConfigProblem[] = [];
  readonly warnings: ConfigProblem[] = [];
  /** Texts that stand for values of references: `<from env X>`. */
  readonly #displays = new Map<string, string>();
  /** What else than the file set a value: an environment variable, a flag. */
  readonly #overrides = new Map<string, string>();
  readonly #hidden: Span[] = [];
  /** Texts that YAML took for comments, where a value was meant. */
  readonly #comments = new Map<string, string>();

  constructor(source: YamlSource | null) {
    this.source = source;
  }

  display(path: ConfigPath): string | null {
    return this.#displays.get(pathKey(path)) ?? null;
  }

  setDisplay(path: ConfigPath, text: string): void {
    this.#displays.set(pathKey(path), text);
  }

  /** Notes that an environment variable or a flag set the value: what was wrong with the file's does not matter then. */
  override(path: ConfigPath, name: string): void {
    this.#displays.delete(pathKey(path));
    this.#overrides.set(pathKey(path), name);
    const formatted = formatPath(path);
    const kept = this.problems.filter((problem) => problem.path !== formatted);
    this.problems.splice(0, this.problems.length, ...kept);
  }

  /** Whether the value stands in the file as it is: neither a reference nor set from elsewhere. */
  isInline(path: ConfigPath): boolean {
    const overridden = path.some((_, index) => this.#overrides.has(pathKey(path.slice(0, index + 1))));
    return !overridden && this.display(path) === null && (this.source?.locate(path) ?? null) !== null;
  }

  /** Text of the file that no excerpt may show. */
  hide(span: Span): void {
    this.#hidden.push(span);
  }

  /** Notes that what was written as a value is a comment: a warning, and part of what else is said of the path. */
  noteComment(path: ConfigPath, text: string): void {
    this.#comments.set(pathKey(path), text);
    this.warn(valueIsComment, path, `${formatPath(path)} is not set`, { at: 'key' });
  }

  /** Notes a problem at the value of a path, at its key, or where its nearest parent stands. */
  report(kind: ProblemKind, path: ConfigPath, message: string, options: ReportOptions = {}): void {
    this.problems.push(this.#place(kind, path, message, options));
  }

  warn(kind: ProblemKind, path: ConfigPath, message: string, options: ReportOptions = {}): void {
    const placed = this.#place(kind, path, message, options);
    // What is about no key stands nowhere in the file.
    this.warnings.push(path.length > 0 ? placed : { ...placed, line: null, column: null, excerpt: null });
  }

  /** What was found at a path, for a message: quoted, cut, and never a secret. */
  found(path: ConfigPath): string {
    const display = this.display(path);
    if (display !== null) return display;
    const value = valueAt(this.root, path);
    if (isSecret(path)) return '<secret>';
    if (Array.isArray(value)) return 'a list';
    if (typeof value === 'object' && value !== null) return 'a mapping';
    return typeof value === 'string' ? JSON.stringify(truncate(hideCredentials(value), 80)) : String(value);
  }

  /** Where the value of a path stands, for a message about another place: `east.yaml:3:11`. */
  placeOf(path: ConfigPath): string {
    const origin = this.#nearestOrigin(path, 'value');
    if (typeof origin === 'string') return origin;
    if (origin === null || this.source === null) return this.source?.file ?? 'the configuration';
    const { line, column } = this.source.position(origin.start);
    return `${this.source.file}:${line}:${column}`;
  }

  #place(kind: ProblemKind, path: ConfigPath, message: string, options: ReportOptions): ConfigProblem {
    const base = { ...this.#explained(problem(kind, message, options.fields), path), path: formatPath(path) };
    const origin = this.#nearestOrigin(path, options.at ?? 'value');
    const unplaced = { line: null, column: null, excerpt: null };
    if (typeof origin === 'string') return { ...base, origin, ...unplaced };
    if (origin === null || this.source === null) {
      return { ...base, origin: this.source?.file ?? 'configuration', ...unplaced };
    }
    const excerpt = this.source.excerpt(origin, this.#hidden);
    return { ...base, origin: this.source.file, ...this.source.position(origin.start), excerpt };
  }

  #explained(found: Problem, path: ConfigPath): Problem {
    const comment = this.#comments.get(pathKey(path));
    if (comment === undefined) return found;
    const message = `${found.message}: YAML takes ${comment} for a comment`;
    return { ...found, message, fix: `put it in quotes: ${path.at(-1)}: ${JSON.stringify(comment)}` };
  }

  /**
   * Where the path stands in the file, or what else set it; when it was never written, the same of the nearest path
   * above it: there a key is missing.
   */
  #nearestOrigin(path: ConfigPath, at: 'key' | 'value'): Span | string | null {
    for (let length = path.length; length >= 0; length -= 1) {
      const above = path.slice(0, length);
      const override = this.#overrides.get(pathKey(above));
      if (override !== undefined) return override;
      const place = this.source?.locate(above) ?? null;
      if (place === null) continue;
      if (at === 'key') return place.key ?? place.value;
      return length === path.length ? place.value : (place.key ?? firstChar(place.value));
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

/** A key for maps: unlike the formatted path it is the same for no two paths. */
function pathKey(path: ConfigPath): string {
  return JSON.stringify(path);
}

function firstChar(span: Span): Span {
  return { start: span.start, end: span.start + 1 };
}

/** `['clusters', 0, 'mcp']` → `clusters[0].mcp`; the whole file is `the file`. */
export function formatPath(path: ConfigPath): string {
  let out = '';
  for (const part of path) {
    if (typeof part === 'number') out += `[${part}]`;
    else out += out === '' ? part : `.${part}`;
  }
  return out === '' ? 'the file' : out;
}

/** What stands at a path of plain data, undefined when nothing does. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** The text at a place; null when there is none. */
export function textAt(tree: ConfigTree, path: ConfigPath): string | null {
  const value = valueAt(tree.root, path);
  return typeof value === 'string' ? value : null;
}
