import type { FaultSignal, InvalidSignal, Outcome } from '../../domain/fault.ts';
import { objectKey } from '../../domain/incident.ts';
import type { Reception } from '../../domain/records.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';

/** A reception with what only the store needs to know of it. */
export interface StoredReception extends Reception {
  /** Found at the first sweep of its cluster, and standing for long. */
  readonly quiet: boolean;
}

export interface NewReception {
  readonly cluster: string;
  readonly source: Reception['source'];
  readonly at: number;
  readonly signal: FaultSignal | null;
  readonly invalid: InvalidSignal | null;
  readonly quiet?: boolean;
}

export interface ReceptionFate {
  readonly outcome: Outcome;
  readonly rule: string | null;
  readonly final: boolean;
  readonly episodeId: number | null;
  readonly incidentId: string | null;
}

/** Writes a reception without an outcome. */
export function insertReception(db: Database, reception: NewReception): StoredReception {
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
  };
}

export function setFate<T extends Reception>(db: Database, reception: T, fate: ReceptionFate): T {
  db.run(
    'UPDATE receptions SET outcome = ?, rule = ?, final = ?, episode_id = ?, incident_id = ? WHERE seq = ?',
    fate.outcome,
    fate.rule,
    fate.final ? 1 : 0,
    fate.episodeId,
    fate.incidentId,
    reception.seq,
  );
  return { ...reception, ...fate };
}

export function addToCount(db: Database, seq: number, count: number): void {
  db.run('UPDATE receptions SET count = count + ? WHERE seq = ?', count, seq);
}

/** `where` and what follows it, over the columns of the table. */
export function receptionsWhere(db: Database, where: string, ...params: Value[]): StoredReception[] {
  return db.all(`SELECT * FROM receptions WHERE ${where}`, ...params).map(receptionFromRow);
}

function receptionFromRow(row: Row): StoredReception {
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
  };
}
