import { parse } from 'yaml';
import { ReadError } from '../cluster-reader.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';

/** YAML that is parsed in one go, characters: about a second of work. An object in etcd is smaller (1.5 MiB at most). */
const maxPieceLength = 1024 * 1024;
/** Parsing gives way to everything else after so long, ms. */
const sliceMs = 20;

/**
 * The value of a YAML (or JSON) answer. A parser of YAML takes about a second a megabyte: a list is parsed item by item,
 * and the event loop, which serves all clusters, runs in between. Rejects with the signal's reason.
 * @throws ReadError `invalid`; `too_large` for what cannot be taken apart
 */
export async function parseYamlAnswer(text: string, signal: AbortSignal): Promise<unknown> {
  const json = fromJson(text);
  if (json !== null) return json;
  return text.startsWith('- ') ? await parseItems(text, signal) : parsePiece(text);
}

/** A list that stands at the margin: everything that belongs to an item is indented. */
async function parseItems(text: string, signal: AbortSignal): Promise<unknown[]> {
  const items: unknown[] = [];
  let yielded = performance.now();
  for (let start = 0; start < text.length;) {
    const next = text.indexOf('\n- ', start);
    const end = next < 0 ? text.length : next + 1;
    const piece = parsePiece(text.slice(start, end));
    if (!Array.isArray(piece)) throw new ReadError('invalid', 'the answer is YAML, but no list');
    items.push(...(piece as unknown[]));
    start = end;
    if (performance.now() - yielded < sliceMs) continue;
    await giveWay(signal);
    yielded = performance.now();
  }
  return items;
}

function parsePiece(text: string): unknown {
  if (text.length > maxPieceLength) {
    throw new ReadError('too_large', `the answer is YAML of ${text.length} characters in one piece`);
  }
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new ReadError('invalid', 'the answer is no YAML', { cause: error });
  }
}

/** JSON is YAML, too, and takes a hundredth of the time. */
function fromJson(text: string): unknown {
  return /^\s*[[{]/.test(text) ? parseJson(text) : null;
}

async function giveWay(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}
