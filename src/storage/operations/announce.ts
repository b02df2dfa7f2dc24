import { incidentDelivery, noticeDelivery, supersedeDelivery } from '../../domain/delivery.ts';
import { isLive } from '../../domain/incident.ts';
import type { DeliveryKind, Incident, Notice } from '../../domain/records.ts';
import { newId } from '../../lib/ids.ts';
import { deliveriesWhere, pendingOf, saveDelivery, wasTold } from '../rows/deliveries.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/**
 * Puts the incident's state into the outbox of every target. What waits about an older state is superseded. An incident
 * that ended before anybody was told and before anything ran is not told at all; a quiet one never.
 */
export function announce(tx: Transaction, incident: Incident, at: number): void {
  if (incident.quiet) return;
  const unremarkable = !isLive(incident.status) && incident.startedAt === null && incident.reportedAt === null;
  for (const target of tx.policy.targets) {
    const waiting = pendingOf(tx.db, target, incident.id);
    const told = !unremarkable || wasTold(tx.db, target, incident.id);
    if (waiting) saveDelivery(tx, supersedeDelivery(waiting), incident.cluster);
    if (!told) continue;
    const delivery = incidentDelivery(newId('dlv', at), target, incident, waiting?.uncertain ?? false, at);
    saveDelivery(tx, delivery, incident.cluster);
  }
}

/** Puts a notice into the outbox of every target, once a kind and key. */
export function addNotice(tx: Transaction, kind: Exclude<DeliveryKind, 'incident'>, notice: Notice, at: number): void {
  for (const target of tx.policy.targets) {
    const where = 'target = ? AND kind = ? AND about = ?';
    if (deliveriesWhere(tx.db, where, target, kind, notice.key).length > 0) continue;
    saveDelivery(tx, noticeDelivery(newId('dlv', at), target, kind, notice, at), null);
  }
}
