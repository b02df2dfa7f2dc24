import type { Problem } from '../../lib/problem.ts';
import type { Unavailability } from '../sqlite/database.ts';
import type { StoreChange, StorePolicy } from '../../domain/state-store.ts';

/* What the threads of the state store say to each other. */

export interface WorkerSetup {
  readonly file: string;
  readonly policy: StorePolicy;
  readonly role: 'reader' | 'writer';
}

export interface StoreRequest {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type StoreAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      /** Set when the whole file cannot be used, null when this request alone failed. */ readonly unavailable: Unavailability | null;
      readonly message: string;
    };

/** The answers to the requests of one transaction, and the rows that it changed. */
export interface Committed {
  readonly answers: readonly StoreAnswer[];
  readonly changes: readonly StoreChange[];
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly problem: Problem }
  | ({
      readonly type: 'answers';
      /** How long the transaction took, milliseconds. */
      readonly tookMs: number;
    } & Committed);
