import { mkdirSync, rmSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultDir } from './options.ts';
import { loadRecordings, pack, packedEnding, RecordingError } from './recording.ts';

/*
 * node eval/pack.ts FROM [TO]: writes the recordings of a folder in their compact form, one file each; TO is
 * eval/scenarios. Compact files of TO that FROM does not have are removed.
 */
const [from, to = defaultDir, ...more] = process.argv.slice(2);
if (from === undefined || more.length > 0 || from.startsWith('-')) {
  process.stderr.write('usage: node eval/pack.ts FROM [TO]\n');
  process.exitCode = 2;
} else {
  try {
    packAll(from, to);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

function packAll(from: string, to: string): void {
  const recordings = loadRecordings(from);
  mkdirSync(to, { recursive: true });
  const names = new Set(recordings.map(({ truth }) => `${truth.id}${packedEnding}`));
  for (const name of readdirSync(to)) if (name.endsWith(packedEnding) && !names.has(name)) rmSync(path.join(to, name));
  let bytes = 0;
  for (const recording of recordings) {
    const packed = pack(recording);
    bytes += packed.length;
    writeFileSync(path.join(to, `${recording.truth.id}${packedEnding}`), packed);
  }
  process.stdout.write(`${recordings.length} recordings, ${(bytes / 2 ** 20).toFixed(1)} MiB\n`);
}
