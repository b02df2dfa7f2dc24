import type { Entity, EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { age } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import { isBad } from '../custom/state.ts';
import { entityKey, entityOf, entityText } from '../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, listAt, textAt, timeAt } from '../model/fields.ts';
import type { Focus } from '../model/focus.ts';
import { hostsIn, pathsIn, quotedIn } from '../model/names-in-text.ts';
import { containersOf, type Workload } from '../model/workload.ts';
import { objectsAround } from './around.ts';
import { reasonRef, type Trouble } from '../signals/trouble.ts';

/** Something near an incident that says of itself that it is not well: a Warning, a condition, a wait, a log's last error. */
export interface Sign {
  readonly about: Entity;
  /** `FailedMount, 12 times`, `Ready is False (NotReady)`. */
  readonly what: string;
  readonly message: string;
  /** When it was last seen, ms since the epoch. */
  readonly at: number | null;
  /** `12m` before the newest time of the evidence; empty when it is not known. */
  readonly age: string;
  readonly ref: EvidenceRef | null;
  /** Objects, hosts and files that the message names. */
  readonly pointsAt: readonly string[];
}

interface Seen {
  readonly graph: EvidenceGraph;
  readonly workloads: readonly Workload[];
  readonly troubles: readonly Trouble[];
}

const maxSigns = 8;
const maxMessage = 400;

/**
 * What stands around an incident and says that something is wrong, the newest first, at most 8. What only restates that a pod
 * is not well is told where nothing else is.
 */
export function standingSigns(seen: Seen, focus: Focus): readonly Sign[] {
  const objects = objectsAround(seen.graph, seen.workloads, focus);
  const own = seen.troubles.filter((trouble) => focus.workloads.includes(trouble.workload));
  const raws = [
    ...objects.flatMap((object) => [
      ...warnings(seen.graph, object),
      ...badConditions(seen.graph, object),
      ...(object.kind === 'Pod' ? waits(seen.graph, object) : []),
      ...deletion(seen.graph, object),
    ]),
    ...own.flatMap((trouble) => logReason(seen.graph, trouble) ?? []),
  ];
  const sorted = raws.toSorted((a, b) => Number(isSymptom(a)) - Number(isSymptom(b)) || (b.at ?? 0) - (a.at ?? 0));
  const telling = sorted.filter((raw) => !isSymptom(raw));
  return onceEach(telling.length > 0 ? telling : sorted)
    .slice(0, maxSigns)
    .map((raw) => sign(seen.graph, raw));
}

/** The same message about two objects of a kind is said once. */
function onceEach(raws: readonly Raw[]): readonly Raw[] {
  const said = new Set<string>();
  return raws.filter(({ about, what, message }) => {
    const key = `${about.kind} ${message === '' ? `${about.metadata.name} ${what}` : withoutNames(message)}`;
    if (said.has(key)) return false;
    said.add(key);
    return true;
  });
}

/** One line for people: who, what, how old, the message, and what it points at. */
export function signText(sign: Sign): string {
  const when = sign.age === '' ? '' : `, ${sign.age} ago`;
  const said = sign.message === '' ? '' : `: ${oneLine(sign.message, maxMessage)}`;
  const points = sign.pointsAt.length === 0 ? '' : ` (points at ${sign.pointsAt.join(', ')})`;
  return `${entityText(sign.about)}: ${sign.what}${when}${said}${points}`;
}

const withoutNames = (message: string): string => message.replace(/[a-z0-9]+(?:-[a-z0-9]+)*-[a-z0-9]{4,}|\d+/g, '#');

/** A sign before its quote is looked up: of many few are told. */
interface Raw {
  readonly about: KubeObject;
  readonly what: string;
  readonly message: string;
  readonly at: number | null;
  readonly ref: () => EvidenceRef | null;
}

const sign = (graph: EvidenceGraph, raw: Raw): Sign => ({
  about: entityOf(raw.about),
  what: raw.what,
  message: raw.message,
  at: raw.at,
  age: raw.at === null || raw.at > graph.now ? '' : age(raw.at, graph.now),
  ref: raw.ref(),
  pointsAt: namedIn(graph, raw.about, raw.message),
});

const isSymptom = ({ message, what }: Raw): boolean =>
  message === '' ? !what.startsWith('in deletion') : symptoms.test(message);

/** Words that only restate that a pod or its container is not well. */
const symptoms =
  /^(?:back-off .*(?:restarting failed container|pulling image)|Error: (?:ImagePullBackOff|ErrImagePull|CrashLoopBackOff)|containers with unready status|Deployment does not have minimum availability|ReplicaSet "[^"]*" (?:has timed out|is) progressing|Created pod|.*has reached the specified backoff limit)/i;

/** A Warning that is older is over. */
const maxEventAgeMs = 60 * 60_000;
const maxEventsOfOne = 4;

function warnings(graph: EvidenceGraph, object: KubeObject): Raw[] {
  const readySince = readyAgain(object);
  const standing = graph
    .eventsOf(entityOf(object))
    .filter((event) => event.warning && !isOver(graph, object, event, readySince));
  const newest = new Map(standing.map((event) => [`${event.reason} ${withoutNames(event.message)}`, event]));
  return [...newest.values()].slice(-maxEventsOfOne).map((event) => ({
    about: object,
    what: `${event.reason}${event.count > 1 ? `, ${event.count} times` : ''}`,
    message: event.message,
    at: event.lastAt,
    ref: () => graph.eventRef(event),
  }));
}

/** Since when an object says that it is ready; null when it does not. */
const readyAgain = (object: KubeObject): number | null =>
  timeAt(conditionAt(object, 'Ready', 'True'), 'lastTransitionTime');

function isOver(graph: EvidenceGraph, object: KubeObject, event: ClusterEvent, readySince: number | null): boolean {
  if (event.lastAt === null) return false;
  if (graph.now - event.lastAt > maxEventAgeMs) return true;
  if (readySince !== null && event.lastAt <= readySince) return true;
  return event.reason === 'FailedScheduling' && textAt(object, 'spec', 'nodeName') !== '';
}

/** Conditions that are False, Unknown or True to the harm of their object. */
function badConditions(graph: EvidenceGraph, object: KubeObject): Raw[] {
  if (['Succeeded', 'Failed'].includes(textAt(object, 'status', 'phase'))) return [];
  const conditions = listAt(object, 'status', 'conditions').map((condition) => ({
    type: textAt(condition, 'type'),
    status: textAt(condition, 'status'),
    reason: textAt(condition, 'reason'),
    message: textAt(condition, 'message'),
    at: timeAt(condition, 'lastTransitionTime'),
  }));
  return conditions
    .filter(({ type, status }) => isBad(type, status))
    .map(({ type, status, reason, message, at }) => ({
      about: object,
      what: `${type} is ${status}${reason === '' ? '' : ` (${reason})`}`,
      message,
      at,
      ref: () => graph.fieldRef(object, 'message', message) ?? graph.fieldRef(object, 'type', type),
    }));
}

const turns: ReadonlySet<string> = new Set(['', 'ContainerCreating', 'PodInitializing', 'CrashLoopBackOff']);

/** Containers that wait for more than their turn. */
function waits(graph: EvidenceGraph, pod: KubeObject): Raw[] {
  return containersOf(pod)
    .filter((container) => !turns.has(container.waitingReason))
    .map((container) => ({
      about: pod,
      what: `container ${container.name} waits (${container.waitingReason})`,
      message: container.waitingMessage,
      at: null,
      ref: () => graph.fieldRef(pod, 'message', container.waitingMessage),
    }));
}

/** A deletion may take so long before it counts. */
const deletionGraceMs = 30_000;

function deletion(graph: EvidenceGraph, object: KubeObject): Raw[] {
  const since = timeAt(object, 'metadata', 'deletionTimestamp');
  if (since === null || graph.now - since < deletionGraceMs) return [];
  const finalizers = object.metadata.finalizers ?? [];
  return [
    {
      about: object,
      what: `in deletion${finalizers.length === 0 ? '' : ` with the finalizers ${finalizers.join(', ')}`}`,
      message: '',
      at: since,
      ref: () => graph.fieldRef(object, 'deletionTimestamp', object.metadata.deletionTimestamp),
    },
  ];
}

/** What the log of a container in trouble says. */
function logReason(graph: EvidenceGraph, trouble: Trouble): Raw | null {
  const { reason, container, pod, end } = trouble;
  if (reason === null) return null;
  return {
    about: pod.object,
    what: `the log of container ${container.name}`,
    message: reason.text,
    at: end?.finishedAt ?? null,
    ref: () => reasonRef(graph, trouble),
  };
}

const maxPointsAt = 4;
/** A name behind the word for its kind. */
const afterKind =
  /\b(?:secret|configmap|config map|claim|pvc|persistentvolumeclaim|volume|pv|service|node|storageclass|issuer|store) "?([a-z0-9][\w./-]*[a-z0-9])/gi;

/** Objects that were read, hosts and files that a message names. */
function namedIn(graph: EvidenceGraph, about: KubeObject, message: string): readonly string[] {
  if (message === '') return [];
  const own = entityKey(entityOf(about));
  const words = [...quotedIn(message), ...[...message.matchAll(afterKind)].map((match) => match[1] ?? '')].slice(0, 20);
  const objects = words.flatMap((word) => objectNamed(graph, about, word) ?? []);
  const hosts = hostsIn(message).map(({ host, port }) => (port === null ? host : `${host}:${port}`));
  const others = objects.filter((entity) => entityKey(entity) !== own).map(entityText);
  return [...new Set([...others, ...hosts, ...pathsIn(message).slice(0, 2)])].slice(0, maxPointsAt);
}

const namedKinds = [
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'Service',
  'PersistentVolume',
  'Node',
  'StorageClass',
];

function objectNamed(graph: EvidenceGraph, about: KubeObject, word: string): Entity | null {
  const [first = '', second] = word.split('/');
  const own = about.metadata.namespace ?? null;
  const [namespace, name] = second === undefined ? [own, first] : [first, second];
  if (!/^[a-z0-9][a-z0-9.-]{2,252}$/.test(name)) return null;
  for (const kind of namedKinds) {
    const object = graph.get(kind, namespace, name) ?? graph.get(kind, null, name);
    if (object !== null) return entityOf(object);
  }
  return null;
}
