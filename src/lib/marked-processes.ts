import { readdir, readFile } from 'node:fs/promises';

export interface MarkedKill {
  /** Processes that were sent SIGKILL. */
  readonly killed: number;
  /** False where there is no /proc: nobody could look. */
  readonly looked: boolean;
}

const maxRounds = 5;

/**
 * Kills every process whose initial environment holds an entry that `matches` (Linux, by /proc; own processes only).
 * It catches what left its process group by a session of its own. What cannot be caught this way: a process that was
 * started with an emptied environment; only a container holds that. Looks again until a round finds nothing, because a
 * process may fork between the look and the kill.
 */
export async function killMarkedProcesses(
  matches: (entry: string) => boolean,
  procRoot = '/proc',
): Promise<MarkedKill> {
  const killed = new Set<number>();
  for (let round = 0; round < maxRounds; round += 1) {
    const pids = await markedPids(matches, procRoot);
    if (pids === null) return { killed: killed.size, looked: false };
    const alive = pids.filter((pid) => kill(pid));
    if (alive.length === 0) break;
    for (const pid of alive) killed.add(pid);
  }
  return { killed: killed.size, looked: true };
}

/** Ids of the marked processes, without this one; null without /proc. */
async function markedPids(matches: (entry: string) => boolean, procRoot: string): Promise<number[] | null> {
  let names: string[];
  try {
    names = await readdir(procRoot);
  } catch {
    return null;
  }
  const pids = names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
  if (pids.length === 0) return null;
  const found = await Promise.all(pids.map((pid) => hasEntry(`${procRoot}/${pid}/environ`, matches)));
  return pids.filter((_, index) => found[index]);
}

/** Other users' processes and those that ended meanwhile cannot be read: they are not ours. */
async function hasEntry(file: string, matches: (entry: string) => boolean): Promise<boolean> {
  try {
    return (await readFile(file, 'utf8')).split('\0').some(matches);
  } catch {
    return false;
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
