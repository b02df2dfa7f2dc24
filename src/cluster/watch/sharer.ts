import type { KubeObject } from '../../kube/cluster-reader.ts';

/** Values that are remembered; then it begins anew. */
const maxShared = 20_000;
/** Texts that are likely to be those of other objects, too. */
const sharedTexts: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'namespace',
  'nodeName',
  'schedulerName',
  'phase',
  'reason',
  'type',
  'status',
  'message',
  'image',
]);
/** Parts that the pods of one owner have in common. */
const sharedParts: ReadonlySet<string> = new Set(['labels', 'ownerReferences', 'involvedObject', 'selector']);

/** Lets equal texts and equal parts of objects be one: of 10,000 pods the most is the same. */
export class Sharer {
  readonly #known = new Map<unknown, unknown>();

  /** The same object with its parts shared; it is not to be changed any more. */
  share<T extends KubeObject>(object: T): T {
    return this.#parts(object) as unknown as T;
  }

  #parts(value: Record<string, unknown>): Record<string, unknown> {
    for (const [key, child] of Object.entries(value)) {
      if (typeof child === 'string') {
        if (sharedTexts.has(key)) value[key] = this.#one(child, child);
      } else if (Array.isArray(child)) {
        value[key] = sharedParts.has(key)
          ? this.#one(JSON.stringify(child), child)
          : child.map((one) => this.#item(one));
      } else if (typeof child === 'object' && child !== null) {
        const part = child as Record<string, unknown>;
        value[key] = sharedParts.has(key) ? this.#one(JSON.stringify(part), part) : this.#parts(part);
      }
    }
    return value;
  }

  #item(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return this.#parts(value as Record<string, unknown>);
  }

  #one<T>(key: string, value: T): T {
    const known = this.#known.get(key);
    if (known !== undefined && typeof known === typeof value) return known as T;
    if (this.#known.size >= maxShared) this.#known.clear();
    this.#known.set(key, value);
    return value;
  }
}
