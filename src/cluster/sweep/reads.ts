import type { ObjectRef } from '../../domain/fault.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import { plural } from '../../lib/text.ts';
import { ReadError } from '../../kube/cluster-reader.ts';
import { detect } from '../../kube/detect/detect.ts';
import { isRecent } from '../../kube/detect/event-time.ts';
import type { McpReader } from '../../kube/read/mcp-reader.ts';
import { guessOwner } from '../../kube/owner.ts';
import type { Row } from '../../kube/read/tool-list.ts';
import type { SweepLimits } from './limits.ts';
import type { KindList } from './lists.ts';
import { parseAge, parsePair } from './rows.ts';
import { isSuspectRow, podlessJobs, suspectServices } from './suspects.ts';
import { type SweepView, placeKey } from './view.ts';

type Place = Omit<ObjectRef, 'uid'>;

export interface ReadPlan {
  readonly limits: SweepLimits;
  readonly now: number;
  /** Counts up over the sweeps of a cluster: which healthy-looking nodes have their turn. */
  readonly turn: number;
}

/** A read that fails so often in a row means that the server is gone. */
const maxSilentReads = 3;

/**
 * Reads what the lists do not show in full and a detector or a standing fault needs, at most `maxReads` objects. Gives
 * a warning for what could not be read.
 */
export async function readSuspects(
  reader: McpReader,
  view: SweepView,
  standing: readonly FaultEpisode[],
  plan: ReadPlan,
  signal: AbortSignal,
): Promise<string[]> {
  const wanted = chooseReads(view, standing, plan);
  const warnings: string[] = [];
  let silent = 0;
  for (const place of wanted.slice(0, plan.limits.maxReads)) {
    signal.throwIfAborted();
    try {
      const object = await reader.get(place.apiVersion, place.kind, place.namespace, place.name, signal);
      if (object) view.addRead(object);
      else view.addGone(place);
      silent = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ReadError)) throw error;
      warnings.push(`${placeKey(place.kind, place.namespace, place.name)} could not be read: ${error.message}`);
      silent = error.failure === 'unreachable' || error.failure === 'timeout' ? silent + 1 : 0;
      if (silent >= maxSilentReads) return [...warnings, 'the other suspects were not read: no answer'];
    }
  }
  const left = wanted.length - plan.limits.maxReads;
  return left > 0
    ? [...warnings, `${plural(left, 'suspect')} not read, over the limit of ${plan.limits.maxReads}`]
    : warnings;
}

/**
 * What to read, most important first, each once: standing faults, nodes, workloads, claims, Services, pods. Standing
 * faults have half of the reads at first, those that were looked at longest ago first: many of them must neither hide
 * what is new nor each other.
 */
export function chooseReads(view: SweepView, standing: readonly FaultEpisode[], plan: ReadPlan): Place[] {
  const list = (kind: string): KindList | undefined => view.lists.kinds.get(kind);
  const suspects = (kind: string): Place[] =>
    (list(kind)?.rows ?? []).filter((row) => isSuspectRow(kind, row)).map((row) => placeOf(list(kind), row));
  const chosen = new Map<string, Place>();
  const add = (places: readonly Place[]): void => addKnown(places.filter((place) => !view.isFull(place)));
  const addKnown = (places: readonly Place[]): void => {
    for (const place of places) {
      const key = placeKey(place.kind, place.namespace, place.name);
      if (!chosen.has(key)) chosen.set(key, place);
    }
  };
  const known = standing
    .toSorted((a, b) => (a.lastSweepAt ?? 0) - (b.lastSweepAt ?? 0))
    .filter((episode) => !showsFault(episode, view))
    .map((episode) => episode.resource);
  const half = Math.ceil(plan.limits.maxReads / 2);
  addKnown(known.slice(0, half));
  add(suspects('Node'));
  for (const kind of suspectKinds) add(suspects(kind));
  add(laterJobs(list('Job')));
  add(jobsWithoutPods(list));
  const isKnown = new Set(known.map((ref) => placeKey(ref.kind, ref.namespace, ref.name)));
  const unknown = suspects('Pod').filter((pod) => !isKnown.has(placeKey('Pod', pod.namespace, pod.name)));
  const pods = spread(unknown, plan.limits.maxReadsPerOwner);
  add(pods.first);
  add(involvedInEvents(view, plan.now));
  add(serviceReads(list));
  add(inTurn(list('Node'), plan.turn, plan.limits.nodesInTurn));
  // Their rows do not tell where they send requests to.
  add(inTurn(list('Ingress'), plan.turn, plan.limits.nodesInTurn));
  addKnown(known.slice(half));
  add(pods.rest);
  return [...chosen.values()];
}

