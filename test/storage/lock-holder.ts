import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { lockDataDir } from '../../src/storage/sqlite/data-dir-lock.ts';

// Holds the lock of a data directory until it is killed. What took it is forgotten at once, and the garbage collected: the
// lock is of the process, not of an object in it.
lockDataDir(process.argv[2] ?? '');
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
for (let at = 0; at < 3; at += 1) {
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}
process.stdout.write('locked\n');
setInterval(() => {}, 60_000);
