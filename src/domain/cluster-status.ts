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

/** A stretch of time in which a cluster was heard, or was not; what people ask for afterwards. Times in ms since the epoch. */
export interface ConnectionSpan {
  readonly from: number;
  /** Null: it goes on. */
  readonly until: number | null;
  readonly state: 'active' | 'failed';
  readonly source: DeliverySource;
  /** Code and message of what went wrong last; null while it is heard. */
  readonly error: Pick<Problem, 'code' | 'message'> | null;
}

/** What a connection became, for the spans that are kept; `ended`: by us, and from then on nothing is known. */
export interface ConnectionChange {
  readonly cluster: string;
  readonly at: number;
  readonly to: ConnectionSpan['state'] | 'ended';
  readonly source: DeliverySource;
  readonly error: ConnectionSpan['error'];
}

/** Keeps what connections went through. */
export interface ConnectionStore {
  /** Ends what an earlier process left open, when that was last known to be alive. */
  endConnections(): Promise<void>;
  /**
   * Carries spans on and begins new ones, in this order; of each cluster the newest 200 are kept. `at`: the process is
   * alive, which a later one reads when this one is killed.
   */
  noteConnections(changes: readonly ConnectionChange[], at: number): Promise<void>;
}
