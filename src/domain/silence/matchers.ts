import { type LinearRegex, linearRegex } from '../../lib/regex/linear-regex.ts';
import { oneLine } from '../../lib/text.ts';
import { errorText } from '../../lib/problem.ts';
import { families, type Matcher, type ObjectRef, type OwnerRef, severities } from '../fault.ts';
import type { FaultEpisode, Incident } from '../records.ts';

/*
 * Matchers in Alertmanager's syntax (prometheus.io/docs/alerting/latest/configuration/#matcher): `cluster=~"prod-.*"`,
 * values with quotes or without, several with commas between them, with or without braces. What a name stands for is
 * `valuesOf`; each name that is none of ours is a label of the cluster.
 */

/** What a fault is asked for. */
export interface MatchedFault
  extends
    Pick<FaultEpisode, 'faultType' | 'severity' | 'family'>,
    Pick<Incident, 'cluster' | 'environment' | 'labels'> {
  readonly resource: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>;
  readonly owner: Pick<OwnerRef, 'kind' | 'namespace' | 'name'>;
}

/** Names that are no labels. */
type FaultName =
  'cluster' | 'environment' | 'namespace' | 'kind' | 'name' | 'owner' | 'fault_type' | 'family' | 'severity';

/** Names whose values are few: another one is a mistake of who wrote it. */
const known = new Map<string, readonly string[]>([
  ['severity', severities],
  ['family', families],
]);

/** Matchers of a silence. */
const maxMatchers = 20;
/** Characters of one text with matchers. */
const maxText = 2000;

const bareName = /[^\s{}!=~,\\"'`]+/y;
const operator = /=~|!~|!=|=/y;
const quoted = /"((?:[^"\\]|\\[^])*)"/y;
const bareValue = /[^\s,{}=!~"'`][^\s,{}"'`]*/y;
const blank = /\s*/y;

/** What a text says, one matcher or several. @throws Error in one sentence, with what to write instead */
export function parseMatchers(text: string): readonly Matcher[] {
  if (text.length > maxText) throw new Error(`it has ${text.length} characters, and ${maxText} are allowed`);
  const trimmed = text.trim();
  const inBraces = trimmed.startsWith('{');
  if (inBraces !== trimmed.endsWith('}')) throw new Error(`${shown(text)} has one brace of two`);
  const list = new Reader(inBraces ? trimmed.slice(1, -1) : trimmed, text);
  const matchers: Matcher[] = [];
  do matchers.push(list.matcher());
  while (list.comma());
  for (const matcher of matchers) compile(matcher);
  return matchers;
}

/** Reads matchers one after the other. */
class Reader {
  readonly #text: string;
  readonly #whole: string;
  #at = 0;

  constructor(text: string, whole: string) {
    this.#text = text;
    this.#whole = whole;
  }

  matcher(): Matcher {
    const name = this.#quoted() ?? this.#take(bareName);
    if (name === null || name === '') throw this.#wrong('has no name before its operator');
    this.#take(blank);
    const sign = this.#take(operator) as Matcher['operator'] | null;
    if (sign === null) throw this.#wrong('has none of =, !=, =~ and !~ after its name');
    this.#take(blank);
    const value = this.#quoted() ?? this.#take(bareValue);
    if (value === null) throw this.#wrong(`has no value after ${name}${sign} (an empty one is "")`);
    this.#take(blank);
    return { name, operator: sign, value: unescaped(value) };
  }

  /** Whether another follows. */
  comma(): boolean {
    if (this.#at >= this.#text.length) return false;
    if (this.#text[this.#at] !== ',')
      throw this.#wrong(
        `has ${shown(this.#text.slice(this.#at))} where it should end: put values with blanks, commas, quotes or braces in quotes`,
      );
    this.#at += 1;
    this.#take(blank);
    return this.#at < this.#text.length;
  }

  #quoted(): string | null {
    this.#take(blank);
    const whole = this.#take(quoted);
    return whole === null ? null : whole.slice(1, -1);
  }

  #take(form: RegExp): string | null {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #wrong(what: string): Error {
    return new Error(`${shown(this.#whole)} ${what}; write for example namespace=dev or cluster=~"prod-.*"`);
  }
}

