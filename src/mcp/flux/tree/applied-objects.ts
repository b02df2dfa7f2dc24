import { type KubeObject, ReadError } from '../../../kube/cluster-reader.ts';
import { objectKey } from '../../page.ts';
import type { FluxCall } from '../objects/flux-reader.ts';
import { fluxKindOf } from '../objects/kinds.ts';
import type { InventoryEntry } from './inventory.ts';

/** From so many objects of a kind and namespace on they are listed, not asked for one by one. */
const listedFrom = 5;
/** Objects of such a list; others of a namespace that holds more are asked for one by one. */
const maxListed = 500;

/** Reads the objects of inventory entries, those of one kind and namespace together where they are several. */
export class AppliedObjects {
  readonly #opened: FluxCall;
  readonly #signal: AbortSignal;
  readonly #counts: ReadonlyMap<string, number>;
  readonly #lists = new Map<string, Promise<Listed | null>>();

  /** `entries`: all that will be read. */
  constructor(entries: readonly InventoryEntry[], opened: FluxCall, signal: AbortSignal) {
    this.#opened = opened;
    this.#signal = signal;
    this.#counts = new Map([...Map.groupBy(entries, groupKey)].map(([key, group]) => [key, group.length]));
  }

  /** Null when it does not exist. @throws ReadError */
  async get(entry: InventoryEntry): Promise<KubeObject | null> {
    const listed = (this.#counts.get(groupKey(entry)) ?? 0) < listedFrom ? null : await this.#listOf(entry);
    const found = listed?.objects.get(`${entry.namespace}/${entry.name}`);
    if (found !== undefined) return found;
    return listed?.whole === true ? null : this.#one(entry);
  }

  /** Null where it cannot be listed, which says nothing of its objects. */
  #listOf(entry: InventoryEntry): Promise<Listed | null> {
    const key = groupKey(entry);
    const known = this.#lists.get(key) ?? this.#list(entry).catch(whereUnlisted(this.#signal));
    this.#lists.set(key, known);
    return known;
  }

  async #list({ apiVersion, kind, namespace }: InventoryEntry): Promise<Listed | null> {
    const { cluster, flux } = this.#opened;
    const options = { ...(namespace === '' ? {} : { namespace }), limit: maxListed, keep: withoutData };
    const own = fluxKindOf(apiVersion.split('/')[0] ?? '', kind);
    const answer =
      own === null
        ? await cluster.reader.list(apiVersion, kind, options, this.#signal)
        : await flux.listIfServed(own, options);
    if (answer === null) return { objects: new Map(), whole: true };
    return { objects: new Map(answer.items.map((one) => [objectKey(one), one])), whole: !answer.truncated };
  }

  /** Flux's own kinds in the version in which they are served now. */
  #one({ apiVersion, kind, namespace, name }: InventoryEntry): Promise<KubeObject | null> {
    const { cluster, flux } = this.#opened;
    const own = fluxKindOf(apiVersion.split('/')[0] ?? '', kind);
    if (own !== null) return flux.getIfServed(own, namespace, name);
    return cluster.reader.get(apiVersion, kind, namespace === '' ? null : namespace, name, this.#signal);
  }
}

interface Listed {
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** What is not among them is not there. */
  readonly whole: boolean;
}

function groupKey({ apiVersion, kind, namespace }: InventoryEntry): string {
  return `${apiVersion} ${kind} ${namespace}`;
}

/** The health of an object does not stand in what a ConfigMap holds. */
function withoutData(object: KubeObject): KubeObject {
  const { data: _, binaryData: __, ...rest } = object;
  return rest;
}

function whereUnlisted(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    signal.throwIfAborted();
    if (error instanceof ReadError) return null;
    throw error;
  };
}
