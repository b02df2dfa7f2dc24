import type { KubeObject, ReadFailure } from '../../kube/cluster-reader.ts';
import { isRecent } from '../../kube/detect/event-time.ts';
import { slimObject } from '../../kube/detect/slim.ts';
import { isHealthy } from '../../kube/health.ts';
import { type KindToRead, kindsToRead } from '../../kube/kinds.ts';
import type { KubeEvent } from '../../kube/objects.ts';
import type { ClusterLists, KindList, ListFailure } from '../sweep/lists.ts';
import { Sharer } from './sharer.ts';

/** How well the cache knows a kind. */
export interface KindKnowledge {
  /** It was listed, and not too long ago. */
  readonly read: boolean;
  /** Changes come in now: what is not there is gone. */
  readonly live: boolean;
  /** Why it is not read, null when it is or is being read for the first time. */
  readonly failure: { readonly failure: ReadFailure; readonly message: string } | null;
}

export interface CacheLimits {
  /** Objects of one kind; over it only what is ill is taken in. */
  readonly maxPerKind: number;
  /** All objects of a cluster, as the length of their JSON. */
  readonly maxBytes: number;
}

export const cacheLimits: CacheLimits = { maxPerKind: 50_000, maxBytes: 256 * 1024 * 1024 };

type Objects = Map<string, KubeObject>;

interface KindObjects {
  readonly places: Map<string, Objects>;
  count: number;
  /** There are more than are kept. */
  cut: boolean;
}

/**
 * The objects of one cluster as its watch knows them, slim, by kind and namespace. Events are where their object is. What
 * is over a bound is left out, and the kind counts as cut.
 */
export class ObjectCache {
  readonly #limits: CacheLimits;
  readonly #now: () => number;
  readonly #onChange: () => void;
  readonly #sharer = new Sharer();
  readonly #kinds = new Map<string, KindObjects>();
  readonly #changed = new Set<string>();
  #bytes = 0;

  /** `onChange` is called when a namespace changes. */
  constructor(limits: CacheLimits, now: () => number, onChange: () => void) {
    this.#limits = limits;
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Objects kept, of all kinds. */
  get size(): number {
    return [...this.#kinds.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** Namespaces in which something changed since `takeChanged`; empty: objects without one. */
  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  takeChanged(): Set<string> {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  /** What was taken and could not be looked at. */
  giveBack(namespaces: Iterable<string>): void {
    for (const namespace of namespaces) this.#changed.add(namespace);
  }

  set(object: KubeObject): void {
    const place = placeOf(object);
    const kind = this.#of(object.kind);
    const key = keyOf(object);
    const before = kind.places.get(place)?.get(key);
    if (object.kind === 'Event' && !isRecent(object, this.#now())) return this.gone(object);
    const slim = slimObject(object);
    const text = JSON.stringify(slim);
    const textBefore = before === undefined ? '' : JSON.stringify(before);
    if (text === textBefore) return;
    if (!this.#fits(kind, object, before !== undefined, text.length - textBefore.length)) {
      kind.cut = true;
      return this.gone(object);
    }
    this.#bytes += text.length - textBefore.length;
    if (before === undefined) kind.count += 1;
    const objects = kind.places.get(place) ?? new Map<string, KubeObject>();
    kind.places.set(place, objects.set(key, this.#sharer.share(slim)));
    this.#note(place);
  }

  gone(object: KubeObject): void {
    this.#delete(object.kind, placeOf(object), keyOf(object));
  }

  /** Begins a list of a kind: what it does not bring is gone at its end. */
  relist(kind: string): { add(objects: readonly KubeObject[]): void; end(): void } {
    const listed = new Set<string>();
    this.#of(kind).cut = false;
    return {
      add: (objects) => {
        for (const object of objects) {
          listed.add(`${placeOf(object)}/${keyOf(object)}`);
          this.set(object);
        }
      },
      end: () => {
        for (const [place, objects] of this.#of(kind).places) {
          for (const key of objects.keys()) if (!listed.has(`${place}/${key}`)) this.#delete(kind, place, key);
        }
      },
    };
  }

  clear(kind: string): void {
    for (const [place, objects] of this.#of(kind).places) {
      for (const key of objects.keys()) this.#delete(kind, place, key);
    }
  }

  /** Events that are too old to say anything. */
  dropOldEvents(): void {
    const now = this.#now();
    for (const [place, objects] of this.#of('Event').places) {
      for (const [key, event] of objects) if (!isRecent(event, now)) this.#delete('Event', place, key);
    }
  }

  /** The lists of the kinds in some namespaces, null: in all. `known` says how well each kind is known. */
  lists(known: (kind: string) => KindKnowledge, namespaces: ReadonlySet<string> | null): ClusterLists {
    const failures: ListFailure[] = [];
    const kinds = new Map<string, KindList>();
    for (const kind of kindsToRead) {
      const knowledge = known(kind.kind);
      const { failure, message } = knowledge.failure ?? notYet;
      if (!knowledge.read && !isOptional(kind, failure)) {
        failures.push({ kind: kind.kind, namespace: null, failure, message });
      }
      kinds.set(kind.kind, this.#list(kind, knowledge, namespaces));
    }
    return { kinds, failures };
  }

  #list(kind: KindToRead, { read, live }: KindKnowledge, namespaces: ReadonlySet<string> | null): KindList {
    const { places, cut } = this.#of(kind.kind);
    const wanted = namespaces === null ? [...places.values()] : [...namespaces].map((name) => places.get(name));
    const objects = read ? wanted.flatMap((some) => (some === undefined ? [] : [...some.values()])) : [];
    return { ...kind, objects, rows: [], read, unread: new Set(), asked: namespaces, truncated: cut, part: !live };
  }

  #delete(kind: string, place: string, key: string): void {
    const known = this.#of(kind);
    const objects = known.places.get(place);
    const object = objects?.get(key);
    if (objects === undefined || object === undefined) return;
    objects.delete(key);
    known.count -= 1;
    this.#bytes -= JSON.stringify(object).length;
    if (objects.size === 0) known.places.delete(place);
    this.#note(place);
  }

  #fits(kind: KindObjects, object: KubeObject, isKnown: boolean, more: number): boolean {
    if (this.#bytes + more > this.#limits.maxBytes) return false;
    return isKnown || kind.count < this.#limits.maxPerKind || isHealthy(object) === false;
  }

  #of(kind: string): KindObjects {
    const known = this.#kinds.get(kind) ?? { places: new Map<string, Objects>(), count: 0, cut: false };
    this.#kinds.set(kind, known);
    return known;
  }

  #note(place: string): void {
    this.#changed.add(place);
    this.#onChange();
  }
}

const notYet = { failure: 'timeout', message: 'it is not listed yet' } as const;

function isOptional({ optional }: KindToRead, failure: ReadFailure): boolean {
  return optional === true && (failure === 'forbidden' || failure === 'unsupported');
}

/** The namespace in which the object matters: an event's is that of its object. */
function placeOf(object: KubeObject): string {
  if (object.kind === 'Event') return (object as KubeEvent).involvedObject?.namespace ?? '';
  return object.metadata.namespace ?? '';
}

/** Events about objects without a namespace lie in any. */
function keyOf({ kind, metadata }: KubeObject): string {
  return kind === 'Event' ? `${metadata.namespace ?? ''}/${metadata.name}` : metadata.name;
}
