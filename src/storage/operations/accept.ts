import type { FaultSignal, InvalidSignal } from '../../domain/fault.ts';
import type { Reception } from '../../domain/records.ts';
import { apply } from '../rows/apply.ts';
import { countOutcome, countReceived } from '../rows/counters.ts';
import { addToCount, insertReception, type NewReception, receptionsWhere } from '../rows/receptions.ts';
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

/** Journals one fault; it waits for `settle`. Every fault comes in here: its words are redacted before they are written. */
export function journal(tx: Transaction, entry: NewReception): Reception {
  const signal = entry.signal === null ? null : { ...entry.signal, context: tx.redact.text(entry.signal.context) };
  const reception = insertReception(tx.db, { ...entry, signal });
  countReceived(tx.db, reception.cluster, reception.source, 1, reception.at);
  tx.changes.push({ type: 'fault', cluster: entry.cluster, fault: { reception, episode: null } });
  return reception;
}

/**
 * Counts notifications that were thrown away over the rate limit. One row a cluster and minute stands for all of them:
 * a flood must not fill the disk.
 */
export function countThrottled(tx: Transaction, cluster: string, count: number, at: number): void {
  if (count <= 0) return;
  countReceived(tx.db, cluster, 'push', count, at);
  throttledRow(tx, { cluster, source: 'push', rule: 'max_faults_per_second', count, at });
}

/** Lists and counts as throttled what was received but is not looked at one by one. */
export function throttledRow(
  tx: Transaction,
  drop: { cluster: string; source: Reception['source']; rule: string; count: number; at: number },
): void {
  const { cluster, source, rule, count, at } = drop;
  const where = `cluster = ? AND outcome = 'throttled' AND fault_id IS NULL AND at >= ? AND source = ? AND rule = ?`;
  const existing = receptionsWhere(tx.db, `${where} LIMIT 1`, cluster, at - (at % 60_000), source, rule)[0];
  if (existing) {
    addToCount(tx.db, existing.seq, count);
    countOutcome(tx.db, cluster, 'throttled', count);
    return;
  }
  const invalid = { cluster, source, reason: `over ${rule}`, excerpt: '', at };
  const waiting = insertReception(tx.db, { cluster, source, at, signal: null, invalid });
  addToCount(tx.db, waiting.seq, count - 1);
  const reception = { ...waiting, count, outcome: 'throttled', rule, final: true } as const;
  apply(tx, [{ type: 'outcome', reception, episode: null }], at);
}

function acceptInvalid(tx: Transaction, invalid: InvalidSignal, at: number): void {
  const { cluster, source } = invalid;
  countReceived(tx.db, cluster, source, 1, at);
  const clean = { ...invalid, excerpt: tx.redact.text(invalid.excerpt) };
  const waiting = insertReception(tx.db, { cluster, source, at, signal: null, invalid: clean });
  const reception = { ...waiting, outcome: 'invalid', rule: invalid.reason, final: true } as const;
  apply(tx, [{ type: 'outcome', reception, episode: null }], at);
}
