import type { FaultSignal, InvalidSignal } from '../../domain/fault.ts';
import { countOutcome, countReceived } from '../rows/counters.ts';
import {
  addToCount,
  insertReception,
  type NewReception,
  receptionsWhere,
  setFate,
  type StoredReception,
} from '../rows/receptions.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Journals what a source delivered; what cannot be used has its outcome at once. */
export function accept(tx: Transaction, signals: readonly (FaultSignal | InvalidSignal)[], at: number): void {
  for (const signal of signals) {
    const { cluster, source } = signal;
    if ('faultId' in signal) {
      journal(tx, { cluster, source, at, signal, invalid: null });
    } else {
      acceptInvalid(tx, signal, at);
    }
  }
}

/** Journals one fault; it waits for `settle`. */
export function journal(tx: Transaction, entry: NewReception): StoredReception {
  const reception = insertReception(tx.db, entry);
  countReceived(tx.db, reception.cluster, reception.source, 1);
  tell(tx, reception);
  return reception;
}

/**
 * Counts notifications that were thrown away over the rate limit. One row a cluster and minute stands for all of them:
 * a flood must not fill the disk.
 */
export function countThrottled(tx: Transaction, cluster: string, count: number, at: number): void {
  if (count <= 0) return;
  countReceived(tx.db, cluster, 'push', count);
  throttledRow(tx, { cluster, source: 'push', rule: 'max_faults_per_second', count, at });
}

/** Lists and counts as throttled what was received but is not looked at one by one. */
export function throttledRow(
  tx: Transaction,
  drop: { cluster: string; source: StoredReception['source']; rule: string; count: number; at: number },
): void {
  const { cluster, source, rule, count, at } = drop;
  countOutcome(tx.db, cluster, 'throttled', count);
  const where = `cluster = ? AND outcome = 'throttled' AND fault_id IS NULL AND at >= ? AND source = ? AND rule = ?`;
  const existing = receptionsWhere(tx.db, `${where} LIMIT 1`, cluster, at - (at % 60_000), source, rule)[0];
  if (existing) {
    addToCount(tx.db, existing.seq, count);
    return;
  }
  const invalid = { cluster, source, reason: `over ${rule}`, excerpt: '', at };
  const reception = insertReception(tx.db, { cluster, source, at, signal: null, invalid });
  addToCount(tx.db, reception.seq, count - 1);
  const fate = { outcome: 'throttled', rule, final: true, episodeId: null, incidentId: null } as const;
  tell(tx, setFate(tx.db, { ...reception, count }, fate));
}

function acceptInvalid(tx: Transaction, invalid: InvalidSignal, at: number): void {
  const { cluster, source } = invalid;
  countReceived(tx.db, cluster, source, 1);
  countOutcome(tx.db, cluster, 'invalid', 1);
  const reception = insertReception(tx.db, { cluster, source, at, signal: null, invalid });
  const fate = { outcome: 'invalid', rule: invalid.reason, final: true, episodeId: null, incidentId: null } as const;
  tell(tx, setFate(tx.db, reception, fate));
}

function tell(tx: Transaction, reception: StoredReception): void {
  tx.changes.push({ type: 'fault', cluster: reception.cluster, fault: { reception, episode: null } });
}
