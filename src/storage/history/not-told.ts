import type { NotToldQuery } from '../../domain/history.ts';
import { type NotToldOutcome, notToldOutcomes } from '../../domain/fault.ts';
import type { ListedFault, Page } from '../../domain/state-store.ts';
import { listed, pageSize } from '../operations/queries.ts';
import { receptionsWhere } from '../rows/receptions.ts';
import type { Database, Value } from '../sqlite/database.ts';

/** What the index `receptions_not_told` holds: SQLite takes it for these very words alone. */
const held = `outcome IN (${notToldOutcomes.map((outcome) => `'${outcome}'`).join(', ')})`;

/**
 * Receptions of which nobody was told, the newest first: each outcome, and what waits, is a sorted piece of an index, of
 * which only the rows of the page are read.
 */
export function notTold(db: Database, query: NotToldQuery): Page<ListedFault> {
  const limit = pageSize(query.limit);
  const wanted = query.outcome === undefined ? [...notToldOutcomes, 'pending' as const] : [query.outcome];
  const pieces = wanted.map((outcome) => piece(outcome, query, limit + 1));
  const rows = receptionsWhere(
    db,
    `seq IN (${pieces.map(({ sql }) => `SELECT seq FROM (${sql})`).join(' UNION ALL ')})
     ORDER BY seq DESC LIMIT ${limit + 1}`,
    ...pieces.flatMap(({ params }) => params),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map((reception) => listed(db, reception)),
    next: rows.length > limit && last !== undefined ? String(last.seq) : null,
  };
}

interface Piece {
  readonly sql: string;
  readonly params: readonly Value[];
}

function piece(outcome: NotToldOutcome | 'pending', { cluster, before }: NotToldQuery, limit: number): Piece {
  const params: Value[] = [];
  const parts: string[] = [];
  if (cluster !== undefined) {
    parts.push('cluster = ?');
    params.push(cluster);
  }
  if (outcome === 'pending') {
    parts.push('outcome IS NULL');
  } else {
    parts.push('outcome = ?');
    params.push(outcome);
    if (cluster !== undefined) parts.push(held);
  }
  if (before !== undefined) {
    parts.push('seq < ?');
    params.push(Number(before) || 0);
  }
  const index = indexOf(outcome, cluster);
  const where = parts.join(' AND ');
  return {
    sql: `SELECT seq FROM receptions INDEXED BY ${index} WHERE ${where} ORDER BY seq DESC LIMIT ${limit}`,
    params,
  };
}

function indexOf(outcome: NotToldOutcome | 'pending', cluster: string | undefined): string {
  if (outcome === 'pending') return cluster === undefined ? 'receptions_waiting' : 'receptions_waiting_fault';
  return cluster === undefined ? 'receptions_outcome' : 'receptions_not_told';
}
