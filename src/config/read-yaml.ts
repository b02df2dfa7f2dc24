import { type Alias, isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLError, type YAMLMap } from 'yaml';
import { problem } from '../lib/problem.ts';
import { type ConfigPath, ConfigTree, formatPath } from './config-tree.ts';
import { configEmpty, type ConfigProblem, unknownKey, yamlInvalid, yamlTooLarge } from './errors.ts';
import { hasReference, readScalar, type ReferenceSources, resolveReferences } from './files/references.ts';
import { isSecret, isText, shapeAt } from './schema-shape.ts';
import { keyName, maxAliasValues, type Span, spanOf, TooLargeError, YamlSource } from './files/yaml-source.ts';

const maxDepth = 32;

/**
 * Reads the YAML of a configuration into plain data, with references replaced in scalars after parsing, so that a value
 * can never add keys. What is wrong is noted in the tree; at the first YAML error nothing else is.
 */
export function readYaml(file: string, text: string, sources: ReferenceSources): ConfigTree {
  const source = new YamlSource(file, text);
  const tree = new ConfigTree(source);
  const whole = { path: '', origin: file, line: 1, column: 1, excerpt: null };
  const { document } = source;
  const error = document?.errors[0];
  const root: unknown = document?.contents;
  if (document === null) {
    tree.problems.push({ ...whole, ...problem(yamlTooLarge, 'the file is nested too deep') });
  } else if (error) {
    tree.problems.push(yamlProblem(error, source));
  } else if (root === null || (isScalar(root) && (root.value === null || root.value === ''))) {
    tree.problems.push({ ...whole, ...problem(configEmpty, 'the file is empty: at least "clusters" is needed') });
  } else {
    try {
      tree.root = new NodeReader(source, tree, sources).read(root, []);
    } catch (thrown) {
      if (!(thrown instanceof TooLargeError)) throw thrown;
      tree.problems.splice(0, Infinity, { ...whole, ...problem(yamlTooLarge, thrown.message) });
    }
  }
  return tree;
}

/** Turns nodes into plain data. */
class NodeReader {
  readonly #source: YamlSource;
  readonly #tree: ConfigTree;
  readonly #references: ReferenceSources;
  #aliasValues = 0;
  #insideAlias = false;

  constructor(source: YamlSource, tree: ConfigTree, references: ReferenceSources) {
    this.#source = source;
    this.#tree = tree;
    this.#references = references;
  }

  read(node: unknown, path: ConfigPath): unknown {
    if (this.#insideAlias) this.#aliasValues += 1;
    if (this.#aliasValues > maxAliasValues) {
      throw new TooLargeError(`aliases expand the file by more than ${maxAliasValues} values`);
    }
    if (path.length > maxDepth) throw new TooLargeError(`the file is nested more than ${maxDepth} levels deep`);
    if (isAlias(node)) return this.#readAlias(node, path);
    if (isMap(node)) return this.#readMap(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.read(item, [...path, index]));
    return isScalar(node) ? this.#readScalar(node, path) : null;
  }

  #readAlias(node: Alias, path: ConfigPath): unknown {
    const target = this.#source.resolve(node);
    if (target !== undefined) return this.#readExpanded(target, path);
    this.#tree.hide(spanOf(node));
    this.#tree.report(yamlInvalid, path, aliasSentence);
    return unresolved;
  }

  #readExpanded(node: unknown, path: ConfigPath): unknown {
    const outer = this.#insideAlias;
    this.#insideAlias = true;
    const value = this.read(node, path);
    this.#insideAlias = outer;
    return value;
  }

  #readMap(map: YAMLMap, path: ConfigPath): Record<string, unknown> {
    const read: [string, unknown][] = [];
    for (const { key, value, merged } of this.#source.entries(map)) {
      const name = keyName(key);
      if (name === null) {
        this.#tree.report(unknownKey, path, 'a key must be a plain text');
        continue;
      }
      if (isScalar(key) && typeof key.value === 'symbol') {
        this.#tree.report(yamlInvalid, [...path, name], '"<<" takes an alias of a mapping, or a list of them', {
          at: 'key',
        });
        continue;
      }
      const child = [...path, name];
      const one = merged ? this.#readExpanded(value, child) : value === null ? null : this.read(value, child);
      // Null and an empty text are the same as not set.
      if (one !== null && one !== '') read.push([name, one]);
      else if (one === null && !merged) this.#noteComment(key, child);
    }
    // Unlike assignment this makes a key named __proto__ an ordinary one.
    return Object.fromEntries(read);
  }

  /** Notes that a value was taken for a comment: the key looks set and is not. */
  #noteComment(key: unknown, path: ConfigPath): void {
    const swallowed = this.#source.swallowedValue(spanOf(key));
    if (swallowed === null) return;
    const hidden = shapeAt(path) === null || isSecret(path);
    if (hidden) this.#tree.hide(swallowed.span);
    this.#tree.noteComment(path, hidden ? '#…' : swallowed.text);
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
    const resolved = resolveReferences(value, this.#references);
    for (const { kind, message, fields } of resolved.problems) {
      this.#tree.report(kind, path, `${formatPath(path)}: ${message}`, { fields });
    }
    if (resolved.display !== null) this.#tree.setDisplay(path, resolved.display);
    for (const secret of resolved.secrets) this.#tree.secrets.add(secret);
    // A value that failed counts as not set; the problem is noted already.
    if (resolved.problems.length > 0) return unresolved;
    const typed = resolved.whole && node.type === 'PLAIN' && !isText(shape);
    return typed ? readScalar(resolved.text) : resolved.text;
  }
}

