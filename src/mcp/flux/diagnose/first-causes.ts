import { timeOf } from '../../../kube/objects.ts';
import { dependenciesOf, type FluxObject, refText } from '../objects/flux-object.ts';
import { isApplier } from '../objects/kinds.ts';
import { stateOf } from '../objects/state.ts';
import { blockersOf, isUsable } from './blockers.ts';
import { isTriedAgain } from './last-failure.ts';
import type { FluxView } from './read-flux.ts';

/** What others wait for and what itself waits for nothing, or for itself. */
export interface FirstCause {
  /** `Kind/namespace/name`; of a ring one of its members. */
  readonly key: string;
  /** Null when it is not there, though something names it. */
  readonly object: FluxObject | null;
  /** The members of a ring of dependencies in their order, each waiting for the next and the last for the first. */
  readonly ring: readonly string[];
  /** Everything that cannot go on before it does, the nearest first; of a ring its members, too. */
  readonly waiting: readonly string[];
  /** The longest way from something that waits to the cause, both included. */
  readonly chain: readonly string[];
}

/** What is new may have no status for so long: a controller looks at it within seconds. */
const newForMs = 5 * 60_000;

/** An object may be in deletion for so long before it counts as stuck. */
const deletionMs = 10 * 60_000;

/** The first causes of all that is not well. */
export function firstCauses(view: FluxView, now: number): FirstCause[] {
  const graph = graphOf(view);
  const causes = new Map<string, Map<string, readonly string[]>>();
  for (const [key, object] of view.objects) {
    if (!isInTrouble(object, now) && !graph.rings.has(key)) continue;
    for (const way of waysToCauses(key, graph)) {
      const end = way.at(-1) ?? key;
      const cause = graph.rings.get(end)?.key ?? end;
      const ways = causes.get(cause) ?? new Map<string, readonly string[]>();
      causes.set(cause, ways);
      // Into a ring there may be several ways; the first is the shortest.
      if (!ways.has(key)) ways.set(key, way);
    }
  }
  return [...causes].map(([key, ways]) => causeOf(key, ways, view, graph));
}

/** Whether an object is not well by itself or through others. What is under way or put off on purpose is not in trouble. */
function isInTrouble(object: FluxObject, now: number): boolean {
  const { metadata, spec } = object;
  if (metadata.deletionTimestamp) return now - (timeOf(metadata.deletionTimestamp) ?? now) > deletionMs;
  if (spec?.suspend === true) return false;
  const isNew = now - (timeOf(metadata.creationTimestamp) ?? now) < newForMs;
  const state = stateOf(object);
  if (state === 'failed' || state === 'stalled' || state === 'blocked' || isTriedAgain(object)) return true;
  return isApplier(object.kind) ? state === 'pending' && !isNew : !isUsable(object) && !isNew;
}

/** Objects that wait for each other, so that none of them ever goes on. */
interface Ring {
  /** The member that stands for all. */
  readonly key: string;
  readonly members: ReadonlySet<string>;
  /** One way round: each waits for the next and the last for the first. */
  readonly round: readonly string[];
}

interface Graph {
  /** By `Kind/namespace/name`: what it waits for. */
  readonly blockers: (key: string) => readonly string[];
  /** By each of their members. */
  readonly rings: ReadonlyMap<string, Ring>;
}

function graphOf(view: FluxView): Graph {
  const known = new Map([...view.objects].map(([key, object]) => [key, blockersOf(object, view)] as const));
  const rings = new Map<string, Ring>();
  // What depends on itself is a ring also while it is ready: the next revision never comes through.
  const edges = new Map(
    [...view.objects].map(([key, object]) => [
      key,
      [...dependenciesOf(object).map(refText), ...(known.get(key) ?? [])],
    ]),
  );
  const next = (key: string): readonly string[] => edges.get(key) ?? [];
  for (const key of view.objects.keys()) {
    if (rings.has(key) || next(key).length === 0) continue;
    const round = roundFrom(key, next);
    if (round.length > 0) addRing(round, rings);
  }
  return { blockers: (key) => known.get(key) ?? [], rings };
}

/** The shortest way round from an object to itself; empty when there is none. */
function roundFrom(start: string, next: (key: string) => readonly string[]): string[] {
  const before = new Map<string, string | null>([[start, null]]);
  // What comes in while the keys are gone through is gone through, too.
  for (const key of before.keys()) {
    for (const one of next(key)) {
      if (one === start) return wayTo(key, before);
      if (!before.has(one)) before.set(one, key);
    }
  }
  return [];
}

/** Rings that share a member are one. */
function addRing(round: readonly string[], rings: Map<string, Ring>): void {
  const touched = round.flatMap((member) => rings.get(member) ?? []);
  const members = new Set([...round, ...touched.flatMap((ring) => [...ring.members])]);
  const [key = ''] = [...members].sort();
  const ring = { key, members, round: touched[0]?.round ?? round };
  for (const member of members) rings.set(member, ring);
}

/** For each first cause of an object the shortest way to it, the object and the cause included. */
function waysToCauses(start: string, { blockers, rings }: Graph): (readonly string[])[] {
  const before = new Map<string, string | null>([[start, null]]);
  const ends: string[] = [];
  for (const key of before.keys()) {
    const ring = rings.get(key);
    const waited = blockers(key);
    if (waited.length === 0 || ring !== undefined) ends.push(key);
    for (const blocker of waited) {
      if (!before.has(blocker) && !ring?.members.has(blocker)) before.set(blocker, key);
    }
  }
  return ends.map((end) => wayTo(end, before));
}

function wayTo(end: string, before: ReadonlyMap<string, string | null>): string[] {
  const way: string[] = [];
  for (let key: string | null = end; key !== null; key = before.get(key) ?? null) way.unshift(key);
  return way;
}

type Ways = ReadonlyMap<string, readonly string[]>;

function causeOf(key: string, ways: Ways, view: FluxView, { rings }: Graph): FirstCause {
  const ring = rings.get(key);
  const outside = [...ways].filter(([start, way]) => way.length > 1 && !ring?.members.has(start));
  const nearestFirst = outside.sort(([a, one], [b, other]) => one.length - other.length || (a < b ? -1 : 1));
  return {
    key,
    object: view.objects.get(key) ?? null,
    ring: ring?.round ?? [],
    // A chart belongs to its release, which waits too.
    waiting: [...(ring?.round ?? []), ...nearestFirst.map(([start]) => start)].filter(
      (start) => !start.startsWith('HelmChart/'),
    ),
    chain: nearestFirst.at(-1)?.[1] ?? [key],
  };
}