/** Whether a full object of a list shows the fault still: then nothing of it needs to be read. */
function showsFault(episode: FaultEpisode, view: SweepView): boolean {
  const seen = view.seen(episode.resource);
  if (seen === 'gone' || seen === 'unknown') return false;
  return detect(seen, view.context(seen)).some(
    (found) => found.type === episode.faultType && found.container === episode.container,
  );
}

/** Kinds of which a row can look wrong, most important first; nodes come before and pods after them. */
const suspectKinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'PersistentVolumeClaim',
  'HorizontalPodAutoscaler',
  'Namespace',
];

function placeOf(list: KindList | undefined, row: Row): Place {
  const namespace = list?.namespaced === true ? row.namespace : null;
  return { apiVersion: list?.apiVersion ?? 'v1', kind: list?.kind ?? '', namespace, name: row.name };
}

/** The first few pods of each owner, then the others: one large Deployment must not use up the reads. */
function spread(pods: readonly Place[], perOwner: number): { first: Place[]; rest: Place[] } {
  const counts = new Map<string, number>();
  const first: Place[] = [];
  const rest: Place[] = [];
  for (const pod of pods) {
    const { kind, name } = guessOwner(pod).owner;
    const key = placeKey(kind, pod.namespace, name);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    (count <= perOwner ? first : rest).push(pod);
  }
  return { first, rest };
}

/** Kinds whose detectors ask for the events of an object that its row does not tell of. */
const toldByEvents = new Set(['StatefulSet', 'DaemonSet', 'Job', 'PersistentVolumeClaim']);

/** Objects that recent warning events are about: what an event means depends on its object. Rows tell enough of pods. */
function involvedInEvents(view: SweepView, now: number): Place[] {
  const podRows = (view.lists.kinds.get('Pod')?.rows ?? []).length > 0;
  return view.events().flatMap((event) => {
    const about = event.involvedObject;
    if (!about?.kind || !about.name || !about.apiVersion || !isRecent(event, now)) return [];
    if (about.kind === 'Pod' && podRows) return [];
    if (!toldByEvents.has(about.kind) && detect(event, { now }).length === 0) return [];
    const place = {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name: about.name,
      namespace: about.namespace ?? null,
    };
    return view.seen({ ...place, uid: null }) === 'unknown' ? [place] : [];
  });
}

/** For each failed Job of a CronJob: the Jobs after it that say Complete, which may mean that it has recovered. */
function laterJobs(list: KindList | undefined): Place[] {
  const rows = list?.rows ?? [];
  const ownerOf = (row: Row): string => placeKey('Job', row.namespace, guessOwner({ ...row, kind: 'Job' }).owner.name);
  const failed = new Set(rows.filter((row) => isSuspectRow('Job', row)).map(ownerOf));
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const owner = ownerOf(row);
    if (row.columns['status'] !== 'Complete' || !failed.has(owner)) continue;
    const age = parseAge(row.columns['age']) ?? Number.POSITIVE_INFINITY;
    if (age < (parseAge(newest.get(owner)?.columns['age']) ?? Number.POSITIVE_INFINITY)) newest.set(owner, row);
  }
  return [...newest.values()].map((row) => placeOf(list, row));
}

/** Services that look empty, their slices, and StatefulSets without replicas, whose rows do not show what they select. */
function serviceReads(list: (kind: string) => KindList | undefined): Place[] {
  const slices = list('EndpointSlice');
  if (slices?.read !== true) return [];
  const empty = suspectServices(list('Service')?.rows ?? [], slices.rows);
  const namespaces = new Set(empty.map((row) => row.namespace));
  const names = new Set(empty.map((row) => `${row.namespace}/${row.name}`));
  const ofService = slices.rows.filter((row) => {
    const service = /kubernetes\.io\/service-name=([^,]+)/.exec(row.columns['labels'] ?? '')?.[1];
    return service !== undefined && names.has(`${row.namespace}/${service}`);
  });
  const scaledDown = (list('StatefulSet')?.rows ?? []).filter(
    (row) => namespaces.has(row.namespace) && parsePair(row.columns['ready'])?.[1] === 0,
  );
  return [
    ...scaledDown.map((row) => placeOf(list('StatefulSet'), row)),
    ...ofService.map((row) => placeOf(slices, row)),
    ...empty.map((row) => placeOf(list('Service'), row)),
  ];
}

function jobsWithoutPods(list: (kind: string) => KindList | undefined): Place[] {
  const [jobs, pods] = [list('Job'), list('Pod')];
  return pods?.read === true ? podlessJobs(jobs?.rows ?? [], pods.rows).map((row) => placeOf(jobs, row)) : [];
}

function inTurn(list: KindList | undefined, turn: number, count: number): Place[] {
  const rows = list?.rows ?? [];
  const start = rows.length === 0 ? 0 : turn % rows.length;
  return [...rows.slice(start), ...rows.slice(0, start)].slice(0, count).map((row) => placeOf(list, row));
}
