/** A map that forgets what was set longest ago beyond so many entries. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** What was set longest ago first. */
  keys(): Iterable<K> {
    return this.#entries.keys();
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  /** Sets, also what was there already as the newest. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most && oldest !== undefined) this.#entries.delete(oldest);
  }
}
