import type { ObjectRef } from '../../domain/fault.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import { detect } from '../../kube/detect/detect.ts';
import { isRecent } from '../../kube/detect/event-time.ts';
import { kindsToRead } from '../../kube/kinds.ts';
import { guessOwner } from '../../kube/owner.ts';
import type { Row } from '../../kube/read/tool-list.ts';
import type { ListWork, KindList } from './lists.ts';
import type { SweepMemory } from './memory.ts';
import {
  isSuspectRow,
  parseAge,
  parsePair,
  podlessJobs,
  printOfRow,
  rankOfRow,
  serviceOfSlice,
  suspectServices,
} from './rows.ts';
import { type SweepView, placeKey } from './view.ts';

export type Place = Omit<ObjectRef, 'uid'>;

export interface ReadPlan extends Pick<ListWork, 'limits' | 'now' | 'isOver'> {
  readonly memory: Pick<SweepMemory, 'turns' | 'looks'>;
}

/** What is read together, because one without the other would be misunderstood. */
export interface Suspect {
  readonly places: readonly Place[];
  /** The one of them that it is about. */
  readonly place: Place;
  /** Of the memory of looks. */
  readonly key: string;
  /** What its row says: while that is the same there is nothing new to expect. */
  readonly print: string;
  /** Whoever takes turns by key. */
  readonly line?: string;
  /** 0: looks as if there were a fault now; more: less telling. */
  readonly rank: number;
}

/**
 * What to read, most important first: active faults, nodes, workloads, claims, the first pods of each owner, Services, other pods. Active faults have
 * half of the reads at first, those that were looked at longest ago first: many of them must neither hide what is new
 * nor each other. `waiting`: what was looked at before and is as it was. It comes last, but when its turn is overdue
 * (what changes is looked at again and again) it has a quarter of the reads.
 */
export function chooseReads(
  view: SweepView,
  active: readonly FaultEpisode[],
  plan: ReadPlan,
): { readonly wanted: readonly Suspect[]; readonly waiting: ReadonlySet<Suspect> } {
  const { looks, turns } = plan.memory;
  const { maxReads, maxReadsPerOwner, maxEndedReads, nodesInTurn } = plan.limits;
  const list = (kind: string): KindList | undefined => view.lists.kinds.get(kind);
  const services = serviceReads(list, active);
  const jobs = failedJobs(list('Job'));
  const known = knownReads(view, active, plan, [...services, ...jobs]);
  const half = Math.ceil(maxReads / 2);
  const isKnown = new Set(known.map(({ place }) => keyOf(place)));
  const rows = (kind: string): Suspect[] => rowSuspects(list(kind)).filter(({ place }) => !view.isFull(place));
  const pods = rows('Pod').filter(({ place }) => !isKnown.has(keyOf(place)));
  const others = kindsToRead
    .filter(({ kind }) => kind !== 'Pod')
    .flatMap(({ kind }) => (kind === 'Job' ? [...jobs, ...podless(list)] : rows(kind)));
  const more = [...involvedInEvents(view, plan.now), ...services];
  const inTurn = ['Node', 'Ingress'].flatMap((kind) => {
    const all = (list(kind)?.rows ?? []).map((row) => suspectOf('turn', list(kind), row));
    // Rows of nodes do not show pressure, those of Ingresses not where they send requests to.
    const order = turns.order(`turn ${kind}`, all, ({ key }) => key);
    return order.slice(0, nodesInTurn).map((one) => ({ ...one, line: `turn ${kind}` }));
  });
  const isNew = ({ key, print }: Suspect): boolean => looks.isNew(key, print);
  const spreadPods = spread(byRank(pods.filter(isNew), looks), maxReadsPerOwner);
  const first = [...others.filter(isNew), ...spreadPods.first, ...more.filter(isNew), ...inTurn];
  const old = [...others, ...pods, ...more].filter((one) => !isNew(one));
  const byAge = old.toSorted((a, b) => looks.lookedAt(a.key) - looks.lookedAt(b.key));
  const waiting = [
    ...byAge.filter(({ rank }) => rank !== 1),
    ...byAge.filter(({ rank }) => rank === 1).slice(0, maxEndedReads),
  ];
  const main = [...known.slice(0, half), ...first, ...known.slice(half), ...spreadPods.rest];
  const overdue = byAge.filter(({ key }) => looks.since(key) > 2 * (main.length + old.length));
  const reserve = overdue.slice(0, Math.ceil(maxReads / 4));
  const room = Math.max(0, maxReads - reserve.length);
  const wanted = eachOnce([...main.slice(0, room), ...reserve, ...main.slice(room), ...waiting]);
  return { wanted, waiting: new Set(old) };
}

