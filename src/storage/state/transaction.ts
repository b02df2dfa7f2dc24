import type { StoreChange, StorePolicy } from '../../domain/state-store.ts';
import type { Database } from './database.ts';

/** What an operation works with; its changes are told after the commit. */
export interface Transaction {
  readonly db: Database;
  readonly policy: StorePolicy;
  readonly changes: StoreChange[];
}
