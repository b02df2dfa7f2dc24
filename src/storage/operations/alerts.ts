import type {
  AlertExpiry,
  AlertRelease,
  AlertReport,
  AlertsAccepted,
  FiringAlert,
  ResolvedAlert,
} from '../../domain/ports.ts';
import { ofCluster } from '../../domain/cluster-policy.ts';
import { isHeldBack, isRepeat } from '../../domain/decide/outcome.ts';
import { clearEpisode, onlyAlerted, repeatEpisode } from '../../domain/episode.ts';
import type { FaultSignal, InvalidSignal } from '../../domain/fault.ts';
import { objectKey } from '../../domain/incident.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import type { ClusterPolicy } from '../../domain/state-store.ts';
import { apply } from '../rows/apply.ts';
import { countOutcome, countReceived } from '../rows/counters.ts';
import { activeEpisode } from '../rows/episodes.ts';
import { incidentById } from '../rows/incidents.ts';
import { addToCount, receptionsWhere } from '../rows/receptions.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { accept, journal, throttledRow } from './accept.ts';
import { followClear, isReleased, refuse, room, signalOf } from './sweep.ts';
import { silenceOf } from './silences.ts';

/** Repeats of an alert within so long are one row that counts: senders repeat each alert every minute. Ms. */
const repeatRowMs = 3_600_000;
/** Alerts of one request that cannot be used and are listed one by one; the rest is one row. */
const maxInvalid = 100;
/** Alerts that one call ends. */
const maxExpired = 500;
/** Alerts that one call looks at for whether something still holds them back. */
const maxLooked = 1000;
/** An alert of so many receptions within the hour is not received again by us: its outcome would not change. */
const maxAgain = 10;

/**
 * What an alert sender said. An alert that did not stand is a reception, which waits for its outcome; one that stands is
 * a repeat, of which one row an hour counts; one that is resolved has cleared. What was held back and is not any more
 * waits for its outcome again.
 */
export function acceptAlerts(tx: Transaction, report: AlertReport, at: number): AlertsAccepted {
  const rooms = new Map<string, number>();
  const refused = new Map<string, number>();
  for (const alert of report.firing) {
    const { cluster, faultId } = alert.signal;
    const policy = ofCluster(report.policies, cluster) ?? null;
    const active = activeEpisode(tx.db, cluster, faultId);
    const left = rooms.get(cluster) ?? room(tx, cluster);
    if (active === null && left <= 0 && !waits(tx.db, { cluster, faultId })) {
      refused.set(cluster, (refused.get(cluster) ?? 0) + 1);
      continue;
    }
    rooms.set(cluster, left - Number(active === null));
    note(tx.db, { cluster, faultId }, alert.endsAt, false);
    take(tx, alert, { active, policy }, at);
  }
  for (const [cluster, count] of refused) refuse(tx, { cluster, source: 'webhook', count, at });
  for (const invalid of report.invalid.slice(0, maxInvalid)) acceptUnusable(tx, invalid, at);
  refuseUnusable(tx, report.invalid.slice(maxInvalid), at);
  const cleared = report.resolved.filter((alert) => resolve(tx, alert, at)).length;
  return { received: report.firing.length + report.invalid.length, cleared };
}

/** Ends alerts that are over: their sender said so, or it did not send them again. What waits for its outcome stays. */
export function expireAlerts(tx: Transaction, { heard, silenceMs }: AlertExpiry, at: number): number {
  const over = tx.db.all<{ cluster: string; faultId: string }>(
    `SELECT cluster, fault_id AS faultId FROM alerts WHERE ends_at <= ?
       AND (resolved = 1 OR ends_at <= ? OR ends_at <= (SELECT value FROM json_each(?) WHERE key = cluster))
       AND NOT EXISTS (SELECT 1 FROM receptions WHERE receptions.cluster = alerts.cluster
         AND receptions.fault_id = alerts.fault_id AND outcome IS NULL AND episode_id IS NULL)
     ORDER BY ends_at LIMIT ?`,
    at,
    at - silenceMs,
    JSON.stringify(heard),
    maxExpired,
  );
  return over.filter((alert) => resolve(tx, alert, at)).length;
}

/** Receives again what stands without an incident and is held back by nothing any more: its sender may be silent for hours. */
export function releaseAlerts(tx: Transaction, { after, policies }: AlertRelease, at: number): number {
  const looked = tx.db.all<{ place: number; cluster: string; faultId: string }>(
    `SELECT rowid AS place, cluster, fault_id AS faultId FROM alerts
     WHERE rowid > ? AND resolved = 0 AND ends_at > ? ORDER BY rowid LIMIT ${maxLooked}`,
    after,
    at,
  );
  for (const { cluster, faultId } of looked) {
    const policy = ofCluster(policies, cluster) ?? null;
    const active = activeEpisode(tx.db, cluster, faultId);
    // Of what a sweep sees, the sweep says so.
    if (active === null || !onlyAlerted(active)) continue;
    const signal = { ...signalOf(active, at), source: 'webhook' } as const;
    if (!isReleased(tx, signal, active, policy, at) || waits(tx.db, { cluster, faultId })) continue;
    if (receivedLately(tx.db, signal, at) >= maxAgain) continue;
    journal(tx, { cluster, source: signal.source, at, signal, invalid: null });
  }
  return looked.length < maxLooked ? 0 : (looked.at(-1)?.place ?? 0);
}

