import { type Found, type SearchQuery, searchWords } from '../../domain/history.ts';
import type { Page } from '../../domain/state-store.ts';
import { oneLine } from '../../lib/text.ts';
import { type Searchable, type SearchKind, searchable, searchDue, searchText } from '../rows/search.ts';
import type { Database } from '../sqlite/database.ts';
import { placesOf } from './index-due.ts';

/** Results of one search. */
const maxFound = 500;
/** Rows that are compared letter by letter for one page: what the index cannot tell apart, and short words. */
const maxCompared = 20_000;
/** Rows of each kind whose words are not in the index yet. */
const maxDue = 2000;
/** The index knows pieces of so many letters (sqlite.org/fts5.html, the trigram tokenizer). */
const pieceLength = 3;
/** Pieces of one word that are looked for; the rest is compared. */
const maxPieces = 24;

/** What fits all words, the newest first. */
export function search(db: Database, query: SearchQuery): Page<Found> {
  const words = searchWords(query.text);
  const from = query.before === undefined ? newest : readPlace(query.before);
  if (words.length === 0 || from === null) return { items: [], next: null };
  const limit = Math.min(Math.max(1, Math.trunc(query.limit) || 1), maxFound);
  const due = dueRows(db);
  const { places, rest } = indexed(db, words, from, limit + 1 + due.length);
  const found = fitting(db, [...due, ...places], words)
    // What is due and older than all that was compared comes with a later page.
    .filter(({ place }) => isBefore(place, from) && (rest === null || !isBefore(place, rest)))
    .sort((a, b) => (isBefore(a.place, b.place) ? 1 : -1));
  const shown = found.slice(0, limit);
  const last = shown.at(-1)?.place;
  const next = found.length > limit && last !== undefined ? last : rest;
  return {
    items: shown.toSorted((a, b) => b.row.at - a.row.at || b.row.kind.localeCompare(a.row.kind)).map(foundOf(words)),
    next: next === null ? null : placeText(next),
  };
}

/** Where a row stands among all: in the index, by the time when it began; then by what it is. */
interface Place {
  readonly at: number;
  readonly kind: SearchKind | '';
  readonly ref: string | number;
}

const newest: Place = { at: Number.MAX_SAFE_INTEGER, kind: '', ref: '' };

/** Whether one stands after the other in a list that begins with the newest. */
function isBefore(place: Place, other: Place): boolean {
  return place.at < other.at || (place.at === other.at && `${place.kind} ${place.ref}` < `${other.kind} ${other.ref}`);
}

function placeText({ at, kind, ref }: Place): string {
  return `${at}.${kind}.${ref}`;
}

/** Null for what no page gave. */
function readPlace(text: string): Place | null {
  const [, at = '', kind = '', ref = ''] = /^(\d{1,16})\.(incident|fault|)\.(\w*)$/.exec(text) ?? [];
  return at === '' ? null : { at: Number(at), kind: kind as Place['kind'], ref };
}

interface FoundRow {
  readonly row: Searchable;
  readonly place: Place;
}

/** The rows that fit, each once. The index may be of what a row said before. */
function fitting(db: Database, places: readonly Candidate[], words: readonly string[]): FoundRow[] {
  const seen = new Set<string>();
  return places.flatMap(({ kind, ref, at }) => {
    if (seen.has(`${kind} ${ref}`)) return [];
    seen.add(`${kind} ${ref}`);
    const row = searchable(db, kind, ref);
    if (row === null || !fits(row, words)) return [];
    return [{ row, place: { at: at ?? placeOf(db, kind, ref, row.at), kind, ref } }];
  });
}

function fits(row: Searchable, words: readonly string[]): boolean {
  const text = searchText(row);
  return words.every((word) => text.includes(word));
}

function foundOf(words: readonly string[]) {
  return ({ row: { fields, ...row } }: FoundRow): Found => ({
    ...row,
    title: oneLine(row.title, 200),
    excerpt: excerpt(fields, words),
  });
}

interface Candidate {
  readonly kind: SearchKind;
  readonly ref: string | number;
  /** Its place in the index; null: it is to be looked up. */
  readonly at: number | null;
}

function dueRows(db: Database): Candidate[] {
  const of = (kind: SearchKind): Candidate[] => searchDue(db, kind, maxDue).map((ref) => ({ kind, ref, at: null }));
  return [...of('incident'), ...of('fault')];
}

/**
 * Of a row that is not in the index the last place that it can get there: one that is indexed between two pages may come
 * twice, and is not missed.
 */
function placeOf(db: Database, kind: SearchKind, ref: string | number, at: number): number {
  const sql = 'SELECT id FROM search_texts WHERE kind = ? AND ref = ?';
  return db.get<{ id: number }>(sql, kind, ref)?.id ?? placesOf(at).last;
}

/**
 * Rows from a place on that are in the index with all words, the newest first, and where the search goes on after them;
 * null: nowhere. Without a word of three letters, of the newest rows.
 */
function indexed(
  db: Database,
  words: readonly string[],
  from: Place,
  limit: number,
): { readonly places: readonly Candidate[]; readonly rest: Place | null } {
  const pieces = words.flatMap(piecesOf);
  const candidates =
    pieces.length === 0
      ? `SELECT id AS place FROM search_texts WHERE id <= ? ORDER BY id DESC LIMIT ${maxCompared}`
      : `SELECT rowid AS place FROM search_index WHERE search_index MATCH ? AND rowid <= ?
           ORDER BY rowid DESC LIMIT ${maxCompared}`;
  const given = [...(pieces.length === 0 ? [] : [pieces.map(quoted).join(' AND ')]), from.at];
  const sql = `SELECT kind, ref, place AS at FROM (${candidates}) CROSS JOIN search_texts ON search_texts.id = place
    WHERE ${words.map(() => 'instr(text, ?) > 0').join(' AND ')} LIMIT ?`;
  const places = db.all<{ kind: SearchKind; ref: string | number; at: number }>(sql, ...given, ...words, limit);
  const last = places.at(-1);
  if (places.length === limit && last !== undefined) return { places, rest: last };
  const compared = db.get<{ n: number; at: number | null }>(
    `SELECT count(*) AS n, min(place) AS at FROM (${candidates})`,
    ...given,
  );
  const { n = 0, at = null } = compared ?? {};
  return { places, rest: at === null || n < maxCompared ? null : { at, kind: '', ref: '' } };
}

function piecesOf(word: string): string[] {
  const letters = [...word];
  const starts = Math.min(letters.length - pieceLength + 1, maxPieces);
  return Array.from({ length: Math.max(0, starts) }, (_, at) => letters.slice(at, at + pieceLength).join(''));
}

/** A piece as a string of FTS5's language: nothing in it means anything. */
function quoted(piece: string): string {
  return `"${piece.replaceAll('"', '""')}"`;
}

const excerptLength = 160;
/** Letters before the first word that was found. */
const lead = 40;

/** The text around the first word that is not in the title alone. */
function excerpt([title = '', ...rest]: readonly string[], words: readonly string[]): string {
  const text = (rest.length === 0 ? [title] : rest).map((field) => oneLine(field, 2000)).join(' · ');
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
  const start = Math.max(0, Math.min(...places, text.length) - lead);
  if (places.length === 0 || start === 0) return oneLine(text, excerptLength);
  return oneLine(`…${text.slice(start)}`, excerptLength);
}
