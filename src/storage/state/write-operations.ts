import type { StateStore } from '../../domain/state-store.ts';
import { accept, countThrottled } from './operations/accept.ts';
import { addNotice } from './operations/announce.ts';
import { triageByHand } from './operations/by-hand.ts';
import { claimDeliveries, finishDelivery, recoverDeliveries } from './operations/deliveries.ts';
import { prune } from './operations/prune.ts';
import { closeRemovedClusters, resolveIncident } from './operations/resolve.ts';
import { claimRun, finishRun, recoverRuns, requestRun, returnRun } from './operations/runs.ts';
import { settle } from './operations/settle.ts';
import { acceptSweep } from './operations/sweep.ts';
import type { WriteName } from './protocol.ts';
import type { Transaction } from './transaction.ts';

type WriteOperation<K extends WriteName> = (
  tx: Transaction,
  ...args: Parameters<StateStore[K]>
) => Awaited<ReturnType<StateStore[K]>>;

/** The methods of the state store that write, each inside a transaction that is begun and committed outside. */
export const writeOperations: { readonly [K in WriteName]: WriteOperation<K> } = {
  accept,
  countThrottled,
  acceptSweep,
  settle,
  resolveIncident,
  closeRemovedClusters,
  claimRun,
  finishRun,
  returnRun,
  recoverRuns,
  requestRun,
  triageByHand,
  claimDeliveries,
  finishDelivery,
  recoverDeliveries,
  notice: addNotice,
  prune,
};