/** Without those that ask for nothing that is not asked for before them. */
function eachOnce(suspects: readonly Suspect[]): Suspect[] {
  const places = new Set<string>();
  return suspects.filter((suspect) => {
    const keys = suspect.places.map(keyOf).filter((key) => !places.has(key));
    for (const key of keys) places.add(key);
    return keys.length > 0;
  });
}

/** Active faults that no full object of a list shows: each needs a read of its own object, to stand or to be gone. */
function knownReads(
  view: SweepView,
  active: readonly FaultEpisode[],
  { memory }: ReadPlan,
  together: readonly Suspect[],
): Suspect[] {
  const placesOf = new Map(together.map(({ place, places }) => [keyOf(place), places]));
  const found = new Map<string, { suspect: Suspect; sweptAt: number }>();
  for (const episode of active) {
    if (view.read(episode.resource) !== 'unknown' || showsFault(episode, view)) continue;
    const { apiVersion, kind, namespace, name } = episode.resource;
    const key = `known ${placeKey(kind, namespace, name)}`;
    const place = { apiVersion, kind, namespace, name };
    const places = placesOf.get(keyOf(place)) ?? [place, ...scheduleOf(episode)];
    const suspect = { place, places, key, print: '', rank: 0 };
    const sweptAt = Math.min(episode.lastSweepAt ?? 0, found.get(key)?.sweptAt ?? Number.POSITIVE_INFINITY);
    found.set(key, { suspect, sweptAt });
  }
  const lookedAt = ({ key }: Suspect): number => memory.looks.lookedAt(key);
  return [...found.values()]
    .toSorted((a, b) => lookedAt(a.suspect) - lookedAt(b.suspect) || a.sweptAt - b.sweptAt)
    .map(({ suspect }) => suspect);
}

/** The CronJob of a failed Job: when the Job is gone it tells whether a later one succeeded. */
function scheduleOf({ resource, owner }: FaultEpisode): Place[] {
  if (resource.kind !== 'Job' || owner.kind !== 'CronJob') return [];
  return [{ apiVersion: 'batch/v1', kind: 'CronJob', namespace: owner.namespace, name: owner.name }];
}

/** Whether a full object of a list shows the fault still: then nothing of it needs to be read. */
function showsFault(episode: FaultEpisode, view: SweepView): boolean {
  const seen = view.seen(episode.resource);
  if (seen === 'gone' || seen === 'unknown') return false;
  return detect(seen, view.context(seen)).some(
    (found) => found.type === episode.faultType && found.container === episode.container,
  );
}

function keyOf({ kind, namespace, name }: Place): string {
  return placeKey(kind, namespace, name);
}

function placeOf(list: KindList | undefined, row: Row): Place {
  const namespace = list?.namespaced === true ? row.namespace : null;
  return { apiVersion: list?.apiVersion ?? 'v1', kind: list?.kind ?? '', namespace, name: row.name };
}

function suspectOf(why: string, list: KindList | undefined, row: Row, with_: readonly [KindList, Row][] = []): Suspect {
  const place = placeOf(list, row);
  return {
    place,
    places: [place, ...with_.map(([other, one]) => placeOf(other, one))],
    key: `${why} ${keyOf(place)}`,
    print: [row, ...with_.map(([, one]) => one)].map(printOfRow).join('\n'),
    rank: rankOfRow(place.kind, row),
  };
}

function rowSuspects(list: KindList | undefined): Suspect[] {
  const rows = (list?.rows ?? []).filter((row) => isSuspectRow(list?.kind ?? '', row));
  return rows.map((row) => suspectOf('row', list, row));
}

/** The most telling first, then those that were never looked at, then those that were looked at longest ago. */
function byRank(suspects: readonly Suspect[], looks: SweepMemory['looks']): Suspect[] {
  return suspects.toSorted((a, b) => a.rank - b.rank || looks.lookedAt(a.key) - looks.lookedAt(b.key));
}

/** The first few pods of each owner, then the others: one large Deployment must not use up the reads. */
function spread(pods: readonly Suspect[], perOwner: number): { first: Suspect[]; rest: Suspect[] } {
  const counts = new Map<string, number>();
  const first: Suspect[] = [];
  const rest: Suspect[] = [];
  for (const pod of pods) {
    const { kind, name } = guessOwner(pod.place).owner;
    const key = placeKey(kind, pod.place.namespace, name);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    (count <= perOwner ? first : rest).push(pod);
  }
  return { first, rest };
}

