import type { ObjectRef, OwnerRef } from '../domain/fault.ts';
import { systemClock } from '../lib/clock.ts';
import { timeLimit } from '../lib/time-limit.ts';
import type { ClusterReader, KubeObject } from './cluster-reader.ts';
import { kindFacts } from './kinds.ts';
import { controllerOf } from './objects.ts';

/** What intake needs to know of a faulty object: its root owner and, for a pod, its node. */
export interface OwnerAnswer {
  readonly owner: OwnerRef;
  readonly node: string | null;
  /** Zone of that node, when its labels could be read. */
  readonly zone?: string;
}

export interface OwnerLookupOptions {
  /** The whole lookup of one object, milliseconds. */
  readonly timeoutMs?: number;
  readonly cacheSize?: number;
}

const defaults = { timeoutMs: 5000, cacheSize: 2000 };
const maxDepth = 5;
/** https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone */
const zoneLabel = 'topology.kubernetes.io/zone';

/**
 * Finds root owners in one cluster: Pod → ReplicaSet → Deployment, Job → CronJob and so on, up the controllers. Answers
 * are cached by uid (an object's owners do not change); without a reader or an answer the names tell, with
 * `certain: false`.
 */
export class OwnerLookup {
  readonly #reader: ClusterReader | null;
  readonly #options: typeof defaults;
  readonly #answers = new Map<string, OwnerAnswer>();
  /** Zones of nodes by name; null where the labels say none. */
  readonly #zones = new Map<string, string | null>();
  /** Root owners of controllers by uid: the pods of one ReplicaSet ask once. */
  readonly #roots = new Map<string, OwnerRef>();

  constructor(reader: ClusterReader | null, options: OwnerLookupOptions = {}) {
    this.#reader = reader;
    this.#options = { ...defaults, ...options };
  }

