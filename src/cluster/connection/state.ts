import { type ConnectionState, type ConnectionStatus, type DeliverySource } from '../../domain/cluster-status.ts';
import type { Counters } from '../../domain/history.ts';
import type { DomainEvents } from '../../domain/events.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Emitter } from '../../lib/emitter.ts';
import type { Problem } from '../../lib/problem.ts';

/*
 * The state machine of a connection:
 *
 *   disconnected ─▶ connecting ─▶ connected ─▶ subscribing ─▶ active
 *                       │             └────── (sweep only) ──▶ active
 *   any state but disconnected ─▶ failed        an attempt or a session ended; `retryAt` says when the next begins
 *   any state ─▶ disconnected                   stopped, or, with an error, a new session follows at once
 *   failed ─▶ connecting
 */
const allowed: Record<ConnectionState, readonly ConnectionState[]> = {
  disconnected: ['connecting'],
  connecting: ['connected', 'failed', 'disconnected'],
  connected: ['subscribing', 'active', 'failed', 'disconnected'],
  subscribing: ['active', 'failed', 'disconnected'],
  active: ['failed', 'disconnected'],
  failed: ['connecting', 'disconnected'],
};

export interface StateDetails {
  readonly source?: DeliverySource;
  readonly error?: Problem | null;
  readonly retryAt?: number | null;
}

/** What was heard of a cluster so far: pushed, or found by a sweep. */
export type Heard = Pick<ConnectionStatus, 'eventCount' | 'lastEvent'>;

const nothingHeard: Heard = { eventCount: 0, lastEvent: null };

/** Holds the status of one connection; the only place that changes it. Tells `connection:changed` after each change. */
export class ConnectionStateMachine {
  #status: ConnectionStatus;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #events: Pick<Emitter<DomainEvents>, 'emit'>;

  /** `heard`: what earlier processes heard of the cluster. */
  constructor(
    cluster: string,
    clock: Pick<Clock, 'now'>,
    events: Pick<Emitter<DomainEvents>, 'emit'>,
    heard: Heard = nothingHeard,
  ) {
    this.#clock = clock;
    this.#events = events;
    this.#status = {
      cluster,
      state: 'disconnected',
      source: 'none',
      since: clock.now(),
      ...heard,
      lastSweep: null,
      reconnects: 0,
      error: null,
      retryAt: null,
    };
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** @throws Error when the state machine has no such transition. */
  transition(to: ConnectionState, details: StateDetails = {}): void {
    const from = this.#status.state;
    if (!allowed[from].includes(to)) throw new Error(`illegal transition of a connection: ${from} → ${to}`);
    this.#status = {
      ...this.#status,
      state: to,
      since: this.#clock.now(),
      source: details.source ?? (to === 'active' ? this.#status.source : 'none'),
      error: details.error === undefined ? errorAfter(to, this.#status.error) : details.error,
      retryAt: details.retryAt ?? null,
    };
    this.#events.emit('connection:changed', this.#status);
  }

  /** Changes the source or the error without leaving the state. Tells only when something is different. */
  annotate(details: Pick<StateDetails, 'source' | 'error'>): void {
    const next = { ...this.#status, ...details };
    if (next.source === this.#status.source && next.error?.message === this.#status.error?.message) return;
    this.#status = next;
    this.#events.emit('connection:changed', this.#status);
  }

  countEvents(count: number): void {
    if (count === 0) return;
    this.#status = { ...this.#status, eventCount: this.#status.eventCount + count, lastEvent: this.#clock.now() };
  }

  countReconnect(): void {
    this.#status = { ...this.#status, reconnects: this.#status.reconnects + 1 };
  }

  /** A sweep ended; `found`: what it found that is new. */
  swept(found = 0): void {
    this.countEvents(found);
    this.#status = { ...this.#status, lastSweep: this.#clock.now() };
  }
}

/** The last error stays to be seen while the next attempt runs, and goes when the connection is good again. */
function errorAfter(to: ConnectionState, error: Problem | null): Problem | null {
  return to === 'active' ? null : error;
}

/** What earlier processes heard of each cluster by itself; what people asked for is not counted. */
export function heardBefore({ received }: Pick<Counters, 'received'>): (cluster: string) => Heard | undefined {
  const heard = new Map<string, Heard>();
  for (const { cluster, source, count, lastAt } of received) {
    if (source === 'manual') continue;
    const before = heard.get(cluster);
    const times = [before?.lastEvent ?? null, lastAt].filter((time) => time !== null);
    const lastEvent = times.length === 0 ? null : Math.max(...times);
    heard.set(cluster, { eventCount: (before?.eventCount ?? 0) + count, lastEvent });
  }
  return (cluster) => heard.get(cluster);
}
