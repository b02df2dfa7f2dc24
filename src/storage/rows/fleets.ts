import { type Fleet, type FleetView, isLive } from '../../domain/incident.ts';
import type { DeliveryTarget, Incident } from '../../domain/records.ts';
import { shareChannel, type Sighting } from '../../domain/storm/fleet.ts';
import type { Database, Row } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { wasNotified } from './deliveries.ts';
import { incidentById, incidentsWhere } from './incidents.ts';
import { runsWhere } from './runs.ts';

export function saveFleet(db: Database, { id, signature, lead, startedAt, lastAt }: Fleet): void {
  db.run(
    `INSERT INTO fleets (id, signature, lead, started_at, last_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET lead = excluded.lead, last_at = excluded.last_at`,
    id,
    signature,
    lead,
    startedAt,
    lastAt,
  );
}

export function fleetById(db: Database, id: string): Fleet | null {
  return fleetFromRow(db.get('SELECT * FROM fleets WHERE id = ?', id));
}

/** The fleet incident of a signature that goes on: it was seen since a time. That one of it stands says nothing of others. */
export function fleetSince(db: Database, signature: string, since: number): Fleet | null {
  const sql = 'SELECT * FROM fleets WHERE signature = ? AND last_at > ? ORDER BY started_at DESC LIMIT 1';
  return fleetFromRow(db.get(sql, signature, since));
}

/** Remembers in which incident a signature was seen first, and forgets what is older than the window. */
export function saveSighting(tx: Transaction, signature: string, { id, cluster }: Incident, at: number): void {
  tx.db.run('DELETE FROM sightings WHERE at < ?', at - tx.policy.fleet.windowMs);
  tx.db.run(
    'INSERT INTO sightings (signature, incident_id, cluster, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    signature,
    id,
    cluster,
    at,
  );
}

/** Incidents in which a signature was seen since a time, the oldest first, and whether people were told of them. */
export function sightingsSince(tx: Transaction, signature: string, since: number): Sighting[] {
  const seen = 'SELECT incident_id FROM sightings WHERE signature = ? AND at > ?';
  const where = `id IN (${seen}) AND status <> 'skipped' AND fleet IS NULL ORDER BY id`;
  return incidentsWhere(tx.db, where, signature, since).map((incident) => {
    return { incidentId: incident.id, cluster: incident.cluster, told: isTold(tx, incident) };
  });
}

/**
 * The incident whose message tells of a fleet incident. Another one takes its place when it ended and nobody heard of it,
 * or when a storm took it in.
 */
export function leadOf(tx: Transaction, fleetId: string): Incident | null {
  const fleet = fleetById(tx.db, fleetId);
  if (fleet === null) return null;
  const lead = incidentById(tx.db, fleet.lead);
  if (lead !== null && lead.status !== 'skipped' && (isLive(lead.status) || isTold(tx, lead))) return lead;
  const next = incidentsWhere(tx.db, 'fleet = ? AND live = 1 ORDER BY id LIMIT 1', fleetId)[0];
  if (next === undefined) return lead;
  saveFleet(tx.db, { ...fleet, lead: next.id });
  return next;
}

/** Whether people hear of an incident only by the message of another one that leads their fleet incident. */
export function isToldByLead(tx: Transaction, incident: Incident, lead: Incident, target: DeliveryTarget): boolean {
  // A program gets every event, with what it belongs to.
  if (lead.id === incident.id || target === 'webhook' || wasNotified(tx.db, target, incident.id)) return false;
  const apart = target === 'slack' && !shareChannel(tx.policy.fleet, lead.cluster, incident.cluster);
  return !apart && !hasOtherCause(tx.db, incident, lead);
}

/** Whether both have an answer, and something else is wrong in each. */
function hasOtherCause(db: Database, a: Incident, b: Incident): boolean {
  const [one, other] = [mechanismOf(db, a), mechanismOf(db, b)];
  return one !== null && other !== null && one !== other;
}

/** The mechanism that the last answer names; null before one, and where it names none. */
function mechanismOf(db: Database, { id }: Incident): string | null {
  const cause = runsWhere(db, `incident_id = ? AND status <> 'queued' ORDER BY created_at DESC, id DESC`, id)
    .map(({ result }) => (result?.isFault === true ? result.rootCause : null))
    .find((found) => found !== null && found !== undefined);
  return cause === undefined || cause === null || cause.mechanism === 'other' ? null : cause.mechanism;
}

/** What is shown of the fleet incident to which an incident belongs; at most 1,000 of its incidents. */
export function fleetView(db: Database, { fleet }: Incident): FleetView | null {
  const row = fleet === undefined ? null : fleetById(db, fleet.id);
  if (row === null) return null;
  const { id, signature, lead } = row;
  const members = incidentsWhere(db, `fleet = ? AND status <> 'skipped' ORDER BY id LIMIT 1000`, id);
  return {
    id,
    signature,
    lead,
    members: members.map((member) => ({
      incidentId: member.id,
      cluster: member.cluster,
      status: member.status,
      title: member.title,
      cause: member.cause,
      joinedAt: member.fleet?.joinedAt ?? member.openedAt,
      resolvedAt: member.resolvedAt,
    })),
  };
}

function isTold(tx: Transaction, incident: Incident): boolean {
  return tx.policy.targets.some((target) => target !== 'webhook' && wasNotified(tx.db, target, incident.id));
}

function fleetFromRow(row: Row | null): Fleet | null {
  if (row === null) return null;
  return {
    id: row['id'] as string,
    signature: row['signature'] as string,
    lead: row['lead'] as string,
    startedAt: row['started_at'] as number,
    lastAt: row['last_at'] as number,
  };
}
