import { refreshDelivery, supersedeDelivery } from '../../domain/decide/delivery.ts';
import type { Delivery, DeliveryTarget, Incident, RemotePost } from '../../domain/records.ts';
import type { ShowAgain } from '../../domain/question.ts';
import { newId } from '../../lib/ids.ts';
import { aboutPost, deliveriesWhere, postOf, saveDelivery, savePost } from '../rows/deliveries.ts';
import { incidentById } from '../rows/incidents.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { mutedUntil } from './silences.ts';

/** What was heard is kept for so long, ms: the other side repeats itself for an hour at most. */
const heardMs = 24 * 60 * 60_000;

/** The incident whose post it is, null when it is of none. */
export function incidentOfPost(db: Database, target: DeliveryTarget, post: RemotePost): string | null {
  const about = aboutPost(db, target, post);
  return about === null ? null : (incidentById(db, about)?.id ?? null);
}

/** Whether it is heard for the first time; written down. */
export function hearOnce(tx: Transaction, id: string, at: number): boolean {
  tx.db.run('DELETE FROM heard WHERE at < ?', at - heardMs);
  return tx.db.run('INSERT INTO heard (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING', id, at).changes > 0;
}

/** Puts an edit of the post of an incident into the outbox, unless a message that shows the same is there. */
export function showAgain(
  tx: Transaction,
  target: DeliveryTarget,
  incidentId: string,
  { notBefore, since, post = null }: ShowAgain,
  at: number,
): void {
  const incident = incidentById(tx.db, incidentId);
  if (incident === null || !tx.policy.targets.includes(target)) return;
  if (postOf(tx.db, target, incidentId) === null) {
    if (post === null) return;
    savePost(tx.db, target, incidentId, post);
  }
  const where = `target = ? AND about = ? AND kind = 'refresh' AND status = 'pending'`;
  const waiting = deliveriesWhere(tx.db, where, target, incidentId)[0] ?? null;
  if (since !== undefined && isShownSince(tx, target, incident, since, at)) {
    if (waiting !== null) saveDelivery(tx, supersedeDelivery(waiting), incident.cluster);
    return;
  }
  const next: Delivery =
    waiting === null
      ? refreshDelivery(newId('dlv', at), target, incident, notBefore, at)
      : { ...waiting, notBefore: Math.min(waiting.notBefore, notBefore) };
  saveDelivery(tx, next, incident.cluster);
}

/** Whether a message of the incident that was put into the outbox since then is sent, or will be at once. */
function isShownSince(tx: Transaction, target: DeliveryTarget, incident: Incident, since: number, at: number): boolean {
  const where = `target = ? AND about = ? AND kind = 'incident' AND created_at >= ?`;
  const newer = deliveriesWhere(tx.db, where, target, incident.id, since);
  if (newer.some(({ status }) => status === 'sending' || status === 'sent')) return true;
  return newer.some(({ status }) => status === 'pending') && mutedUntil(tx.db, incident, at) === null;
}
