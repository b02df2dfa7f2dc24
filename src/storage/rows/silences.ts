import type { Silence } from '../../domain/fault.ts';
import { type ReadySilence, readySilence } from '../../domain/silence/silences.ts';
import { newId } from '../../lib/ids.ts';
import { BoundedMap } from '../../lib/work/bounded-map.ts';
import type { Database, Row, Value } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Writes a silence, new or changed. `at` in ms since the epoch. */
export function saveSilence(tx: Transaction, silence: Silence, at: number): void {
  tx.db.run(
    `INSERT INTO silences (id, source, starts_at, ends_at, changed, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at,
       changed = excluded.changed, body = excluded.body`,
    silence.id,
    silence.source,
    silence.startsAt,
    silence.endsAt,
    nextMark(tx.db, at),
    JSON.stringify(silence),
  );
  tx.changes.push({ type: 'silence', cluster: null, silence });
}

export function silenceById(db: Database, id: string): Silence | null {
  return silencesWhere(db, 'id = ?', id)[0] ?? null;
}

/** `where` and what follows it, over the columns of the table. */
export function silencesWhere(db: Database, where: string, ...params: Value[]): Silence[] {
  return db.all(`SELECT body FROM silences WHERE ${where}`, ...params).map(silenceFromRow);
}

/** A clock that is set back by less finds the silences again that hold then, ms. */
const clockSlackMs = 86_400_000;

interface Ready {
  readonly mark: string;
  readonly silences: readonly ReadySilence[];
}

/** What was worked out for each connection: for every fault anew it would cost more than the decision. */
const ready = new WeakMap<Database, Ready>();
const none: readonly ReadySilence[] = [];

/** The silences that may hold now or later, with their matchers worked out. */
export function readySilences(db: Database, at: number): readonly ReadySilence[] {
  const mark = lastMark(db);
  if (mark === null) return none;
  const known = ready.get(db);
  if (known?.mark === mark) return known.silences;
  const open = silencesWhere(db, 'ends_at IS NULL OR ends_at > ? ORDER BY id', at - clockSlackMs);
  const silences = open.flatMap(readable);
  ready.set(db, { mark, silences });
  return silences;
}

/** Silences of its time that are looked through for one incident, those that end last. */
const maxWithin = 1000;

interface Worked {
  /** The mark of the row that it was worked out of. */
  readonly changed: string;
  readonly ready: readonly ReadySilence[];
}

/** What was worked out for pages, also of those that have ended: a pattern costs more than all that it is held against. */
const worked = new WeakMap<Database, BoundedMap<string, Worked>>();

/**
 * The silences that hold in some of that time, with their matchers worked out; at most 1,000. Both in ms since the epoch,
 * `until` infinite for what goes on.
 */
export function silencesWithin(db: Database, from: number, until: number): readonly ReadySilence[] {
  const known = worked.get(db) ?? new BoundedMap<string, Worked>(maxWithin);
  worked.set(db, known);
  const latest = `ORDER BY ends_at IS NULL DESC, ends_at DESC LIMIT ${maxWithin}`;
  const rows = db.all<{ id: string; changed: string }>(
    `SELECT id, changed FROM silences WHERE starts_at < ? AND (ends_at IS NULL OR ends_at > ?) ${latest}`,
    until,
    from,
  );
  return rows.flatMap(({ id, changed }) => {
    const before = known.get(id);
    if (before?.changed === changed) return before.ready;
    const ready = silencesWhere(db, 'id = ?', id).flatMap(readable);
    known.set(id, { changed, ready });
    return ready;
  });
}

/** One that another version wrote and this one cannot read mutes nothing. */
function readable(silence: Silence): ReadySilence[] {
  try {
    return [readySilence(silence)];
  } catch {
    return [];
  }
}

/** Another one after every change, also after one that was rolled back. */
function nextMark(db: Database, at: number): string {
  const count = Number.parseInt(lastMark(db) ?? '0', 10) + 1;
  return `${String(count).padStart(12, '0')}_${newId('sil', at)}`;
}

function lastMark(db: Database): string | null {
  return db.get<{ mark: string | null }>('SELECT max(changed) AS mark FROM silences')?.mark ?? null;
}

function silenceFromRow(row: Row): Silence {
  return JSON.parse(row['body'] as string) as Silence;
}
