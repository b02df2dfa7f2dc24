import { LossWatch } from './loss.ts';
import type { Coverage } from './whole.ts';

/** Things looked at of which it is remembered, one cluster. */
const maxLooks = 20_000;

/** What one sweep of a cluster leaves to the next, so that every bound is a turn and none is for ever. */
export class SweepMemory {
  readonly turns = new Turns();
  readonly looks = new Looks();
  readonly losses = new LossWatch();
  readonly coverage: Coverage = new Map();
}

/**
 * Takes turns through lists that do not fit: each line of items knows who was last. The order is that of the keys, so it
 * does not matter in which order a list comes or what is added to it and taken away.
 */
export class Turns {
  readonly #last = new Map<string, string>();

  /** The items beginning after the one that was last. */
  order<T>(line: string, items: readonly T[], keyOf: (item: T) => string): readonly T[] {
    const last = this.#last.get(line);
    const keyed = items.map((item) => ({ key: keyOf(item), item })).sort((a, b) => compare(a.key, b.key));
    const start = last === undefined ? 0 : keyed.findIndex(({ key }) => key > last);
    if (start <= 0) return keyed.map(({ item }) => item);
    return [...keyed.slice(start), ...keyed.slice(0, start)].map(({ item }) => item);
  }

  took(line: string, key: string): void {
    this.#last.set(line, key);
  }

  /** At most `bound` of the items; the others are first the next time. */
  take<T>(line: string, items: readonly T[], bound: number, keyOf: (item: T) => string): readonly T[] {
    if (items.length <= bound) return items;
    const taken = this.order(line, items, keyOf).slice(0, bound);
    const last = taken.at(-1);
    if (last !== undefined) this.took(line, keyOf(last));
    return taken;
  }
}

interface Look {
  readonly print: number;
  /** Counts up with every look. */
  readonly at: number;
}

/**
 * What was looked at, and how its row was then. What is new or has changed comes first; what was looked at and is as it
 * was waits, the one that was looked at longest ago first: old leftovers are many, yield nothing and do not change.
 */
export class Looks {
  readonly #looks = new Map<string, Look>();
  #at = 0;

  isNew(key: string, print: string): boolean {
    return this.#looks.get(key)?.print !== hash(print);
  }

  /** When it was looked at; -1 when never. Grows with time. */
  lookedAt(key: string): number {
    return this.#looks.get(key)?.at ?? -1;
  }

  /** How many looks there were since. */
  since(key: string): number {
    return this.#at - this.lookedAt(key);
  }

  looked(key: string, print: string): void {
    this.#at += 1;
    // At the end of the map, so that the oldest is its first.
    this.#looks.delete(key);
    this.#looks.set(key, { print: hash(print), at: this.#at });
    const oldest = this.#looks.keys().next();
    if (this.#looks.size > maxLooks && !oldest.done) this.#looks.delete(oldest.value);
  }

  /** Forgets what is not there any more. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#looks.keys()) if (!keys.has(key)) this.#looks.delete(key);
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** FNV-1a, 32 bits: a look costs a number, not a text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
