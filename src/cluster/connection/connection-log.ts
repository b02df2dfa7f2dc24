import type { ConnectionStatus } from '../../domain/cluster-status.ts';
import { type ClusterChange, type ConnectionStore, isLasting } from '../../domain/cluster-status.ts';
import type { DomainEvents } from '../../domain/events.ts';
import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import { type Clock, delay } from '../../lib/clock.ts';
import type { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import { Background } from '../../lib/work/background.ts';

/** So many changes wait for a store that cannot be written; the oldest are dropped, and counted. */
const maxWaiting = 5000;
/** In one transaction. */
const batch = 500;
const retry: BackoffPolicy = { initialMs: 1000, maxMs: 60_000 };

interface ConnectionLogOptions {
  readonly events: Pick<Emitter<DomainEvents>, 'on'>;
  readonly store: ConnectionStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps in the store what connections go through, from `start` on; the first change of a cluster is marked as that of a
 * start. `stop` writes what waits, for so many ms at most.
 */
export function createConnectionLog(options: ConnectionLogOptions): {
  start: () => void;
  stop: (ms: number) => Promise<void>;
} {
  const log = new ConnectionLog(options);
  return {
    start: () => void options.events.on('connection:changed', (status) => log.note(status)),
    stop: (ms) => log.stop(AbortSignal.timeout(Math.ceil(Math.max(1, ms)))),
  };
}

class ConnectionLog {
  readonly #options: ConnectionLogOptions;
  readonly #last = new Map<string, ClusterChange>();
  readonly #background = new Background();
  #waiting: ClusterChange[] = [];
  #dropped = 0;
  #writing = false;

  constructor(options: ConnectionLogOptions) {
    this.#options = options;
  }

  stop(signal: AbortSignal): Promise<void> {
    return this.#background.stop(signal);
  }

  note({ cluster, state, source, error }: ConnectionStatus): void {
    if (!isLasting(state)) return;
    const last = this.#last.get(cluster);
    // A connection that has not begun is none that was lost.
    if (last === undefined && state === 'disconnected') return;
    const same =
      last?.state === state && last.source === source && (last.error?.code ?? null) === (error?.code ?? null);
    if (same) return;
    const said = error === null ? null : { code: error.code, message: error.message };
    const at = this.#options.clock.now();
    const change = { cluster, at, state, source, error: said, atStart: last === undefined };
    this.#last.set(cluster, change);
    this.#waiting.push(change);
    this.#bound();
    if (this.#writing) return;
    this.#writing = true;
    this.#background.run(
      (signal) => this.#writeAll(signal),
      (failure) => this.#told(failure),
    );
  }

  async #writeAll(signal: AbortSignal): Promise<void> {
    try {
      for (let attempt = 0; this.#waiting.length > 0;) {
        if (await this.#write(attempt)) attempt = 0;
        else await delay(this.#options.clock, backoffDelay(retry, attempt++), signal);
      }
    } finally {
      this.#writing = false;
    }
    if (this.#dropped === 0) return;
    this.#options.logger.warn({ dropped: this.#dropped }, 'changes of connections are not kept: too many waited');
    this.#dropped = 0;
  }

  /** The oldest that wait; whether they were written. */
  async #write(attempt: number): Promise<boolean> {
    const changes = this.#waiting.splice(0, batch);
    try {
      await this.#options.store.noteConnections(changes);
      return true;
    } catch (error) {
      this.#waiting.unshift(...changes);
      this.#bound();
      if (attempt === 0) this.#told(error);
      return false;
    }
  }

  #bound(): void {
    const over = this.#waiting.length - maxWaiting;
    if (over <= 0) return;
    this.#waiting.splice(0, over);
    this.#dropped += over;
  }

  #told(error: unknown): void {
    if (this.#background.signal.aborted) return;
    this.#options.logger.warn({ error: errorText(error) }, 'changes of connections wait to be kept');
  }
}
