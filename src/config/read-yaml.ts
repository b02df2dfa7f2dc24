import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type Scalar,
} from 'yaml';
import { problem } from '../lib/problem.ts';
import { type ConfigPath, formatPath, pathKey } from './config-path.ts';
import { ConfigTree } from './config-tree.ts';
import { configEmpty, unknownKey, yamlInvalid, yamlTooLarge } from './errors.ts';
import { hasReference, type ReferenceSources, resolveReferences } from './references.ts';
import { readScalar } from './scalar.ts';
import { isSecret, isText, shapeAt } from './schema-shape.ts';
import { SourceText, type Span } from './source-text.ts';
import { aliasSentence, yamlProblem } from './yaml-problem.ts';

/** Values that come out of aliases; an alias bomb has more. The rest is bounded by the size of the file. */
const maxAliasValues = 50_000;
const maxDepth = 32;

/**
 * Reads the YAML of a configuration into plain data, with references replaced in scalars after parsing, so that a value
 * can never add keys. What is wrong is noted in the tree; at the first YAML error nothing else is.
 */
export function readYaml(file: string, text: string, sources: ReferenceSources): ConfigTree {
  const source = new SourceText(file, text);
  const tree = new ConfigTree(source);
  const document = parse(text, source, tree);
  if (document === null) return tree;
  const root: unknown = document.contents;
  if (root === null || (isScalar(root) && (root.value === null || root.value === ''))) {
    tree.problems.push({
      ...whole(source),
      ...problem(configEmpty, 'the file is empty: at least "clusters" is needed'),
    });
    return tree;
  }
  const reader = new NodeReader(document, tree, sources);
  try {
    tree.root = reader.read(root, []);
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    tree.root = {};
    tree.problems.length = 0;
    tree.problems.push({ ...whole(source), ...problem(yamlTooLarge, error.message) });
  }
  return tree;
}

class TooLargeError extends Error {}

function whole(source: SourceText) {
  return { path: '', origin: source.file, line: 1, column: 1, excerpt: null };
}

function parse(text: string, source: SourceText, tree: ConfigTree): Document.Parsed | null {
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { prettyErrors: false, lineCounter: new LineCounter(), logLevel: 'error' });
  } catch {
    // Thousands of nested brackets overflow the parser's stack.
    tree.problems.push({ ...whole(source), ...problem(yamlTooLarge, 'the file is nested too deep') });
    return null;
  }
  const error = document.errors[0];
  if (error) tree.problems.push(yamlProblem(error, source));
  return error ? null : document;
}

/** Turns nodes into plain data and notes where each was written. */
class NodeReader {
  readonly #document: Document.Parsed;
  readonly #tree: ConfigTree;
  readonly #sources: ReferenceSources;
  #aliasValues = 0;
  #insideAlias = false;

  constructor(document: Document.Parsed, tree: ConfigTree, sources: ReferenceSources) {
    this.#document = document;
    this.#tree = tree;
    this.#sources = sources;
  }

  read(node: unknown, path: ConfigPath): unknown {
    if (this.#insideAlias) this.#aliasValues += 1;
    if (this.#aliasValues > maxAliasValues) {
      throw new TooLargeError(`aliases expand the file by more than ${maxAliasValues} values`);
    }
    if (path.length > maxDepth) throw new TooLargeError(`the file is nested more than ${maxDepth} levels deep`);
    if (isAlias(node)) return this.#readAlias(node, path);
    if (this.#tree.origin(path) === null) this.#note(path, null, spanOf(node));
    if (isMap(node)) return this.#readMap(node.items, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#readItem(item, [...path, index]));
    return isScalar(node) ? this.#readScalar(node, path) : null;
  }

  #readAlias(node: Alias, path: ConfigPath): unknown {
    const target = node.resolve(this.#document);
    if (target === undefined) {
      const span = spanOf(node);
      this.#note(path, null, span);
      this.#tree.hide(span);
      this.#tree.report(yamlInvalid, path, aliasSentence);
      return unresolved;
    }
    const outer = this.#insideAlias;
    this.#insideAlias = true;
    const value = this.read(target, path);
    this.#insideAlias = outer;
    return value;
  }

  #readItem(node: unknown, path: ConfigPath): unknown {
    this.#note(path, null, spanOf(node));
    return this.read(node, path);
  }

  #readMap(items: readonly { key: unknown; value: unknown }[], path: ConfigPath): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const { key, value } of items) {
      if (!isScalar(key)) {
        this.#tree.report(unknownKey, path, 'a key must be a plain text');
        continue;
      }
      const name = String(key.value);
      const child = [...path, name];
      const keySpan = spanOf(key);
      this.#note(child, keySpan, value === null ? keySpan : spanOf(value, keySpan));
      const read = value === null ? null : this.read(value, child);
      // Null and an empty text are the same as not set.
      if (read !== null && read !== '') entries.push([name, read]);
    }
    // Unlike assignment this makes a key named __proto__ an ordinary one.
    return Object.fromEntries(entries);
  }

  #readScalar(node: Scalar, path: ConfigPath): unknown {
    const { value } = node;
    const literal = typeof value !== 'string' || !hasReference(value);
    const shape = shapeAt(path);
    if (value !== null && (literal || !isPlainReference(value)) && (shape === null || isSecret(path))) {
      // Secrets, and what stands under unknown keys: a misspelled api_key is still one.
      this.#tree.hide(spanOf(node));
    }
    if (literal) return value;
    const resolved = resolveReferences(value, this.#sources);
    for (const { kind, message, fields } of resolved.problems) {
      this.#tree.report(kind, path, `${formatPath(path)}: ${message}`, { fields });
    }
    if (resolved.display !== null) this.#tree.displays.set(pathKey(path), resolved.display);
    for (const secret of resolved.secrets) this.#tree.secrets.add(secret);
    // A value that failed counts as not set; the problem is noted already.
    if (resolved.problems.length > 0) return unresolved;
    const typed = resolved.whole && node.type === 'PLAIN' && !isText(shape);
    return typed ? readScalar(resolved.text) : resolved.text;
  }

  #note(path: ConfigPath, key: Span | null, value: Span): void {
    this.#tree.setOrigin(path, { kind: 'file', key, value });
  }
}

/** Stands for a value whose reference failed, so that it is not reported a second time as missing or wrong. */
export const unresolved = Symbol('unresolved reference');

function isPlainReference(text: string): boolean {
  return /^\$\{[^}]*\}$/.test(text);
}

function spanOf(node: unknown, fallback: Span = { start: 0, end: 1 }): Span {
  const range = (node as Partial<ParsedNode> | null)?.range;
  return range ? { start: range[0], end: Math.max(range[1], range[0] + 1) } : fallback;
}