function receivedLately(db: Database, { cluster, faultId, resource }: FaultSignal, at: number): number {
  const row = db.get<{ n: number }>(
    `SELECT count(*) AS n FROM (SELECT 1 FROM receptions WHERE cluster = ? AND object = ? AND fault_id = ? AND at >= ?
       LIMIT ${maxAgain})`,
    cluster,
    objectKey(resource),
    faultId,
    at - repeatRowMs,
  );
  return row?.n ?? 0;
}

interface Standing {
  readonly active: FaultEpisode | null;
  readonly policy: ClusterPolicy | null;
}

function take(tx: Transaction, { signal }: FiringAlert, { active, policy }: Standing, at: number): void {
  const { cluster, source } = signal;
  if (active !== null && stands(tx, active, policy, { signal, at }) && countRepeat(tx, active, { signal, at })) return;
  journal(tx, { cluster, source, at, signal, invalid: null });
}

type Received = Pick<FiringAlert, 'signal'> & { readonly at: number };

/** Whether one more of an active alert can only be a repeat. */
function stands(
  tx: Transaction,
  active: FaultEpisode,
  policy: ClusterPolicy | null,
  { signal, at }: Received,
): boolean {
  if (active.outcome === null) return true;
  if (active.incidentId === null) {
    return policy === null || isHeldBack(signal, policy, () => silenceOf(tx.db, signal, active.owner, policy, at));
  }
  return isRepeat({ at, activeIncident: incidentById(tx.db, active.incidentId), isOwn: false }, active, tx.policy);
}

/** Adds to the repeats of the hour; false when there is no row of them yet. */
function countRepeat(tx: Transaction, active: FaultEpisode, { signal, at }: Received): boolean {
  const where = `episode_id = ? AND outcome = 'repeated' AND source = 'webhook' AND at >= ? ORDER BY seq DESC LIMIT 1`;
  const [row] = receptionsWhere(tx.db, where, active.id, at - (at % repeatRowMs));
  if (row === undefined) return false;
  addToCount(tx.db, row.seq, 1);
  countReceived(tx.db, row.cluster, row.source, 1, at);
  countOutcome(tx.db, row.cluster, 'repeated', 1);
  const said = { ...signal, context: tx.redact.text(signal.context) };
  apply(tx, [{ type: 'episode', before: active, episode: repeatEpisode(active, said, at) }], at);
  return true;
}

/** Clears the fault of an alert that is over. One whose last reception waits for its outcome is ended after that. */
function resolve(tx: Transaction, alert: ResolvedAlert, at: number): boolean {
  if (waits(tx.db, alert)) {
    note(tx.db, alert, at, true);
    return false;
  }
  const { cluster, faultId } = alert;
  tx.db.run('DELETE FROM alerts WHERE cluster = ? AND fault_id = ?', cluster, faultId);
  const before = activeEpisode(tx.db, cluster, faultId);
  if (before === null) return false;
  const episode = clearEpisode(before, at);
  apply(tx, [{ type: 'episode', before, episode }], at);
  followClear(tx, episode, at);
  return true;
}

/** Remembers when an alert is over. */
function note(db: Database, { cluster, faultId }: ResolvedAlert, endsAt: number, resolved: boolean): void {
  db.run(
    `INSERT INTO alerts (cluster, fault_id, ends_at, resolved) VALUES (?, ?, ?, ?)
     ON CONFLICT (cluster, fault_id) DO UPDATE SET ends_at = excluded.ends_at, resolved = excluded.resolved`,
    cluster,
    faultId,
    endsAt,
    resolved ? 1 : 0,
  );
}

function waits(db: Database, { cluster, faultId }: ResolvedAlert): boolean {
  const where = 'cluster = ? AND fault_id = ? AND outcome IS NULL AND episode_id IS NULL';
  return db.get(`SELECT 1 FROM receptions WHERE ${where} LIMIT 1`, cluster, faultId) !== null;
}

/** Lists one that cannot be used; the same again within the hour only counts. */
function acceptUnusable(tx: Transaction, invalid: InvalidSignal, at: number): void {
  const { cluster, source, reason } = invalid;
  const where = `outcome = 'invalid' AND cluster = ? AND rule = ? AND at >= ? AND source = ? ORDER BY at DESC LIMIT 1`;
  const [row] = receptionsWhere(tx.db, where, cluster, reason, at - (at % repeatRowMs), source);
  if (row === undefined) return accept(tx, [invalid], at);
  addToCount(tx.db, row.seq, 1);
  countReceived(tx.db, cluster, source, 1, at);
  countOutcome(tx.db, cluster, 'invalid', 1);
}

function refuseUnusable(tx: Transaction, rest: readonly InvalidSignal[], at: number): void {
  for (const [cluster, { length: count }] of Map.groupBy(rest, (invalid) => invalid.cluster)) {
    countReceived(tx.db, cluster, 'webhook', count, at);
    throttledRow(tx, { cluster, source: 'webhook', rule: `${maxInvalid} unusable alerts a request`, count, at });
  }
}
