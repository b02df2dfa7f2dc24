import { errorText, type ProblemKind } from '../../lib/problem.ts';
import { referenceFile, referenceInvalid, referenceUnset } from '../errors.ts';

/** Where references get their values from. */
export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the file of `${file:…}`; a relative path is relative to the configuration file. @throws Error */
  readFile(path: string): string;
}

interface ReferenceProblem {
  readonly kind: ProblemKind;
  readonly message: string;
  readonly fields: Record<string, string>;
}

/** A scalar after its references were replaced. */
export interface Resolved {
  readonly text: string;
  /** The text for people: values are `<from env X>`. Null when nothing came from outside (escapes, defaults). */
  readonly display: string | null;
  /** True when the scalar was one reference and nothing else: its value may be typed as a YAML scalar. */
  readonly whole: boolean;
  /** Values that must not be logged: from files, and from variables whose name says that they are secret. */
  readonly secrets: readonly string[];
  readonly problems: readonly ReferenceProblem[];
}

const token = /\$\$\{|\$\{([^}]*)(\})?/g;
const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::(-|\?)([\s\S]*))?$/;
const secretName = /key|token|secret|pass|cred|auth/i;

/** Whether a scalar has to go through `resolveReferences`. */
export function hasReference(text: string): boolean {
  return text.includes('${');
}

/**
 * Replaces `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `${file:/path}` in one scalar; `$${` is a literal `${`.
 * What is put in is not looked at again, so a value can neither refer nor add keys.
 */
export function resolveReferences(text: string, sources: ReferenceSources): Resolved {
  const problems: ReferenceProblem[] = [];
  const secrets: string[] = [];
  let references = 0;
  let tainted = false;
  let out = '';
  let display = '';
  let last = 0;
  for (const match of text.matchAll(token)) {
    const literal = text.slice(last, match.index);
    last = match.index + match[0].length;
    out += literal;
    display += literal;
    if (match[0] === '$${') {
      out += '${';
      display += '${';
      continue;
    }
    references += 1;
    const one = resolveOne(match[1] ?? '', match[2] === '}', sources);
    if ('problem' in one) {
      problems.push(one.problem);
      continue;
    }
    out += one.value;
    display += one.display;
    tainted ||= one.display !== one.value;
    if (one.secret) secrets.push(one.value);
  }
  out += text.slice(last);
  display += text.slice(last);
  const whole = references === 1 && /^\$\{[^}]*\}$/.test(text);
  return { text: out, display: tainted ? display : null, whole, secrets, problems };
}

type One = { value: string; display: string; secret: boolean } | { problem: ReferenceProblem };

function resolveOne(body: string, closed: boolean, sources: ReferenceSources): One {
  if (!closed) return failed(referenceInvalid, 'a reference begins with ${ and has no }', {});
  if (body.startsWith('file:')) return resolveFile(body.slice('file:'.length), sources);
  const match = variable.exec(body);
  if (!match || body.includes('${')) {
    return failed(referenceInvalid, `"\${${body.slice(0, 60)}}" is not a reference`, {});
  }
  const [, name = '', operator, argument = ''] = match;
  const value = sources.env[name];
  if (operator === '-') {
    const set = value !== undefined && value !== '';
    return {
      value: set ? value : argument,
      display: set ? `<from env ${name}>` : argument,
      secret: set && secretName.test(name),
    };
  }
  if (operator === '?' && (value === undefined || value === '')) {
    return failed(referenceUnset, `${name} is not set: ${argument || 'it is required'}`, { name });
  }
  if (value === undefined) return failed(referenceUnset, `environment variable ${name} is not set`, { name });
  return { value, display: `<from env ${name}>`, secret: secretName.test(name) };
}

function resolveFile(path: string, sources: ReferenceSources): One {
  if (path === '') return failed(referenceInvalid, '"${file:}" names no file', {});
  try {
    const value = sources.readFile(path).replace(/\r?\n$/, '');
    return { value, display: `<from file ${path}>`, secret: true };
  } catch (error) {
    return failed(referenceFile, `file ${path} cannot be read: ${errorText(error)}`, { name: path });
  }
}

function failed(kind: ProblemKind, message: string, fields: Record<string, string>): One {
  return { problem: { kind, message, fields } };
}

/**
 * A text as YAML 1.2 (core schema, section 10.3.2) reads a plain scalar: null, boolean, number or the text itself.
 * For values from the environment, which must never become more than one value.
 */
export function readScalar(text: string): string | number | boolean | null {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?(?:\d+|\d*\.\d+|\d+\.)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  return text;
}
