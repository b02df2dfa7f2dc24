import type { Delivery, DeliveryTarget, RemotePost } from '../../domain/records.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Writes a message, new or changed. */
export function saveDelivery(tx: Transaction, delivery: Delivery, cluster: string | null): void {
  tx.db.run(
    `INSERT INTO deliveries (id, target, kind, about, status, not_before, created_at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, not_before = excluded.not_before, body = excluded.body`,
    delivery.id,
    delivery.target,
    delivery.kind,
    aboutOf(delivery),
    delivery.status,
    delivery.notBefore,
    delivery.createdAt,
    JSON.stringify(delivery),
  );
  tx.changes.push({ type: 'delivery', cluster, delivery });
}

/** What may be sent when it is due: nothing about the same thing is being sent to that target. */
export const deliverable = `target = ? AND status IN ('pending', 'held') AND NOT EXISTS (SELECT 1 FROM deliveries AS other
  WHERE other.target = deliveries.target AND other.about = deliveries.about AND other.status = 'sending')`;

/** What a message is about: the incident's id or the notice's key. */
export function aboutOf(delivery: Pick<Delivery, 'incidentId' | 'notice'>): string {
  return delivery.incidentId ?? delivery.notice?.key ?? '';
}

/** The message of an incident to a target that waits: there is at most one. */
export function pendingOf(db: Database, target: DeliveryTarget, incidentId: string): Delivery | null {
  const where = `target = ? AND about = ? AND status = 'pending' AND kind = 'incident'`;
  return deliveriesWhere(db, where, target, incidentId)[0] ?? null;
}

/** The message of an incident to a target that waits for the end of a silence: there is at most one. */
export function heldOf(db: Database, target: DeliveryTarget, incidentId: string): Delivery | null {
  const where = `target = ? AND about = ? AND status = 'held' AND kind = 'incident'`;
  return deliveriesWhere(db, where, target, incidentId)[0] ?? null;
}

/** Whether something about an incident is being sent to a target. */
export function isSending(db: Database, target: DeliveryTarget, incidentId: string): boolean {
  return deliveriesWhere(db, `target = ? AND about = ? AND status = 'sending' LIMIT 1`, target, incidentId).length > 0;
}

/** The newest message of an incident that a target has, null before the first. */
export function lastSent(db: Database, target: DeliveryTarget, incidentId: string): Delivery | null {
  const where = `target = ? AND about = ? AND kind = 'incident' AND status = 'sent' ORDER BY created_at DESC, id DESC LIMIT 1`;
  return deliveriesWhere(db, where, target, incidentId)[0] ?? null;
}

/** When the newest message of an incident was put into the outbox, ms since the epoch; 0 before the first. */
export function lastAnnounced(db: Database, incidentId: string): number {
  const sql = `SELECT max(created_at) AS at FROM deliveries WHERE about = ? AND kind = 'incident'`;
  return db.get<{ at: number | null }>(sql, incidentId)?.at ?? 0;
}

/** Whether a person may have seen a message about the incident there: one was sent, or may have been. */
export function wasNotified(db: Database, target: DeliveryTarget, incidentId: string): boolean {
  const told = deliveriesWhere(db, `about = ? AND kind = 'incident'`, incidentId).some(
    (delivery) =>
      delivery.target === target && (delivery.status === 'sent' || delivery.status === 'sending' || delivery.uncertain),
  );
  return told || postOf(db, target, incidentId) !== null;
}

export function savePost(db: Database, target: DeliveryTarget, about: string, post: RemotePost): void {
  db.run(
    `INSERT INTO posts (about, target, channel, ts) VALUES (?, ?, ?, ?)
     ON CONFLICT (about, target) DO UPDATE SET channel = excluded.channel, ts = excluded.ts`,
    about,
    target,
    post.channel,
    post.ts,
  );
}

export function postOf(db: Database, target: DeliveryTarget, about: string): RemotePost | null {
  const row = db.get('SELECT channel, ts FROM posts WHERE about = ? AND target = ?', about, target);
  return row === null ? null : { channel: row['channel'] as string, ts: row['ts'] as string };
}

/** What the post at a place is about: an incident's id or a notice's key; null when nothing is there. */
export function aboutPost(db: Database, target: DeliveryTarget, post: RemotePost): string | null {
  const sql = 'SELECT about FROM posts WHERE target = ? AND channel = ? AND ts = ?';
  return db.get<{ about: string }>(sql, target, post.channel, post.ts)?.about ?? null;
}

/** `where` and what follows it, over the columns of the table. */
export function deliveriesWhere(db: Database, where: string, ...params: Value[]): Delivery[] {
  return db.all(`SELECT body FROM deliveries WHERE ${where}`, ...params).map(deliveryFromRow);
}

function deliveryFromRow(row: Row): Delivery {
  return JSON.parse(row['body'] as string) as Delivery;
}
