import type { ConnectionChange, ConnectionStatus, ConnectionStore } from '../../domain/cluster-status.ts';
import type { DomainEvents } from '../../domain/events.ts';
import { StoreUnavailableError } from '../../domain/state-store.ts';
import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import { type Clock, delay, type Timer } from '../../lib/clock.ts';
import type { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import { Background } from '../../lib/work/background.ts';

/** So many changes wait for a store that cannot be written; the oldest are dropped, and counted. */
const maxWaiting = 5000;
/** In one transaction. */
const batch = 500;
const retry: BackoffPolicy = { initialMs: 1000, maxMs: 60_000 };
/** How exactly the end of a process that is killed is known, ms. */
const aliveEveryMs = 60_000;
/** Others have more to do at the end, ms. */
const maxStopMs = 2000;

interface ConnectionLogOptions {
  readonly events: Pick<Emitter<DomainEvents>, 'on'>;
  readonly store: ConnectionStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

interface ConnectionLog {
  /** From now on; what an earlier process left open has ended. */
  start: () => void;
  /** Writes what waits, for so many ms at most, and no longer than two seconds. */
  stop: (ms: number) => Promise<void>;
}

/** Keeps in the store when clusters are heard and when not. */
export function createConnectionLog(options: ConnectionLogOptions): ConnectionLog {
  const { events, store, clock } = options;
  const writer = new ConnectionWriter(options);
  let letGo = (): void => {};
  let timer: Timer | null = null;
  const alive = (): void => {
    writer.write();
    timer = clock.setTimer(alive, aliveEveryMs);
  };
  return {
    start: () => {
      writer.first(() => store.endConnections());
      letGo = events.on('connection:changed', (status) => writer.note(status));
      alive();
    },
    stop: async (ms) => {
      letGo();
      timer?.cancel();
      await writer.stop(AbortSignal.timeout(Math.ceil(Math.min(Math.max(1, ms), maxStopMs))));
    },
  };
}

class ConnectionWriter {
  readonly #options: ConnectionLogOptions;
  readonly #background = new Background();
  /** Cuts the wait for the next attempt. */
  readonly #hurry = new AbortController();
  #before: (() => Promise<void>) | null = null;
  /** By cluster, what was noted last. */
  readonly #last = new Map<string, ConnectionChange>();
  #waiting: ConnectionChange[] = [];
  #dropped = 0;
  #writing = false;

  constructor(options: ConnectionLogOptions) {
    this.#options = options;
  }

  /** Is written before all else. */
  first(write: () => Promise<void>): void {
    this.#before = write;
  }

  note(status: ConnectionStatus): void {
    const change = changeOf(status, this.#options.clock.now());
    if (change === null) return;
    const { cluster, to } = change;
    if (isSame(this.#last.get(cluster), change)) return;
    if (to === 'ended') this.#last.delete(cluster);
    else this.#last.set(cluster, change);
    this.#waiting.push(change);
    this.#bound();
    this.write();
  }

  /** What waits; without any, that the process is alive. */
  write(): void {
    if (this.#writing) return;
    this.#writing = true;
    this.#background.run(
      (signal) => this.#writeAll(signal),
      (failure) => this.#told(failure),
    );
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#hurry.abort();
    this.write();
    await this.#background.stop(signal);
  }

  async #writeAll(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    try {
      let attempt = 0;
      do {
        if (await this.#write(attempt)) {
          attempt = 0;
          continue;
        }
        if (this.#hurry.signal.aborted) return;
        const either = AbortSignal.any([signal, this.#hurry.signal]);
        await delay(clock, backoffDelay(retry, attempt++, random), either).catch(() => {});
      } while (this.#waiting.length > 0 && !signal.aborted);
    } finally {
      this.#writing = false;
    }
    if (this.#dropped === 0) return;
    this.#options.logger.warn({ dropped: this.#dropped }, 'changes of connections are not kept: too many waited');
    this.#dropped = 0;
  }

  /** The oldest that wait; false when the store cannot be written now. */
  async #write(attempt: number): Promise<boolean> {
    const { store, clock } = this.#options;
    const changes = this.#waiting.splice(0, batch);
    try {
      await this.#before?.();
      this.#before = null;
      await store.noteConnections(changes, clock.now());
      return true;
    } catch (error) {
      if (attempt === 0) this.#told(error);
      // What fails by itself would fail again, and hold up all that comes after it.
      if (!(error instanceof StoreUnavailableError)) {
        this.#dropped += changes.length;
        return true;
      }
      this.#waiting.unshift(...changes);
      this.#bound();
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

/** Null for a step on the way. A connection that we end is `disconnected` without an error (`state.ts`). */
function changeOf({ cluster, state, source, error }: ConnectionStatus, at: number): ConnectionChange | null {
  const said = error && { code: error.code, message: error.message };
  if (state === 'active') return { cluster, at, to: 'active', source, error: null };
  if (state === 'disconnected' && said === null) return { cluster, at, to: 'ended', source: 'none', error: null };
  if (state === 'failed' || state === 'disconnected') return { cluster, at, to: 'failed', source: 'none', error: said };
  return null;
}

function isSame(last: ConnectionChange | undefined, { to, source, error }: ConnectionChange): boolean {
  if (last === undefined) return to === 'ended';
  return last.to === to && last.source === source && last.error?.code === error?.code;
}