/** `\"`, `\\` and `\n` are what they say; any other backslash is one, as patterns need it. */
function unescaped(value: string): string {
  return value.replace(/\\(["\\n])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

/** A matcher as it is written, its value in quotes. */
export function matcherText({ name, operator: sign, value }: Matcher): string {
  const plain = new RegExp(`^${bareName.source}$`).test(name) ? name : quote(name);
  return `${plain}${sign}${quote(value)}`;
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/**
 * Why these are no silence, null when they are: as in Alertmanager at least one has to ask for something that is there,
 * so that a forgotten value does not silence everything.
 */
export function matchersMistake(matchers: readonly Matcher[]): string | null {
  if (matchers.length === 0) return 'there is no matcher';
  if (matchers.length > maxMatchers) return `there are ${matchers.length} matchers, and ${maxMatchers} are allowed`;
  const asksForSomething = matchers.some((matcher) => !compile(matcher).fits(''));
  return asksForSomething
    ? null
    : `${matchers.map(matcherText).join(', ')} fits everything: at least one matcher must not fit an empty value`;
}

/** Whether a fault fits all of the matchers, worked out once. @throws Error for a matcher that is none */
export function compileMatchers(matchers: readonly Matcher[]): (fault: MatchedFault) => boolean {
  const tests = matchers.map(compile);
  return (fault) =>
    tests.every(({ name, fits, negative }) => {
      const values = valuesOf(name, fault);
      return negative ? values.every(fits) : values.some(fits);
    });
}

/** Whether a fault of a cluster may fit: what the matchers ask of the cluster's name does, or they ask nothing of it. */
export function mayFitCluster(matchers: readonly Matcher[], cluster: string): boolean {
  try {
    return matchers.filter(({ name }) => name === 'cluster').every((matcher) => compile(matcher).fits(cluster));
  } catch {
    // What cannot be worked out is not left out.
    return true;
  }
}

interface Compiled {
  readonly name: string;
  /** Every value has to fit, not one of them. */
  readonly negative: boolean;
  readonly fits: (value: string) => boolean;
}

function compile(matcher: Matcher): Compiled {
  const { name, operator: sign, value } = matcher;
  const negative = sign === '!=' || sign === '!~';
  const isPattern = sign === '=~' || sign === '!~';
  const anyCase = name === 'kind';
  const of = (text: string): string => (anyCase ? text.toLowerCase() : text);
  if (!isPattern) {
    checkKnown(matcher);
    const wanted = of(value);
    return { name, negative, fits: (given) => (of(given) === wanted) !== negative };
  }
  const regex = patternOf(matcher, anyCase);
  return { name, negative, fits: (given) => regex.matches(given) !== negative };
}

function patternOf(matcher: Matcher, anyCase: boolean): LinearRegex {
  try {
    return linearRegex(anyCase ? `(?i:${matcher.value})` : matcher.value);
  } catch (error) {
    throw new Error(`${shown(matcherText(matcher))}: ${errorText(error)}`, { cause: error });
  }
}

function checkKnown({ name, value }: Matcher): void {
  const values = known.get(name);
  if (values === undefined || value === '' || values.includes(value)) return;
  throw new Error(`${name} is ${shown(value)}, and there is ${values.join(', ')}`);
}

/** What a name stands for: of the owner its name and `Kind/namespace/name` in either case, of all else one value. */
function valuesOf(name: string, fault: MatchedFault): readonly string[] {
  const { resource, owner } = fault;
  switch (name as FaultName) {
    case 'cluster':
      return [fault.cluster];
    case 'environment':
      return [fault.environment ?? ''];
    case 'namespace':
      return [resource.namespace ?? ''];
    case 'kind':
      return [resource.kind];
    case 'name':
      return [resource.name];
    case 'owner':
      return [owner.name, ...[owner.kind, owner.kind.toLowerCase()].map((kind) => placed(kind, owner))];
    case 'fault_type':
      return [fault.faultType];
    case 'family':
      return [fault.family];
    case 'severity':
      return [fault.severity];
    default:
      return [Object.hasOwn(fault.labels, name) ? (fault.labels[name] ?? '') : ''];
  }
}

function placed(kind: string, { namespace, name }: MatchedFault['owner']): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

function shown(text: string): string {
  return `"${oneLine(text, 80)}"`;
}
