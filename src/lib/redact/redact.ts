import { isWorthReading, redactForms, redactSpanning } from './forms.ts';
import { isHarmless, isRandom, isSecretName, isTelling, redactNamed, redactPairs } from './names.ts';
import { parseJson } from '../untrusted/parse-json.ts';

/**
 * Takes secrets out of text; nobody can get them back from what it gives. It is a search: what has no form of a secret
 * (`forms.ts`), stands under no name of one (`names.ts`), matches no pattern of the configuration and was not learned
 * passes. Text is searched
 * - where it comes in: evidence (`analyst/evidence/without-secrets.ts`), the words of faults
 *   (`storage/operations/accept.ts`), what an agent reads and says (`gateway/`, `triage/stages/validate.ts`);
 * - where it goes out of a run: its artifacts (`triage/stages/store.ts`), its row and so its messages (`finish.ts`),
 *   `prompt.md`, requests to models (`gateway/models/`), the log.
 * What the workspace holds of a process on this machine is as that wrote it (SECURITY.md).
 */
export interface Redactor {
  /** The text with `<redacted:RULE>` in place of each secret. */
  text(text: string): string;
  /**
   * A JSON value whose strings are treated so; keys stay. It knows more than text does: the names of keys, and
   * `{name, value}` pairs. Strings of an array that follow each other are lines of one text as well: a secret that goes
   * over several of them is replaced in each. What has nothing to hide is the same object.
   */
  value<T>(value: T): T;
  /** These literals are secret from now on, wherever they stand. Those under eight characters would hit words. */
  learn(secrets: Iterable<string>): void;
  /** Counts what somebody else has replaced. */
  noted(replaced: number): void;
  /** How many were replaced so far. */
  readonly count: number;
}

export interface RedactorOptions {
  /** Regular expressions as text, beside the built-in rules; the whole match is the secret. */
  readonly patterns?: readonly string[];
  readonly secrets?: readonly string[];
}

/**
 * A redactor with the built-in rules. What it finds by its name it also learns, and replaces where it stands alone.
 * @throws SyntaxError on a pattern that is no regular expression
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  return new RuleRedactor(options);
}

const maxDepth = 64;
const minLearned = 8;
/** Beyond it a cluster would teach us words until every text is slow. */
const maxLearned = 2000;
/** The same in letters: the expression of all of them is made anew when one comes. */
const maxLetters = 512 * 1024;

/** Literals beside the large expression. */
const maxYoung = 64;
/** Values that are learned by their names. */
const maxNamed = 500;

/** An expression for literals; a longer one may hold a shorter one, and goes first. */
function anyOf(literals: readonly string[]): RegExp {
  const sorted = [...literals].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((literal) => RegExp.escape(literal)).join('|'), 'g');
}

class RuleRedactor implements Redactor {
  readonly #patterns: readonly RegExp[];
  readonly #learned = new Set<string>();
  #letters = 0;
  #literals: RegExp | null = null;
  #young: string[] = [];
  #youngLiterals: RegExp | null = null;
  /** A literal has several lines. */
  #hasLines = false;
  /** Found by their names; a text could teach without end. */
  #namesFound = 0;
  #count = 0;

  constructor({ patterns = [], secrets = [] }: RedactorOptions) {
    this.#patterns = patterns.map((pattern) => new RegExp(pattern, 'g'));
    this.learn(secrets);
  }

  get count(): number {
    return this.#count;
  }

  noted(replaced: number): void {
    this.#count += replaced;
  }

