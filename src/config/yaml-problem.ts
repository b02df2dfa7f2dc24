import type { YAMLError } from 'yaml';
import { problem } from '../lib/problem.ts';
import type { ConfigProblem } from './config-error.ts';
import { yamlInvalid } from './errors.ts';
import type { SourceText, Span } from './source-text.ts';

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

export const aliasSentence =
  'a value that begins with * refers to an anchor that does not exist; quote it when it is a text';

/** The first YAML error as a problem, with the hint to quote when an unquoted reference is what broke it. */
export function yamlProblem(error: YAMLError, source: SourceText): ConfigProblem {
  const start = Math.min(error.pos[0], Math.max(0, source.text.length - 1));
  const span = { start, end: Math.max(error.pos[1], start + 1) };
  const place = source.position(start);
  const reference = unquotedReference(source, place.line);
  const base = problem(yamlInvalid, sentences[error.code] ?? 'this is not valid YAML');
  const fix = reference === null ? base.fix : `quote the reference: "${reference}"`;
  const excerpt = source.excerpt(span, secretsNear(source, place.line));
  return { ...base, fix, path: '', origin: source.file, ...place, excerpt };
}

/** A reference without quotes on the line or the one above, which YAML reads as a mapping inside { } and [ ]. */
function unquotedReference(source: SourceText, line: number): string | null {
  for (const number of [line, line - 1]) {
    if (number < 1) continue;
    const bare = source.line(number).replace(/"(?:[^"\\]|\\.)*"|'[^']*'|#.*$/g, '');
    const reference = /\$\{[^}\s]*\}?/.exec(bare)?.[0];
    if (reference !== undefined) return reference.endsWith('}') ? reference : `${reference}}`;
  }
  return null;
}

/** Broken YAML has no paths, so what follows a key with a secret-sounding name is hidden, and all under headers or env. */
function secretsNear(source: SourceText, line: number): Span[] {
  const text = source.line(line);
  const start = source.text.length === 0 ? 0 : lineStart(source, line);
  const end = start + text.length;
  if (insideSecretBlock(source, line)) return [{ start: start + Math.max(0, text.indexOf(':') + 1), end }];
  const first = [...text.matchAll(secretKey)].find(
    (match) => !text.slice(match.index + match[0].length).startsWith('${'),
  );
  return first ? [{ start: start + first.index + first[0].length, end }] : [];
}

function insideSecretBlock(source: SourceText, line: number): boolean {
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

function lineStart(source: SourceText, line: number): number {
  let at = 0;
  for (let number = 1; number < line; number += 1) at = source.text.indexOf('\n', at) + 1;
  return at;
}
