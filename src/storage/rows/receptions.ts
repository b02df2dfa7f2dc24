import type { FaultSignal, InvalidSignal, Outcome } from '../../domain/fault.ts';
import { objectKey } from '../../domain/incident.ts';
import type { Incident, Reception } from '../../domain/records.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';

export interface NewReception {
  readonly cluster: string;
  readonly source: Reception['source'];
  readonly at: number;
  readonly signal: FaultSignal | null;
  readonly invalid: InvalidSignal | null;
  readonly quiet?: boolean;
}

/** Writes a reception without an outcome. */
export function insertReception(db: Database, reception: NewReception): Reception {
  const { cluster, source, at, signal, invalid } = reception;
  const quiet = reception.quiet ?? false;
  const { id: seq } = db.run(
    'INSERT INTO receptions (cluster, source, at, fault_id, object, quiet, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
    cluster,
    source,
    at,
    signal?.faultId ?? null,
    signal === null ? null : objectKey(signal.resource),
    quiet ? 1 : 0,
    JSON.stringify({ signal, invalid }),
  );
  return {
    seq,
    cluster,
    source,
    at,
    count: 1,
    signal,
    invalid,
    outcome: null,
    rule: null,
    final: false,
    episodeId: null,
    incidentId: null,
    quiet,
    dueAt: 0,
  };
}

/** Writes what became of a reception. */
export function saveOutcome(db: Database, reception: Reception): void {
  db.run(
    'UPDATE receptions SET outcome = ?, rule = ?, final = ?, episode_id = ?, incident_id = ?, due_at = ? WHERE seq = ?',
    reception.outcome,
    reception.rule,
    reception.final ? 1 : 0,
    reception.episodeId,
    reception.incidentId,
    reception.dueAt,
    reception.seq,
  );
}

/**
 * Moves the receptions of an incident to the one that takes it in, before its episodes are moved. What was not final is
 * now: `opened` becomes what is given, the rest is `merged`. Gives how many faults of each outcome that are.
 */
export function moveReceptions(
  db: Database,
  { from, into, rule, opened }: { from: Pick<Incident, 'id'>; into: string; rule: string; opened: 'merged' | 'storm' },
): { outcome: Outcome; n: number }[] {
  const ofItsEpisodes = 'episode_id IN (SELECT id FROM episodes WHERE incident_id = ?)';
  db.run(`UPDATE receptions SET incident_id = ? WHERE final = 1 AND ${ofItsEpisodes}`, into, from.id);
  const waiting = 'incident_id = ? AND outcome IS NOT NULL AND final = 0';
  const becomes = `iif(outcome = 'opened', ?, 'merged')`;
  const moved = db.all<{ outcome: Outcome; n: number }>(
    `SELECT ${becomes} AS outcome, sum(count) AS n FROM receptions WHERE ${waiting} GROUP BY 1`,
    opened,
    from.id,
  );
  db.run(
    `UPDATE receptions SET outcome = ${becomes}, rule = ?, final = 1, incident_id = ? WHERE ${waiting}`,
    opened,
    rule,
    into,
    from.id,
  );
  return moved;
}

export function addToCount(db: Database, seq: number, count: number): void {
  db.run('UPDATE receptions SET count = count + ? WHERE seq = ?', count, seq);
}

/** `where` and what follows it, over the columns of the table. */
export function receptionsWhere(db: Database, where: string, ...params: Value[]): Reception[] {
  return db.all(`SELECT * FROM receptions WHERE ${where}`, ...params).map(receptionFromRow);
}

function receptionFromRow(row: Row): Reception {
  const body = JSON.parse(row['body'] as string) as Pick<Reception, 'signal' | 'invalid'>;
  return {
    seq: row['seq'] as number,
    cluster: row['cluster'] as string,
    source: row['source'] as Reception['source'],
    at: row['at'] as number,
    count: row['count'] as number,
    signal: body.signal,
    invalid: body.invalid,
    outcome: row['outcome'] as Outcome | null,
    rule: row['rule'] as string | null,
    final: row['final'] === 1,
    episodeId: row['episode_id'] as number | null,
    incidentId: row['incident_id'] as string | null,
    quiet: row['quiet'] === 1,
    dueAt: row['due_at'] as number,
  };
}
