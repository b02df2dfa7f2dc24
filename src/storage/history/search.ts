import { type Found, type SearchQuery, searchWords } from '../../domain/history.ts';
import { oneLine } from '../../lib/text.ts';
import { type Searchable, type SearchKind, searchable, searchDue, searchText } from '../rows/search.ts';
import type { Database } from '../sqlite/database.ts';

/** Results of one search. */
const maxFound = 500;
/** Rows that are compared letter by letter, the newest ones: what the index cannot tell apart, and short words. */
const maxCompared = 20_000;
/** Rows of each kind whose words are not in the index yet. */
const maxDue = 2000;
/** The index knows pieces of so many letters (sqlite.org/fts5.html, the trigram tokenizer). */
const pieceLength = 3;
/** Pieces of one word that are looked for; the rest is compared. */
const maxPieces = 24;

/** What fits all words, the newest first. */
export function search(db: Database, query: SearchQuery): Found[] {
  const words = searchWords(query.text);
  if (words.length === 0) return [];
  const limit = Math.min(Math.max(1, Math.trunc(query.limit) || 1), maxFound);
  const seen = new Set<string>();
  const found: { row: Searchable; at: number }[] = [];
  for (const { kind, ref } of [...dueRows(db), ...indexed(db, words, 2 * limit)]) {
    if (seen.has(`${kind} ${ref}`)) continue;
    seen.add(`${kind} ${ref}`);
    // The index may be of what a row said before.
    const row = searchable(db, kind, ref);
    if (row !== null && fits(row, words)) found.push({ row, at: row.at });
  }
  return found
    .sort((a, b) => b.at - a.at || b.row.kind.localeCompare(a.row.kind))
    .slice(0, limit)
    .map(({ row: { fields, ...row } }) => ({
      ...row,
      title: oneLine(row.title, 200),
      excerpt: excerpt(fields, words),
    }));
}

function fits(row: Searchable, words: readonly string[]): boolean {
  const text = searchText(row);
  return words.every((word) => text.includes(word));
}

interface Place {
  readonly kind: SearchKind;
  readonly ref: string | number;
}

function dueRows(db: Database): Place[] {
  const of = (kind: SearchKind): Place[] => searchDue(db, kind, maxDue).map((ref) => ({ kind, ref }));
  return [...of('incident'), ...of('fault')];
}

/** Rows that are in the index with all words, the newest first. Without a word of three letters, of the newest rows. */
function indexed(db: Database, words: readonly string[], limit: number): Place[] {
  const pieces = words.flatMap(piecesOf);
  const candidates =
    pieces.length === 0
      ? `SELECT id AS place FROM search_texts ORDER BY id DESC LIMIT ${maxCompared}`
      : `SELECT rowid AS place FROM search_index WHERE search_index MATCH ? ORDER BY rowid DESC LIMIT ${maxCompared}`;
  const sql = `SELECT kind, ref FROM (${candidates}) CROSS JOIN search_texts ON search_texts.id = place
    WHERE ${words.map(() => 'instr(text, ?) > 0').join(' AND ')} LIMIT ?`;
  const match = pieces.length === 0 ? [] : [pieces.map(quoted).join(' AND ')];
  return db.all<{ kind: SearchKind; ref: string | number }>(sql, ...match, ...words, limit);
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