/** Kinds whose detectors ask for the events of an object that its row does not tell of. */
const toldByEvents = new Set(['StatefulSet', 'DaemonSet', 'Job', 'PersistentVolumeClaim']);

/** Objects that recent warning events are about: what an event means depends on its object. Rows tell enough of pods. */
function involvedInEvents(view: SweepView, now: number): Suspect[] {
  const podRows = (view.lists.kinds.get('Pod')?.rows ?? []).length > 0;
  const found = new Map<string, Suspect>();
  for (const event of view.events()) {
    const about = event.involvedObject;
    if (!about?.kind || !about.name || !about.apiVersion || !isRecent(event, now)) continue;
    if (about.kind === 'Pod' && podRows) continue;
    if (!toldByEvents.has(about.kind) && detect(event, { now }).length === 0) continue;
    const { apiVersion, kind, name } = about;
    const place = { apiVersion, kind, name, namespace: about.namespace ?? null };
    if (view.seen({ ...place, uid: null }) !== 'unknown') continue;
    const key = `event ${keyOf(place)}`;
    const print = `${found.get(key)?.print ?? ''}${event.reason} ${event.count ?? event.series?.count ?? 1}\n`;
    found.set(key, { place, places: [place], key, print, rank: 0 });
  }
  // The order in which events come says nothing.
  return [...found.values()].map((one) => ({ ...one, print: one.print.split('\n').toSorted().join('\n') }));
}

/** Each failed Job, one of a CronJob with the newest Job after it that says Complete: then it has recovered. */
function failedJobs(list: KindList | undefined): Suspect[] {
  const rows = list?.rows ?? [];
  const ownerOf = (row: Row): string => placeKey('Job', row.namespace, guessOwner({ ...row, kind: 'Job' }).owner.name);
  const failed = rows.filter((row) => isSuspectRow('Job', row));
  const owners = new Set(failed.map(ownerOf));
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const owner = ownerOf(row);
    if (row.columns['status'] !== 'Complete' || !owners.has(owner)) continue;
    const age = parseAge(row.columns['age']) ?? Number.POSITIVE_INFINITY;
    if (age < (parseAge(newest.get(owner)?.columns['age']) ?? Number.POSITIVE_INFINITY)) newest.set(owner, row);
  }
  return failed.map((row) => {
    const later = newest.get(ownerOf(row));
    return suspectOf('row', list, row, list && later ? [[list, later]] : []);
  });
}

/**
 * Services that look empty or had a fault, each with its slices, and StatefulSets without replicas, whose rows show no
 * selector.
 */
function serviceReads(list: (kind: string) => KindList | undefined, active: readonly FaultEpisode[]): Suspect[] {
  const [services, slices, sets] = [list('Service'), list('EndpointSlice'), list('StatefulSet')];
  if (slices?.read !== true) return [];
  const slicesOf = Map.groupBy(slices.rows, (row) => `${row.namespace}/${serviceOfSlice(row)}`);
  const scaledDown = (sets?.rows ?? []).filter(({ columns }) => parsePair(columns['ready'])?.[1] === 0);
  const setsOf = Map.groupBy(scaledDown, ({ namespace }) => namespace);
  const had = new Set(active.map(({ resource }) => keyOf(resource)));
  const known = (services?.rows ?? []).filter((row) => had.has(keyOf(placeOf(services, row))));
  return [...new Set([...suspectServices(services?.rows ?? [], slices.rows), ...known])].map((row) => {
    const suspect = suspectOf('service', services, row, [
      ...(sets ? (setsOf.get(row.namespace) ?? []).map((one): [KindList, Row] => [sets, one]) : []),
      ...(slicesOf.get(`${row.namespace}/${row.name}`) ?? []).map((one): [KindList, Row] => [slices, one]),
    ]);
    // The Service comes last: without what belongs to it it would look empty.
    return { ...suspect, places: [...suspect.places.slice(1), ...suspect.places.slice(0, 1)] };
  });
}

function podless(list: (kind: string) => KindList | undefined): Suspect[] {
  const [jobs, pods] = [list('Job'), list('Pod')];
  if (pods?.read !== true) return [];
  return podlessJobs(jobs?.rows ?? [], pods.rows).map((row) => suspectOf('podless', jobs, row));
}