/** Stands for a value whose reference failed, so that it is not reported a second time as missing or wrong. */
export const unresolved = Symbol('unresolved reference');

function isPlainReference(text: string): boolean {
  return /^\$\{[^}]*\}$/.test(text);
}

/** The sentence for a YAML error. The parser's own can hold text of the file, which can be a secret. */
const sentences: Readonly<Record<string, string>> = {
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_SCALAR_START: 'a value cannot begin with this character; quote it',
  BLOCK_AS_IMPLICIT_KEY: 'a value with ": " in it must be quoted, or a key stands at the wrong indentation',
  BLOCK_IN_FLOW: 'a block cannot stand inside { } or [ ]',
  DUPLICATE_KEY: 'the key stands here a second time',
  MISSING_CHAR: 'a quote, bracket, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and be followed by ": "',
  MULTIPLE_DOCS: 'the file holds more than one document (---)',
  RESOURCE_EXHAUSTION: 'the file is nested too deep',
  TAB_AS_INDENT: 'a tab indents this line; YAML takes only spaces',
  UNEXPECTED_TOKEN: 'this cannot stand here',
};

const secretKey =
  /(?:key|token|secret|pass|cred|auth|cookie|webhook|connection_string|(?<![\w-])headers|(?<![\w-])env)[\w-]*["']?\s*:\s*/gi;

const aliasSentence = 'a value that begins with * refers to an anchor that does not exist; quote it when it is a text';

/** The first YAML error as a problem, with the hint to quote when an unquoted reference is what broke it. */
function yamlProblem(error: YAMLError, source: YamlSource): ConfigProblem {
  const start = Math.min(error.pos[0], Math.max(0, source.text.length - 1));
  const span = { start, end: Math.max(error.pos[1], start + 1) };
  const place = source.position(start);
  const reference = unquotedReference(source, place.line);
  const comment = firstOn(source, place.line, /[:,[{]\s+(#[\w-]+)/);
  const base = problem(yamlInvalid, sentences[error.code] ?? 'this is not valid YAML');
  const commentFix = comment === null ? base.fix : `quote what begins with #, or it is a comment: "${comment}"`;
  const fix = reference === null ? commentFix : `quote the reference: "${reference}"`;
  const excerpt = source.excerpt(span, secretsNear(source, place.line));
  return { ...base, fix, path: '', origin: source.file, ...place, excerpt };
}

/** A reference without quotes on the line or the one above, which YAML reads as a mapping inside { } and [ ]. */
function unquotedReference(source: YamlSource, line: number): string | null {
  const reference = firstOn(source, line, /^[^#]*?(\$\{[^}\s]*\}?)/);
  return reference === null || reference.endsWith('}') ? reference : `${reference}}`;
}

/** What a pattern captures on the line or the one above, outside of quotes: an error shows where the next thing begins. */
function firstOn(source: YamlSource, line: number, pattern: RegExp): string | null {
  const near = [line, line - 1].filter((number) => number >= 1);
  const found = near.map((number) => pattern.exec(unquoted(source.line(number)))?.[1]);
  return found.find((text) => text !== undefined) ?? null;
}

function unquoted(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '');
}

/** Broken YAML has no paths, so what follows a key with a secret-sounding name is hidden, and all under headers or env. */
function secretsNear(source: YamlSource, line: number): Span[] {
  const text = source.line(line);
  const start = source.lineStart(line);
  const end = start + text.length;
  if (insideSecretBlock(source, line)) return [{ start: start + Math.max(0, text.indexOf(':') + 1), end }];
  const first = [...text.matchAll(secretKey)].find(
    (match) => !text.slice(match.index + match[0].length).startsWith('${'),
  );
  return first ? [{ start: start + first.index + first[0].length, end }] : [];
}

function insideSecretBlock(source: YamlSource, line: number): boolean {
  const indent = indentOf(source.line(line));
  for (let above = line - 1; above >= 1; above -= 1) {
    const text = source.line(above);
    if (text.trim() === '' || indentOf(text) >= indent) continue;
    return /^\s*(?:-\s+)?(?:headers|env|\w*(?:key|token|secret|pass)\w*)\s*:/i.test(text);
  }
  return /^\s*(?:-\s+)?(?:headers|env)\s*:\s*\{/.test(source.line(line));
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}
