import type { FaultEpisode, Incident } from '../records.ts';

/** A page of the people who run a cluster: what to look at, and what helps, for incidents of a kind. */
export interface Runbook {
  /** Absolute path of its file. */
  readonly path: string;
  readonly title: string;
  /** Each list: one of its words must fit, `*` for any characters; an empty list asks for nothing. */
  readonly match: RunbookMatch;
  /** Markdown without its front matter. */
  readonly text: string;
}

export interface RunbookMatch {
  readonly faultTypes: readonly string[];
  readonly kinds: readonly string[];
  readonly namespaces: readonly string[];
  readonly clusters: readonly string[];
  /** Every label must fit. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

/** So many are shown and given to an agent. */
const maxMatches = 5;

/** The runbooks that fit an incident, those that ask for most first; at most five. Pure. */
export function matchRunbooks(
  runbooks: readonly Runbook[],
  incident: Pick<Incident, 'cluster' | 'labels' | 'owner' | 'resource'>,
  faults: readonly Pick<FaultEpisode, 'faultType' | 'resource' | 'owner'>[],
): readonly Runbook[] {
  const objects = [incident.owner, incident.resource, ...faults.flatMap(({ resource, owner }) => [resource, owner])];
  const known: readonly [keyof Omit<RunbookMatch, 'labels'>, readonly string[]][] = [
    ['faultTypes', faults.map(({ faultType }) => faultType)],
    ['kinds', objects.map(({ kind }) => kind)],
    ['namespaces', objects.flatMap(({ namespace }) => (namespace === null ? [] : [namespace]))],
    ['clusters', [incident.cluster]],
  ];
  const fits = ({ match }: Runbook): boolean =>
    known.every(([key, values]) => match[key].length === 0 || anyFits(match[key], values)) &&
    Object.entries(match.labels).every(
      ([name, words]) => Object.hasOwn(incident.labels, name) && anyFits(words, [incident.labels[name] ?? '']),
    );
  return runbooks
    .filter(fits)
    .toSorted((a, b) => asksFor(b) - asksFor(a) || (a.path < b.path ? -1 : 1))
    .slice(0, maxMatches);
}

function anyFits(words: readonly string[], values: readonly string[]): boolean {
  return words.some((word) => values.some((value) => wordFits(word.toLowerCase(), value.toLowerCase())));
}

/** `*` stands for any characters. Without an expression: its time grows with the length of both alone. */
function wordFits(word: string, value: string): boolean {
  const [first = '', ...rest] = word.split('*');
  if (rest.length === 0) return word === value;
  if (!value.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return value.length - at >= last.length && value.endsWith(last);
}

function asksFor({ match: { labels, ...lists } }: Runbook): number {
  return Object.values(lists).filter((words) => words.length > 0).length + Object.keys(labels).length;
}
