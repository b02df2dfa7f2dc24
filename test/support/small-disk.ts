import { execFileSync, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { missing } from './needs.ts';
import { tempDir } from './temp-dir.ts';

export interface SmallDisk {
  /** Why there can be none here, null when there can. */
  readonly skip: string | null;
  /** The same, to stand behind a test's title. */
  readonly why: string;
  /** A new file system of this size (`1m`), unmounted when the test ends. */
  mount(size: string): string;
}

/** Small file systems that can be filled: a tmpfs, for which Linux wants root. */
export function smallDisk(): SmallDisk {
  const skip = cannotMount();
  return {
    skip,
    why: skip === null ? '' : ` (skipped: ${skip})`,
    mount(size) {
      const dir = tempDir();
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir]);
      onTestFinished(() => void execFileSync('umount', ['-l', dir]));
      return dir;
    },
  };
}

function cannotMount(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux to mount a tmpfs';
  const gone = missing('mount', 'umount', 'unshare');
  if (gone.length > 0) return `needs ${gone.join(', ')}`;
  const probe = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return probe.status === 0 ? null : 'mounting a tmpfs is not permitted here';
}
