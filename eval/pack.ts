import { mkdirSync, rmSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadRecordings, pack, packedEnding, RecordingError } from './recording.ts';

/*
 * node eval/pack.ts TO FROM...: writes the recordings of folders in their compact form into TO, one file each. Compact
 * files of TO that none of them has are removed.
 */
const [to, ...from] = process.argv.slice(2);
if (to === undefined || from.length === 0 || to.startsWith('-')) {
  process.stderr.write('usage: node eval/pack.ts TO FROM...\n');
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

function packAll(from: readonly string[], to: string): void {
  const recordings = from.flatMap((folder) => loadRecordings(folder));
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
