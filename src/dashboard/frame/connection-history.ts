import type { ConnectionState, ConnectionStatus, DeliverySource } from '../../domain/cluster-status.ts';
import type { DomainEvents } from '../../domain/events.ts';
import type { Emitter } from '../../lib/emitter.ts';

/** A connection became something else. */
export interface ConnectionChange {
  /** Ms since the epoch. */
  readonly at: number;
  readonly state: ConnectionState;
  readonly source: DeliverySource;
  /** Code and message of what went wrong; null for nothing. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Of each cluster so many are kept; the oldest goes first. */
const kept = 50;

/** What connections went through since this process began; the state store keeps none of it. */
export class ConnectionHistory {
  readonly #changes = new Map<string, ConnectionChange[]>();

  constructor(events: Emitter<DomainEvents>, now: () => number) {
    events.on('connection:changed', (status) => this.#note(status, now()));
  }

  /** Newest first. */
  of(cluster: string): readonly ConnectionChange[] {
    return this.#changes.get(cluster)?.toReversed() ?? [];
  }

  #note({ cluster, state, source, error }: ConnectionStatus, at: number): void {
    const changes = this.#changes.get(cluster) ?? [];
    const last = changes.at(-1);
    const code = error?.code ?? null;
    // Counters change all the time.
    if (last && last.state === state && last.source === source && (last.error?.code ?? null) === code) return;
    const said = error === null ? null : { code: error.code, message: error.message };
    this.#changes.set(cluster, [...changes, { at, state, source, error: said }].slice(-kept));
  }
}