  /** Never rejects for what a cluster does. */
  async find(resource: ObjectRef, signal: AbortSignal): Promise<OwnerAnswer> {
    const cached = resource.uid === null ? undefined : this.#answers.get(resource.uid);
    if (cached) return cached;
    if (!this.#reader) return guessOwner(resource);
    const limit = timeLimit(systemClock, this.#options.timeoutMs, signal);
    try {
      return (await this.#lookUp(this.#reader, resource, limit.signal)) ?? guessOwner(resource);
    } catch {
      return guessOwner(resource);
    } finally {
      limit.letGo();
    }
  }

  async #lookUp(reader: ClusterReader, resource: ObjectRef, signal: AbortSignal): Promise<OwnerAnswer | null> {
    const { apiVersion, kind, namespace, name, uid } = resource;
    const object = await reader.get(apiVersion, kind, namespace, name, signal);
    // Another object of the same name is not the faulty one.
    if (!object || (uid !== null && object.metadata.uid !== uid)) return null;
    const node = nodeOf(object);
    const owner = await this.#rootOf(reader, object, signal);
    const zone = node === null ? null : await this.#zoneOf(reader, node, object, signal);
    const answer: OwnerAnswer = { owner, node, ...(zone !== null && { zone }) };
    // A pod gets its node later.
    const final = answer.owner.certain && (kind !== 'Pod' || answer.node !== null);
    if (final && uid !== null) remember(this.#answers, uid, answer, this.#options.cacheSize);
    return answer;
  }

  /** The zone of a node, asked once a node: where its labels cannot be read, nobody waits for it again. */
  async #zoneOf(reader: ClusterReader, name: string, object: KubeObject, signal: AbortSignal): Promise<string | null> {
    const known = this.#zones.get(name);
    if (known !== undefined) return known;
    const isNode = object.kind === 'Node' && object.metadata.name === name;
    const node = isNode ? object : await reader.get('v1', 'Node', null, name, signal).catch(() => null);
    const zone = node?.metadata.labels?.[zoneLabel] ?? null;
    if (!signal.aborted) remember(this.#zones, name, zone, this.#options.cacheSize);
    return zone;
  }

  /** Climbs the controllers, at most `maxDepth`. */
  async #rootOf(reader: ClusterReader, object: KubeObject, signal: AbortSignal): Promise<OwnerRef> {
    const passed: string[] = [];
    let current = object;
    let root: OwnerRef | undefined;
    for (let depth = 0; root === undefined && depth < maxDepth; depth += 1) {
      const controller = controllerRef(current);
      if (!controller) {
        root = ownerRef(current);
        break;
      }
      root = this.#roots.get(controller.uid);
      if (root) break;
      passed.push(controller.uid);
      const { apiVersion, kind, namespace, name } = controller;
      const next = await reader.get(apiVersion, kind, namespace, name, signal).catch(() => null);
      // A controller that cannot be read (a custom resource, say) is the root as far as we can see.
      if (!next || next.metadata.uid !== controller.uid) return ownerAbove(controller, current);
      current = next;
    }
    const found = root ?? { ...ownerRef(current), certain: false };
    if (found.certain) for (const uid of passed) remember(this.#roots, uid, found, this.#options.cacheSize);
    return found;
  }
}

/** The controller of an object and where it is; null for an object without one. */
export function controllerRef(object: KubeObject): (ObjectRef & { readonly uid: string }) | null {
  const controller = controllerOf(object);
  if (!controller) return null;
  const { apiVersion, kind, name, uid } = controller;
  const clusterScoped = kindFacts(kind)?.namespaced === false;
  return { apiVersion, kind, namespace: clusterScoped ? null : (object.metadata.namespace ?? null), name, uid };
}

/**
 * The root owner by way of a controller that cannot be read: what it made carries the hash of the Deployment's template,
 * else names tell.
 */
export function ownerAbove(controller: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>, child: KubeObject): OwnerRef {
  const { kind, namespace, name } = controller;
  const hash = child.metadata.labels?.['pod-template-hash'];
  if (kind === 'ReplicaSet' && hash && name.endsWith(`-${hash}`)) {
    return { kind: 'Deployment', namespace, name: name.slice(0, -hash.length - 1), certain: false };
  }
  return guessAbove(controller);
}

/** Keeps an answer, and forgets the oldest when there are too many. */
function remember<T>(cache: Map<string, T>, key: string, value: T, size: number): void {
  const oldest = cache.keys().next();
  if (cache.size >= size && !oldest.done) cache.delete(oldest.value);
  cache.set(key, value);
}

function nodeOf(object: KubeObject): string | null {
  if (object.kind === 'Node') return object.metadata.name;
  const spec = object['spec'] as { nodeName?: unknown } | null | undefined;
  return object.kind === 'Pod' && typeof spec?.nodeName === 'string' ? spec.nodeName : null;
}

function ownerRef(object: KubeObject): OwnerRef {
  return { kind: object.kind, namespace: object.metadata.namespace ?? null, name: object.metadata.name, certain: true };
}

/** The owner as the names tell it (the endings that controllers give to what they make); never certain for pods. */
export function guessOwner(resource: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): OwnerAnswer {
  const node = resource.kind === 'Node' ? resource.name : null;
  const { namespace, name } = resource;
  if (resource.kind === 'Pod') return { owner: { ...podOwner(name), namespace, certain: false }, node };
  return { owner: guessAbove(resource), node };
}

function guessAbove(ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): OwnerRef {
  const { kind, namespace, name } = ref;
  const hash = /^(.+)-[a-z0-9]{5,10}$/.exec(name);
  if (kind === 'ReplicaSet' && hash?.[1]) return { kind: 'Deployment', namespace, name: hash[1], certain: false };
  const minute = /^(.+)-\d{8,10}$/.exec(name);
  if (kind === 'Job' && minute?.[1]) return { kind: 'CronJob', namespace, name: minute[1], certain: false };
  return { kind, namespace, name, certain: kind !== 'ReplicaSet' && kind !== 'Job' };
}

// What the API generates is out of these letters (no vowels, no 0, 1, 3); a pod-template-hash has 6 to 10 of them.
const random = '[bcdfghjklmnpqrstvwxz2456789]';
const fromDeployment = new RegExp(`^(.+)-${random}{6,10}-${random}{5}$`);
const fromCronJob = new RegExp(`^(.+)-\\d{8}-${random}{5}$`);
const fromStatefulSet = /^(.+)-\d{1,4}$/;
const fromDaemonSet = new RegExp(`^(.+)-${random}{5}$`);

function podOwner(name: string): { kind: string; name: string } {
  const cron = fromCronJob.exec(name)?.[1];
  if (cron) return { kind: 'CronJob', name: cron };
  const deployment = fromDeployment.exec(name)?.[1];
  if (deployment) return { kind: 'Deployment', name: deployment };
  const set = fromStatefulSet.exec(name)?.[1];
  if (set) return { kind: 'StatefulSet', name: set };
  // A DaemonSet's and a Job's pods have the same form of name: the DaemonSet is as good a guess.
  const daemon = fromDaemonSet.exec(name)?.[1];
  return daemon ? { kind: 'DaemonSet', name: daemon } : { kind: 'Pod', name };
}
