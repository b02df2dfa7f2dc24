import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { printable } from '../../lib/text.ts';

/** Keys and indexes from the root to a value. */
type Keys = readonly (string | number)[];

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One key of a mapping with its value, written there or merged into it by `<<`. */
interface Entry {
  readonly key: unknown;
  readonly value: unknown;
  readonly merged: boolean;
}

/** Where a value was written; `key` is null for the entries of a list and for the whole file. */
export interface Place {
  readonly key: Span | null;
  readonly value: Span;
}

/** What expands a file without end. The message says it for a person. */
export class TooLargeError extends Error {}

/** Values that come out of aliases and merges; an alias bomb has more. The rest is bounded by the size of the file. */
export const maxAliasValues = 50_000;
const maxExcerpt = 140;

/** A configuration file: its text and its YAML document, for values, places and excerpts. Offsets are UTF-16 units. */
export class YamlSource {
  readonly file: string;
  readonly text: string;
  /** Null when the text is nested too deep to be parsed. */
  readonly document: Document.Parsed | null;
  readonly #lines = new LineCounter();
  readonly #entries = new Map<YAMLMap, readonly Entry[]>();
  #merged = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.document = parse(text, this.#lines);
  }

  /** Line and column of an offset, both from 1. */
  position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /** A line's text without its end, lines from 1. */
  line(number: number): string {
    const end = this.#lines.lineStarts[number] ?? this.text.length + 1;
    return this.text.slice(this.lineStart(number), end - 1).replace(/\r$/, '');
  }

  /** The offset at which a line begins, lines from 1. */
  lineStart(number: number): number {
    return this.#lines.lineStarts[number - 1] ?? this.text.length;
  }

  /**
   * A text that was meant as the value of a key and is a comment, because `#` stands before it: `channel: #incidents`. A
   * comment of people has a space after its `#`. Null when there is none; `key` is the span of the key.
   */
  swallowedValue(key: Span): { readonly text: string; readonly span: Span } | null {
    const { line } = this.position(key.start);
    const rest = this.line(line).slice(key.end - this.lineStart(line));
    const found = /^\s*:\s+(#[^\s#].*)$/.exec(rest)?.[1]?.trimEnd();
    if (found === undefined) return null;
    const start = key.end + rest.indexOf(found);
    return { text: found, span: { start, end: start + found.length } };
  }

  /** The line of a span with a caret under it. What `hidden` covers is shown as asterisks. */
  excerpt(span: Span, hidden: readonly Span[]): string {
    const { line, column } = this.position(span.start);
    const whole = hide(this.line(line), this.lineStart(line), hidden);
    const from = column > maxExcerpt ? column - 40 : 0;
    const shown = printable(whole.slice(from, from + maxExcerpt)).replaceAll('\t', ' ');
    const before = ' '.repeat(Math.max(0, column - 1 - from));
    const width = Math.max(1, Math.min(span.end - span.start, shown.length - before.length));
    const gutter = ' '.repeat(String(line).length);
    return `  ${line} | ${shown}\n  ${gutter} | ${before}${'^'.repeat(width)}`;
  }

  /**
   * Where the value of a path was written, null when the file does not have it. Unlike the document's `getIn` it looks
   * through aliases and merges: what came through one stands at its anchor.
   */
  locate(path: Keys): Place | null {
    let node: unknown = this.document?.contents;
    let place: Place = { key: null, value: spanOf(node) };
    for (const part of path) {
      const container = this.resolve(node);
      if (isSeq(container) && typeof part === 'number') {
        if (part >= container.items.length) return null;
        node = container.items[part];
        place = { key: null, value: spanOf(node) };
        continue;
      }
      const entry = isMap(container) ? this.entries(container).findLast(({ key }) => keyName(key) === part) : undefined;
      if (entry === undefined) return null;
      node = entry.value;
      const key = spanOf(entry.key);
      place = { key, value: spanOf(node, key) };
    }
    return place;
  }

  /** What an alias stands for, undefined when there is no such anchor; any other node as it is. */
  resolve(node: unknown): unknown {
    return isAlias(node) && this.document !== null ? node.resolve(this.document) : node;
  }

  /**
   * The entries of a mapping. What `<<` brings comes first, so that the mapping's own keys win; of several merged
   * mappings the first one wins (https://yaml.org/type/merge.html). A `<<` that merges nothing stays an entry.
   * @throws TooLargeError
   */
  entries(map: YAMLMap): readonly Entry[] {
    const known = this.#entries.get(map);
    if (known !== undefined) return known;
    // Also the answer to a mapping that merges itself.
    this.#entries.set(map, []);
    const own: Entry[] = [];
    const merged = new Map<unknown, Entry>();
    for (const { key, value } of map.items) {
      const sources = isScalar(key) && typeof key.value === 'symbol' ? this.#mergeSources(value) : null;
      if (sources === null) own.push({ key, value, merged: false });
      for (const entry of (sources ?? []).flatMap((source) => this.entries(source))) {
        this.#merged += 1;
        if (this.#merged > maxAliasValues) {
          throw new TooLargeError(`merges expand the file by more than ${maxAliasValues} values`);
        }
        const name = keyName(entry.key) ?? entry.key;
        if (!merged.has(name)) merged.set(name, { ...entry, merged: true });
      }
    }
    const names = new Set<unknown>(own.map(({ key }) => keyName(key) ?? key));
    const entries = [...[...merged].filter(([name]) => !names.has(name)).map(([, entry]) => entry), ...own];
    this.#entries.set(map, entries);
    return entries;
  }

  /** The mappings that a `<<` names, null when it names anything else. */
  #mergeSources(value: unknown): YAMLMap[] | null {
    const target = this.resolve(value);
    const sources = isSeq(target) ? target.items.map((item) => this.resolve(item)) : [target];
    return sources.every((source) => isMap(source)) ? sources : null;
  }
}

/** The place of a node; of a value that is not there, that of its key. */
export function spanOf(node: unknown, fallback: Span = { start: 0, end: 1 }): Span {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  const [start, end] = range ?? [];
  return start === undefined || end === undefined ? fallback : { start, end: Math.max(end, start + 1) };
}

/** The name of a key, null when it is no plain one. */
export function keyName(key: unknown): string | null {
  if (!isScalar<string | number | symbol>(key)) return null;
  // The parser gives the key of a merge as a symbol.
  return typeof key.value === 'symbol' ? '<<' : String(key.value);
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed | null {
  try {
    return parseDocument(text, { prettyErrors: false, merge: true, lineCounter, logLevel: 'error' });
  } catch {
    // Thousands of nested brackets overflow the parser's stack.
    return null;
  }
}

function hide(line: string, lineStart: number, hidden: readonly Span[]): string {
  let out = line;
  for (const { start, end } of hidden) {
    const from = Math.max(0, start - lineStart);
    const to = Math.min(line.length, end - lineStart);
    if (from < to) out = out.slice(0, from) + '*'.repeat(to - from) + out.slice(to);
  }
  // Same length, so that the caret stays below its place.
  return out.replace(
    /(:\/\/)([^/\s@]+)@/g,
    (_, slashes: string, login: string) => `${slashes}${'*'.repeat(login.length)}@`,
  );
}
