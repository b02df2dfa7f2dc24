import type { ClusterReader, KubeObject } from '../../kube/cluster-reader.ts';
import type { Clock } from '../../lib/clock.ts';

/** An answer is given again for so long, ms, and so many are kept. */
const keptMs = 10_000;
const maxKept = 500;

type Get = ClusterReader['get'];

/** Reads objects one by one, each at most once in a while: looks that follow each other ask for the same ones. */
export class RecentReader implements Pick<ClusterReader, 'get'> {
  readonly #reader: Pick<ClusterReader, 'get'>;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly at: number; readonly answer: Promise<KubeObject | null> }>();

  constructor(reader: Pick<ClusterReader, 'get'>, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** @throws ReadError */
  get(...[apiVersion, kind, namespace, name, signal]: Parameters<Get>): ReturnType<Get> {
    const key = JSON.stringify([apiVersion, kind, namespace, name]);
    const now = this.#clock.monotonic();
    const known = this.#known.get(key);
    if (known !== undefined && now - known.at < keptMs) return known.answer;
    const answer = this.#reader.get(apiVersion, kind, namespace, name, signal);
    // At the end of the map, so that the oldest is its first.
    this.#known.delete(key);
    this.#known.set(key, { at: now, answer });
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKept && oldest !== undefined) this.#known.delete(oldest);
    answer.catch(() => this.#known.delete(key));
    return answer;
  }
}
