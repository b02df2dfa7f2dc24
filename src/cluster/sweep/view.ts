import type { ObjectRef } from '../../domain/fault.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { DetectContext } from '../../kube/detect/finding.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import type { Row, ToolList } from '../../kube/read/tool-list.ts';
import { type ClusterLists, isWhole, type KindList } from './lists.ts';
import { eventOfRow, shellOfRow } from './rows.ts';

type Place = Pick<ObjectRef, 'kind' | 'namespace' | 'name'>;

/** What is known of an object after a sweep: the object, that it is gone, or nothing. */
export type Seen = KubeObject | 'gone' | 'unknown';

export function placeKey(kind: string, namespace: string | null | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** Everything that one sweep has read, and what detectors may ask of it. */
export class SweepView {
  readonly lists: ClusterLists;
  /** Objects in full, from lists or read one by one; null when a read said that there is none. */
  readonly #objects = new Map<string, KubeObject | null>();
  /** What was read one by one. */
  readonly #got = new Set<string>();
  /** Objects of which only a row is known. */
  readonly #rows = new Map<string, Row>();
  readonly #events: readonly KubeEvent[];
  readonly #eventsByObject = new Map<string, KubeEvent[]>();
  readonly #byNamespace = new Map<string, KubeObject[]>();
  readonly #now: number;
  readonly #current: boolean;

  /** `current`: the lists are of this moment and show all that there is, so what they do not show is gone. */
  constructor(lists: ClusterLists, now: number, { current = false }: { readonly current?: boolean } = {}) {
    this.#current = current;
    this.lists = lists;
    this.#now = now;
    for (const list of lists.kinds.values()) {
      if (list.kind === 'Event') continue;
      for (const object of list.objects) this.#add(object);
      for (const row of list.rows) {
        this.#rows.set(placeKey(list.kind, row.namespace, row.name), row);
        this.#group(shellOfRow(row, list.apiVersion, list.kind));
      }
    }
    this.#events = this.#readEvents(lists.kinds.get('Event'));
    for (const event of this.#events) this.#file(event);
  }

  /** Takes in events that the detectors look at on their objects only; gives how many there are. */
  addEvents(list: ToolList): number {
    const events =
      list.form === 'objects' ? list.objects : list.rows.flatMap((row) => eventOfRow(row, this.#now) ?? []);
    for (const event of events) this.#file(event);
    return events.length;
  }

  #file(event: KubeEvent): void {
    const about = event.involvedObject;
    if (!about?.kind || !about.name) return;
    const key = placeKey(about.kind, about.namespace, about.name);
    const known = this.#eventsByObject.get(key);
    if (known) known.push(event);
    else this.#eventsByObject.set(key, [event]);
  }

  /** Takes in an object that was read by itself. */
  addRead(object: KubeObject): void {
    this.#got.add(placeKey(object.kind, object.metadata.namespace, object.metadata.name));
    this.#add(object);
  }

  /** Notes that a read found no such object. */
  addGone({ kind, namespace, name }: Place): void {
    this.#got.add(placeKey(kind, namespace, name));
    this.#objects.set(placeKey(kind, namespace, name), null);
  }

  isFull({ kind, namespace, name }: Place): boolean {
    return this.#objects.has(placeKey(kind, namespace, name));
  }

  #add(object: KubeObject): void {
    this.#objects.set(placeKey(object.kind, object.metadata.namespace, object.metadata.name), object);
    this.#group(object);
  }

  /** Every object in full, for the detectors. */
  objects(): KubeObject[] {
    return [...this.#objects.values()].filter((object) => object !== null);
  }

  events(): readonly KubeEvent[] {
    return this.#events;
  }

  /**
   * What a read of that very object said: a list may be narrowed, cut, stale or of another cluster, so its silence says
   * nothing of a fault. Another object under the same name is not it: it is gone.
   */
  read(ref: ObjectRef): Seen {
    const isRead =
      this.#got.has(placeKey(ref.kind, ref.namespace, ref.name)) ||
      (this.#current && this.isWhole(ref.kind, ref.namespace));
    return isRead ? this.seen(ref) : 'unknown';
  }

  /** What lists and reads tell of an object, as far as a detector needs to know. */
  seen(ref: ObjectRef): Seen {
    const key = placeKey(ref.kind, ref.namespace, ref.name);
    const object = this.#objects.get(key);
    if (object === null) return 'gone';
    if (object) return ref.uid !== null && object.metadata.uid !== ref.uid ? 'gone' : object;
    if (this.#rows.has(key)) return 'unknown';
    return this.isWhole(ref.kind, ref.namespace) ? 'gone' : 'unknown';
  }

  /** What a list tells in a row of an object, which was not read. */
  row({ kind, namespace, name }: Place): Row | null {
    return this.#rows.get(placeKey(kind, namespace, name)) ?? null;
  }

  context(object: KubeObject): DetectContext {
    const namespace = object.metadata.namespace ?? '';
    const of = (kind: string): KubeObject[] => this.#byNamespace.get(`${kind}/${namespace}`) ?? [];
    const key = placeKey(object.kind, object.metadata.namespace, object.metadata.name);
    const events = (this.#eventsByObject.get(key) ?? []).filter((event) => {
      const uid = event.involvedObject?.uid;
      // Kubelets give the name of their node as its uid.
      return !uid || uid === object.metadata.uid || object.kind === 'Node';
    });
    return {
      now: this.#now,
      events,
      ...(this.lists.kinds.get('Pod')?.read ? { pods: of('Pod') } : {}),
      ...(this.isWhole('Pod', namespace) ? {} : { podsCut: true }),
      ...(this.isWhole('EndpointSlice', namespace) ? { endpointSlices: of('EndpointSlice') } : {}),
      ...(this.isWhole('Service', namespace) ? { services: of('Service') } : {}),
      workloads: [...of('Deployment'), ...of('StatefulSet'), ...of('DaemonSet')],
      jobs: of('Job'),
    };
  }

  /** Whether every object of a kind in a namespace is known. */
  isWhole(kind: string, namespace: string | null | undefined): boolean {
    return isWhole(this.lists.kinds.get(kind), namespace ?? '');
  }

  #readEvents(list: KindList | undefined): KubeEvent[] {
    const fromRows = (list?.rows ?? []).flatMap((row) => eventOfRow(row, this.#now) ?? []);
    return [...(list?.objects ?? []), ...fromRows] as KubeEvent[];
  }

  /** A shell from a row gives way to the object itself. */
  #group(object: KubeObject): void {
    const key = `${object.kind}/${object.metadata.namespace ?? ''}`;
    const list = this.#byNamespace.get(key) ?? [];
    this.#byNamespace.set(key, list);
    if (this.#got.size > 0) {
      const at = list.findIndex((other) => other.metadata.name === object.metadata.name);
      if (at >= 0) list.splice(at, 1);
    }
    list.push(object);
  }
}
