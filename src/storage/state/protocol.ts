import type { Problem } from '../../lib/problem.ts';
import type { StateStore, StoreChange, StorePolicy } from '../../domain/state-store.ts';

/* What the threads of the state store say to each other. */

export const writeNames = [
  'accept',
  'countThrottled',
  'acceptSweep',
  'settle',
  'resolveIncident',
  'closeRemovedClusters',
  'claimRun',
  'finishRun',
  'returnRun',
  'recoverRuns',
  'requestRun',
  'triageByHand',
  'claimDeliveries',
  'finishDelivery',
  'recoverDeliveries',
  'notice',
  'prune',
] as const satisfies readonly (keyof StateStore)[];
export type WriteName = (typeof writeNames)[number];

export const readNames = [
  'unsettled',
  'standing',
  'nextRunDue',
  'nextDeliveryDue',
  'toldDark',
  'incidents',
  'incident',
  'faults',
  'why',
  'counters',
] as const satisfies readonly (keyof StateStore)[];
export type ReadName = (typeof readNames)[number];

export interface WorkerSetup {
  readonly file: string;
  readonly policy: StorePolicy;
}

export interface StoreRequest {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type StoreAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly unavailable: boolean; readonly message: string };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly problem: Problem }
  | {
      readonly type: 'answers';
      readonly answers: readonly StoreAnswer[];
      readonly changes: readonly StoreChange[];
      /** How long the transaction took, milliseconds. */
      readonly tookMs: number;
    };
