import { LineCounter, parseDocument } from 'yaml';
import { oneLine } from '../../lib/text.ts';

/** Where a text is no YAML. */
export interface ManifestProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Manifests {
  /** The documents that are not empty. */
  readonly documents: readonly { readonly value: unknown; readonly line: number }[];
  /** Of the first document that cannot be read; what follows it is not looked at. */
  readonly problem: ManifestProblem | null;
}

/** Parsing gives way to everything else after so long, ms. */
const sliceMs = 20;
/** Anchors may be used; a text that multiplies itself by them is refused. */
const maxAliasCount = 100;

/**
 * The documents of a text of YAML or JSON, as people hand manifests to kubectl. A parser of YAML takes about a second a
 * megabyte: the event loop runs between documents. Rejects with the signal's reason.
 */
export async function parseManifests(text: string, signal: AbortSignal): Promise<Manifests> {
  const documents: { value: unknown; line: number }[] = [];
  let yielded = performance.now();
  for (const piece of piecesOf(text)) {
    const read = parsePiece(piece);
    if ('problem' in read) return { documents, problem: read.problem };
    if (read.value !== null && read.value !== undefined) documents.push({ value: read.value, line: piece.line });
    if (performance.now() - yielded < sliceMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    yielded = performance.now();
  }
  return { documents, problem: null };
}

/** The same at once, for a text that is known to be small. */
export function readManifests(text: string): Manifests {
  const documents: { value: unknown; line: number }[] = [];
  for (const piece of piecesOf(text)) {
    const read = parsePiece(piece);
    if ('problem' in read) return { documents, problem: read.problem };
    if (read.value !== null && read.value !== undefined) documents.push({ value: read.value, line: piece.line });
  }
  return { documents, problem: null };
}

interface Piece {
  readonly text: string;
  /** Line of the whole text at which it begins, from 1. */
  readonly line: number;
}

/** A line that begins with `---` ends a document wherever it stands (YAML 1.2.2, 9.1.2); directives belong to what follows. */
function* piecesOf(text: string): Generator<Piece> {
  let start = 0;
  let line = 1;
  for (const { index } of text.matchAll(/^---(?=\s|$)/gm)) {
    const piece = text.slice(start, index);
    if (isPrologue(piece)) continue;
    if (piece !== '') yield { text: piece, line };
    line += piece.split('\n').length - 1;
    start = index;
  }
  yield { text: text.slice(start), line };
}

/** Directives and comments alone. */
function isPrologue(text: string): boolean {
  return text.startsWith('%') && text.split('\n').every((line) => /^(?:[%#].*|\s*)$/.test(line));
}

function parsePiece({ text, line }: Piece): { value: unknown } | { problem: ManifestProblem } {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'error' });
    const [error] = document.errors;
    if (error === undefined) return { value: document.toJS({ maxAliasCount }) as unknown };
    const { line: row, col } = lines.linePos(error.pos[0]);
    return { problem: { line: line + row - 1, column: col, message: oneLine(error.message, 200) } };
  } catch (error) {
    // Aliases without end, or nesting deeper than the stack.
    const message = error instanceof RangeError ? 'it is nested too deeply' : oneLine(String(error), 200);
    return { problem: { line, column: 1, message } };
  }
}