  text(text: string): string {
    let rest = text;
    for (const literals of [this.#youngLiterals, this.#literals]) {
      if (literals !== null) rest = rest.replace(literals, () => this.#marked('secret'));
    }
    for (const pattern of this.#patterns)
      rest = rest.replace(pattern, (found) => (found === '' ? '' : this.#marked('pattern')));
    if (!isWorthReading(rest)) return rest;
    const formed = redactForms(rest, (rule) => this.#marked(rule));
    return redactPairs(formed, (secret) => this.#named(secret, 'pair'));
  }

  value<T>(value: T): T {
    return this.#walk(value, 0) as T;
  }

  learn(secrets: Iterable<string>): void {
    const fresh: string[] = [];
    for (const secret of secrets) {
      if (secret.length < minLearned || isHarmless(secret)) continue;
      for (const piece of piecesOf(secret)) {
        if (this.#learned.size >= maxLearned || this.#letters >= maxLetters) break;
        if (this.#learned.has(piece)) continue;
        this.#letters += piece.length;
        this.#hasLines ||= piece.includes('\n');
        // Also as it stands inside JSON.
        for (const form of new Set([piece, JSON.stringify(piece).slice(1, -1)])) {
          this.#learned.add(form);
          fresh.push(form);
        }
      }
    }
    if (fresh.length > 0) this.#compile(fresh);
  }

  /**
   * Few new ones are an expression of their own, so that not all of it is made again for each; not where one holds
   * another, because the longer has to go first.
   */
  #compile(fresh: readonly string[]): void {
    this.#young.push(...fresh);
    const overlaps = (known: string): boolean =>
      fresh.some((one) => one !== known && (one.includes(known) || known.includes(one)));
    if (this.#young.length > maxYoung || [...this.#learned].some(overlaps)) {
      this.#literals = anyOf([...this.#learned]);
      this.#young = [];
      this.#youngLiterals = null;
    } else this.#youngLiterals = anyOf(this.#young);
  }

  #marked(rule: string): string {
    this.#count += 1;
    return `<redacted:${rule}>`;
  }

  /** A value whose name says that it is secret. */
  #named(value: string, rule: string): string {
    if (isHarmless(value)) return value;
    if (isTelling(value) && this.#namesFound < maxNamed && !this.#learned.has(value)) {
      this.#namesFound += 1;
      this.learn([value]);
    }
    return this.#marked(rule);
  }

  #walk(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#string(value);
    if (value === null || typeof value !== 'object') return value;
    if (depth > maxDepth) return this.#marked('depth');
    return Array.isArray(value) ? this.#array(value, depth) : this.#object(value as Record<string, unknown>, depth);
  }

  /** A string that is JSON itself (an annotation with an object, a ConfigMap with settings) is walked as well. */
  #string(text: string): string {
    if (/^\s*[[{]/.test(text) && isWorthReading(text)) {
      const parsed = parseJson(text);
      const cleaned = this.#walk(parsed, 1);
      if (cleaned !== parsed) return JSON.stringify(cleaned);
    }
    return this.text(text);
  }

  #array(values: readonly unknown[], depth: number): readonly unknown[] {
    const lines = this.#lines(values);
    const cleaned = lines.map((item, at) => {
      if (typeof item !== 'string') return this.#walk(item, depth + 1);
      const flag = lines[at - 1];
      // An argument that follows its flag.
      const isValue = typeof flag === 'string' && /^--?[\w.-]+$/.test(flag) && !item.startsWith('-');
      return isValue && isSecretName(flag) ? this.#named(item, 'pair') : this.#string(item);
    });
    return cleaned.some((item, at) => item !== values[at]) ? cleaned : values;
  }

  /** An array without what goes over several of its strings. */
  #lines(values: readonly unknown[]): readonly unknown[] {
    const lines: unknown[] = [];
    for (let at = 0; at < values.length;) {
      let end = at;
      while (typeof values[end] === 'string') end += 1;
      const run = values.slice(at, Math.max(end, at + 1));
      lines.push(...(end - at < 2 ? run : this.#run(run as string[])));
      at += run.length;
    }
    return lines;
  }

  /** Each line of a secret is replaced by itself, so that the lines can be given back to their strings. */
  #run(run: readonly string[]): readonly string[] {
    const text = run.join('\n');
    const spanning = this.#spanning(text);
    if (spanning === text) return run;
    const lines = spanning.split('\n');
    let at = 0;
    return run.map((item) => {
      const from = at;
      at += item.split('\n').length;
      return lines.slice(from, at).join('\n');
    });
  }

  #spanning(text: string): string {
    const eachLine = (rule: string, found: string): string => {
      const marked = this.#marked(rule);
      return found
        .split('\n')
        .map((line) => (line === '' ? '' : marked))
        .join('\n');
    };
    const spans = (rule: string) => (found: string) => (found.includes('\n') ? eachLine(rule, found) : found);
    let rest = text;
    for (const literals of this.#hasLines ? [this.#youngLiterals, this.#literals] : []) {
      if (literals !== null) rest = rest.replace(literals, spans('secret'));
    }
    for (const pattern of this.#patterns) rest = rest.replace(pattern, spans('pattern'));
    if (!isWorthReading(rest)) return rest;
    const formed = redactSpanning(rest, (rule, found) => spans(rule)(found));
    return redactNamed(formed, (secret) => this.#named(secret, 'pair'));
  }

  #object(object: Record<string, unknown>, depth: number): Record<string, unknown> {
    const variable = typeof object['name'] === 'string' ? object['name'] : null;
    const entries = Object.entries(object);
    const cleaned = entries.map(([key, value]) => [key, this.#member(key, value, variable, depth)] as const);
    return cleaned.some(([, value], at) => value !== entries[at]?.[1]) ? Object.fromEntries(cleaned) : object;
  }

  #member(key: string, value: unknown, variable: string | null, depth: number): unknown {
    if (typeof value !== 'string') return this.#walk(value, depth + 1);
    if (key === 'value' && variable !== null) {
      if (isSecretName(variable)) return this.#named(value, 'env');
      if (isRandom(variable, value)) return this.#named(value, 'entropy');
    }
    if (/^_?auth$/.test(key) && /^[A-Za-z0-9+/]{8,}={0,2}$/.test(value)) return this.#named(value, 'registry');
    return isSecretName(key) ? this.#named(value, 'pair') : this.#string(value);
  }
}

/** An expression of one literal beyond 32,768 characters is refused by the engine; a character of JSON takes six at most. */
const pieceLength = 4096;

/** A long secret in pieces that are learned one by one, none of them shorter than what may be learned. */
function piecesOf(secret: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < secret.length;) {
    const end = secret.length - at <= pieceLength + minLearned ? secret.length : at + pieceLength;
    pieces.push(secret.slice(at, end));
    at = end;
  }
  return pieces;
}
