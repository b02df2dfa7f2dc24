import type { FaultSignal, InvalidSignal } from '../../domain/fault.ts';

type Signal = FaultSignal | InvalidSignal;

export interface IntakeQueueBounds {
  /** Signals of one cluster that may wait. */
  readonly perCluster: number;
  /** Signals that may wait in all; over it only clusters with next to nothing waiting are let in. */
  readonly total: number;
  /** Signals handed to the store at once. */
  readonly batch: number;
}

const defaultBounds: IntakeQueueBounds = { perCluster: 500, total: 20_000, batch: 1000 };

/** A cluster may always have so many waiting, so that a flood of others cannot shut it out. */
const guaranteed = 8;

/**
 * Signals between the connections and the store: batches for the store, fair between clusters, bounded. A connection that
 * is told that no more fits holds its stream until `onRoom` is called.
 */
export class IntakeQueue {
  readonly #bounds: IntakeQueueBounds;
  readonly #queues = new Map<string, Signal[]>();
  readonly #accept: (batch: readonly Signal[]) => Promise<void>;
  readonly #onRoom: (cluster: string) => void;
  readonly #held = new Set<string>();
  #size = 0;
  #writing: Promise<void> | null = null;

  /** `accept` must not reject: what it cannot store it counts. */
  constructor(
    accept: (batch: readonly Signal[]) => Promise<void>,
    onRoom: (cluster: string) => void,
    bounds: IntakeQueueBounds = defaultBounds,
  ) {
    this.#accept = accept;
    this.#onRoom = onRoom;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes the signal; false when the cluster should send no more until `onRoom`. */
  push(signal: Signal): boolean {
    const queue = this.#queues.get(signal.cluster) ?? [];
    this.#queues.set(signal.cluster, queue);
    queue.push(signal);
    this.#size += 1;
    this.#writing ??= this.#write();
    const fits =
      queue.length < this.#bounds.perCluster && (this.#size < this.#bounds.total || queue.length < guaranteed);
    if (!fits) this.#held.add(signal.cluster);
    return fits;
  }

  /** Resolves when everything that was pushed before has been handed over. */
  async drained(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // What arrives in the same turn of the event loop becomes one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#size > 0) {
      await this.#accept(this.#take());
      this.#release();
    }
    this.#writing = null;
  }

  /** One from each cluster in turn, until the batch is full. */
  #take(): readonly Signal[] {
    const batch: Signal[] = [];
    const share = Math.max(1, Math.floor(this.#bounds.batch / this.#queues.size));
    for (const [cluster, queue] of this.#queues) {
      batch.push(...queue.splice(0, Math.min(share, this.#bounds.batch - batch.length)));
      // To the end of the line: the next batch begins with others.
      this.#queues.delete(cluster);
      if (queue.length > 0) this.#queues.set(cluster, queue);
      if (batch.length >= this.#bounds.batch) break;
    }
    this.#size -= batch.length;
    return batch;
  }

  #release(): void {
    for (const cluster of this.#held) {
      const waiting = this.#queues.get(cluster)?.length ?? 0;
      if (waiting > this.#bounds.perCluster / 2 || this.#size >= this.#bounds.total) continue;
      this.#held.delete(cluster);
      this.#onRoom(cluster);
    }
  }
}
