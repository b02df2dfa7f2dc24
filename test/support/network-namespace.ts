import { spawnSync } from 'node:child_process';
import { missing } from './needs.ts';

export interface NetworkNamespace {
  /** Why there can be none here, null when there can. */
  readonly skip: string | null;
  /** The same, to stand behind a test's title. */
  readonly why: string;
  /** A command that runs the one behind it without any route, with a loopback alone. */
  readonly under: readonly string[];
}

const script = 'ip link set lo up && exec "$@"';

/** A machine without a network: a network namespace of its own, for which Linux wants root. */
export function networkNamespace(): NetworkNamespace {
  const under = ['unshare', '-n', 'sh', '-c', script, 'sh'];
  const skip = cannotUnshare(under);
  return { skip, why: skip === null ? '' : ` (skipped: ${skip})`, under };
}

function cannotUnshare([command = '', ...args]: readonly string[]): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux for a network namespace';
  const gone = missing('unshare', 'ip');
  if (gone.length > 0) return `needs ${gone.join(', ')}`;
  return spawnSync(command, [...args, 'true']).status === 0 ? null : 'a network namespace is not permitted here';
}
