import type { LeftIncident, OwnerRef, SignName, StormMember, StormView } from '../../domain/fault.ts';
import { isLive, objectKey } from '../../domain/incident.ts';
import type { Incident } from '../../domain/records.ts';
import { commonality } from '../../domain/storm/common-factor.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { incidentsWhere } from './incidents.ts';

/** The storm of a cluster that gathers: there is at most one. */
export function gatheringStorm(db: Database, cluster: string): Incident | null {
  return incidentsWhere(db, `cluster = ? AND storm = 'gathers' AND live = 1`, cluster)[0] ?? null;
}

/** Storms of a cluster that are over and still stand, the latest first. */
export function endedStorms(db: Database, cluster: string): Incident[] {
  return incidentsWhere(db, `cluster = ? AND storm = 'over' AND live = 1 ORDER BY id DESC LIMIT 20`, cluster);
}

/** Remembers that an incident was opened, or would have been, and forgets what no limit counts any more. */
export function saveOpening(tx: Transaction, opening: { cluster: string; incidentId: string }, at: number): void {
  const { storm } = tx.policy;
  const longest = Math.max(storm.windowMs, ...Object.values(storm.own).map(({ windowMs }) => windowMs));
  tx.db.run('DELETE FROM openings WHERE at < ?', at - longest);
  tx.db.run(
    'INSERT INTO openings (cluster, at, incident_id) VALUES (?, ?, ?)',
    opening.cluster,
    at,
    opening.incidentId,
  );
}

/** How many incidents were opened, or would have been, since a time; counted up to `limit`. */
export function countOpenings(db: Database, since: number, limit: number, cluster: string | null): number {
  const of = cluster === null ? '1' : 'cluster = ?';
  const params: Value[] = cluster === null ? [since, limit] : [cluster, since, limit];
  const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM openings WHERE ${of} AND at > ? LIMIT ?)`;
  return db.get<{ n: number }>(sql, ...params)?.n ?? 0;
}

/** Incidents of a cluster that were opened since a time and have not ended, the oldest first. */
export function openedSince(db: Database, cluster: string, since: number): Incident[] {
  const opened = 'SELECT incident_id FROM openings WHERE cluster = ? AND at > ?';
  return incidentsWhere(db, `live = 1 AND storm IS NULL AND id IN (${opened}) ORDER BY id`, cluster, since);
}

/** Writes what a storm stands for, new or changed. */
export function saveMember(db: Database, member: StormMember): void {
  const { stormId, owner, family, at, incidentId } = member;
  db.run(
    `INSERT INTO storm_members (storm_id, owner, family, at, incident_id, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (storm_id, owner, family) DO UPDATE SET incident_id = excluded.incident_id, body = excluded.body`,
    stormId,
    objectKey(owner),
    family,
    at,
    incidentId,
    JSON.stringify(member),
  );
}

/** What live storms of a cluster stand for of an owner of which a fault still stands in that storm, the oldest first. */
export function liveMembers(
  db: Database,
  cluster: string,
  owner: OwnerRef,
): { incident: Incident; member: StormMember }[] {
  return incidentsWhere(db, 'cluster = ? AND storm IS NOT NULL AND live = 1 ORDER BY id', cluster).flatMap(
    (incident) => {
      const stands = `EXISTS (SELECT 1 FROM episodes WHERE episodes.incident_id = storm_id AND episodes.owner = storm_members.owner
      AND cleared_at IS NULL)`;
      const where = `storm_id = ? AND owner = ? AND incident_id IS NULL AND ${stands}`;
      return membersWhere(db, where, incident.id, objectKey(owner)).map((member) => ({ incident, member }));
    },
  );
}

/** Of a storm, in the order in which they would have been opened. */
export function membersOf(db: Database, stormId: string): StormMember[] {
  return membersWhere(db, 'storm_id = ? ORDER BY at, owner, family', stormId);
}

/** What a storm took in and what of it is shared, as it is now. */
export function stormView(db: Database, incident: Incident): StormView {
  const members = membersOf(db, incident.id);
  const common = commonality(members, (sign, value) => hasOthers(db, incident.cluster, sign, value));
  return { members, ...common, left: leftOf(db, incident.id) };
}

/** What members of a storm became after it, the oldest first. */
export function leftOf(db: Database, stormId: string): LeftIncident[] {
  const ids = 'SELECT incident_id FROM storm_members WHERE storm_id = ? AND incident_id IS NOT NULL';
  return incidentsWhere(db, `id IN (${ids}) ORDER BY id`, stormId).map((incident) => ({
    incidentId: incident.id,
    title: incident.title,
    state: leftState(incident),
    cause: incident.cause,
    reportedAt: incident.reportedAt,
    live: isLive(incident.status),
  }));
}

function leftState({ status, reportedAt }: Incident): LeftIncident['state'] {
  if (status === 'open' || status === 'queued' || status === 'investigating') return 'waits';
  if (status === 'failed') return 'failed';
  return reportedAt === null ? 'ended' : 'answered';
}

/** Whether faults of the cluster are known that have another value of a sign, as far as rows keep it apart. */
function hasOthers(db: Database, cluster: string, sign: SignName, value: string): boolean {
  if (sign === 'node') {
    return (
      db.get('SELECT 1 FROM episodes WHERE cluster = ? AND node IS NOT NULL AND node <> ? LIMIT 1', cluster, value) !==
      null
    );
  }
  if (sign !== 'namespace') return false;
  // An owner is `kind/namespace/name`; no part of it has a slash.
  const other = `owner NOT LIKE '%//%' AND instr(owner, ?) = 0`;
  return db.get(`SELECT 1 FROM episodes WHERE cluster = ? AND ${other} LIMIT 1`, cluster, `/${value}/`) !== null;
}

function membersWhere(db: Database, where: string, ...params: Value[]): StormMember[] {
  return db.all(`SELECT body FROM storm_members WHERE ${where}`, ...params).map(memberFromRow);
}

function memberFromRow(row: Row): StormMember {
  return JSON.parse(row['body'] as string) as StormMember;
}
