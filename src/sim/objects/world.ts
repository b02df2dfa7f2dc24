import type { KubeObject, ObjectMeta, OwnerReference } from '../../kube/cluster-reader.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ClusterState } from '../api/cluster-state.ts';

export interface EventFacts {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly host?: string;
  readonly fieldPath?: string;
  readonly count?: number;
  /** Milliseconds ago. */
  readonly first: number;
  readonly last?: number;
}

/** One simulated cluster while its objects are made: its state, the time, and names that look like generated ones. */
export class World {
  readonly state: ClusterState;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(state: ClusterState, clock: Clock, random: () => number) {
    this.state = state;
    this.#clock = clock;
    this.#random = random;
  }

  /** A time in the past, as the API writes it. */
  ago(ms: number): string {
    return new Date(this.#clock.now() - ms).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  now(): number {
    return this.#clock.now();
  }

  uid(): string {
    const hex = (length: number): string => this.#letters('0123456789abcdef', length);
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }

  /** Letters as in the names of pods. */
  suffix(length = 5): string {
    return this.#letters('bcdfghjklmnpqrstvwxz2456789', length);
  }

  hex(length: number): string {
    return this.#letters('0123456789abcdef', length);
  }

  #letters(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[Math.floor(this.#random() * alphabet.length)]).join('');
  }

  /** Metadata of an object that is `age` milliseconds old. */
  meta(namespace: string | null, name: string, age: number, more: Partial<ObjectMeta> = {}): ObjectMeta {
    return {
      name,
      ...(namespace !== null && { namespace }),
      uid: this.uid(),
      creationTimestamp: this.ago(age),
      ...more,
    };
  }

  put(object: KubeObject): KubeObject {
    return this.state.put(object);
  }

  /** An object as it is now. @throws Error when it is not there */
  current(apiVersion: string, kind: string, namespace: string | null, name: string): KubeObject {
    const object = this.state.find(apiVersion, kind, namespace, name);
    if (!object) throw new Error(`${kind} ${name} is not in the simulated cluster`);
    return object;
  }

  event(facts: EventFacts): KubeObject {
    const { about, first, last = first } = facts;
    const fromScheduler = facts.component === 'default-scheduler';
    const namespace = about.metadata.namespace ?? 'default';
    return this.put({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: this.meta(namespace, `${about.metadata.name}.18e9${this.hex(12)}`, first),
      involvedObject: {
        kind: about.kind,
        ...(about.metadata.namespace && { namespace: about.metadata.namespace }),
        name: about.metadata.name,
        uid: about.metadata.uid,
        apiVersion: about.apiVersion,
        ...(facts.fieldPath && { fieldPath: facts.fieldPath }),
      },
      reason: facts.reason,
      message: facts.message,
      source: fromScheduler ? {} : { component: facts.component, ...(facts.host && { host: facts.host }) },
      // The scheduler writes the newer form: times in eventTime and series only.
      firstTimestamp: fromScheduler ? null : this.ago(first),
      lastTimestamp: fromScheduler ? null : this.ago(last),
      ...(!fromScheduler && { count: facts.count ?? 1 }),
      type: facts.type,
      eventTime: fromScheduler ? this.ago(first).replace('Z', '.412093Z') : null,
      ...(fromScheduler && { action: facts.reason === 'Scheduled' ? 'Binding' : 'Scheduling' }),
      reportingComponent: facts.component,
      reportingInstance: facts.host ?? '',
    });
  }
}

/** The reference of an object's controller. */
export function controlledBy(owner: KubeObject): OwnerReference[] {
  const { apiVersion, kind, metadata } = owner;
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' };
  return [{ ...reference, controller: true, blockOwnerDeletion: true } as OwnerReference];
}
