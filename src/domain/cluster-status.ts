import type { Problem } from '../lib/problem.ts';
import type { PermissionSnapshot } from './permissions.ts';

export const connectionStates = ['disconnected', 'connecting', 'connected', 'subscribing', 'active', 'failed'] as const;
export type ConnectionState = (typeof connectionStates)[number];
export const deliverySources = ['push', 'sweep', 'watch', 'none'] as const;
export type DeliverySource = (typeof deliverySources)[number];

/** What a cluster's connection shows of itself; health adds permissions and incidents. Times in ms since the epoch. */
export interface ConnectionStatus {
  readonly cluster: string;
  readonly state: ConnectionState;
  readonly source: DeliverySource;
  /** When `state` began. */
  readonly since: number;
  /** When the cluster was last heard of: a push, or a finding of a sweep that is new. */
  readonly lastEvent: number | null;
  /** How often it was, by earlier processes too. */
  readonly eventCount: number;
  readonly lastSweep: number | null;
  readonly reconnects: number;
  readonly error: Problem | null;
  /** When the next attempt is made, null when none is waited for. */
  readonly retryAt: number | null;
}

/** What health shows of one cluster (`GET /health/clusters`), before it is put into JSON. */
export interface ClusterStatus extends ConnectionStatus {
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly triageEnabled: boolean;
  readonly triageDisabledReason: string | null;
  readonly permissions: PermissionSnapshot | null;
}

/** Everybody who wants to know how the clusters are. */
export interface ClusterDirectory {
  statuses(): readonly ClusterStatus[];
}

/** The states that last; the others are steps on the way to one of them. */
const lasting = ['active', 'failed', 'disconnected'] as const satisfies readonly ConnectionState[];

/** A connection became something else; what is kept of it, so that people can ask afterwards whether a cluster was heard. */
export interface ConnectionChange {
  /** Ms since the epoch. */
  readonly at: number;
  readonly state: (typeof lasting)[number];
  readonly source: DeliverySource;
  /** Code and message of what went wrong; null for nothing. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** It is the first of a process: nobody knows what was between it and the change before. */
  readonly atStart: boolean;
}

export interface ClusterChange extends ConnectionChange {
  readonly cluster: string;
}

/** Keeps what connections went through. */
export interface ConnectionStore {
  /** Keeps them, in this order; of each cluster the newest 200. Those of clusters that are taken away go with them. */
  noteConnections(changes: readonly ClusterChange[]): Promise<void>;
}

export function isLasting(state: ConnectionState): state is ConnectionChange['state'] {
  return lasting.some((one) => one === state);
}
