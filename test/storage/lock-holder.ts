import { lockDataDir } from '../../src/storage/sqlite/data-dir-lock.ts';

// Holds the lock of a data directory until it is killed.
lockDataDir(process.argv[2] ?? '');
process.stdout.write('locked\n');
setInterval(() => {}, 60_000);
