import type { ConnectionStatus } from './cluster-status.ts';
import type { PermissionSnapshot } from './permissions.ts';
import type { StoreChange } from './state-store.ts';

/** What happens, told to whoever listens (metrics, server-sent events, logs, tests). Names are `noun:verb`. */
export interface DomainEvents {
  /** A connection changed its state, its source or its error. */
  'connection:changed': ConnectionStatus;
  /** A sweep ended; `result` is `ok`, `partial` (some lists could not be read) or `failed`. */
  'sweep:ended': { cluster: string; result: 'ok' | 'partial' | 'failed'; durationMs: number; findings: number };
  /** Notifications were thrown away over the rate limit. */
  'connection:throttled': { cluster: string; count: number };
  /** Permissions of a cluster were asked; `result` is `met`, `denied` or `unknown`. */
  'permissions:changed': { cluster: string; snapshot: PermissionSnapshot; durationMs: number };
  /** Rows changed in the state store. */
  'store:changed': readonly StoreChange[];
}
