import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { parse } from 'yaml';
import { type CompactRecording, readRecording } from './recorded-state.ts';
import { readTruth, type Truth } from './truth.ts';

/** A recorded cluster and the truth about it. */
export interface Recording {
  readonly truth: Truth;
  /** The text of `scenario.yaml`. */
  readonly scenario: string;
  readonly dump: CompactRecording;
}

/** Names of compact recordings end like this: brotli over one JSON object `{scenario, cluster, logs}`. */
export const packedEnding = '.json.br';

/** What is wrong with a folder of recordings, in a sentence for whoever named it. */
export class RecordingError extends Error {}

/**
 * The recordings of a folder by id, each a folder with `scenario.yaml` (the open form) or a compact file. The folder may
 * itself be one recording. @throws RecordingError
 */
export function loadRecordings(dir: string): Recording[] {
  if (!existsSync(dir)) throw new RecordingError(`${dir} does not exist`);
  if (dir.endsWith(packedEnding)) return [readOne(dir)];
  if (!statSync(dir).isDirectory()) throw new RecordingError(`${dir} is no folder`);
  if (existsSync(path.join(dir, 'scenario.yaml'))) return [readOne(dir)];
  const places = readdirSync(dir)
    .sort()
    .map((name) => path.join(dir, name))
    .filter((place) => place.endsWith(packedEnding) || existsSync(path.join(place, 'scenario.yaml')));
  if (places.length === 0) {
    throw new RecordingError(
      `no recordings in ${dir}: it holds neither folders with scenario.yaml nor *${packedEnding}`,
    );
  }
  return places.map(readOne);
}

/** The compact form of a recording. Equal recordings give equal bytes. */
export function pack({ scenario, dump }: Pick<Recording, 'scenario' | 'dump'>): Buffer {
  const text = Buffer.from(JSON.stringify({ scenario, cluster: dump.cluster, logs: dump.logs }));
  return brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS },
  });
}

/** @throws what brotli, JSON or YAML say of a broken file */
function unpack(packed: Buffer): Recording {
  const { scenario, cluster, logs } = JSON.parse(brotliDecompressSync(packed).toString('utf8')) as {
    scenario: string;
  } & CompactRecording;
  return { truth: readTruth(parse(scenario)), scenario, dump: { cluster, logs } };
}

function readOne(place: string): Recording {
  try {
    if (place.endsWith(packedEnding)) return unpack(readFileSync(place));
    const scenario = readFileSync(path.join(place, 'scenario.yaml'), 'utf8');
    return { truth: readTruth(parse(scenario)), scenario, dump: readRecording(place) };
  } catch (error) {
    throw new RecordingError(`${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
