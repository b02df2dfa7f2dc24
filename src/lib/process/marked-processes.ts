import { readdir, readFile, readlink } from 'node:fs/promises';
import { signalProcess } from './send-signal.ts';

/** What tells a process that somebody left behind. */
export interface ProcessMark {
  /** An entry (`NAME=value`) of the environment with which it was started. */
  readonly entry: (entry: string) => boolean;
  /** Also orphans (their parent is process 1) that work in this folder, whatever their environment. */
  readonly folder?: string;
}

export interface MarkedKill {
  /** Processes that were sent SIGKILL. */
  readonly killed: number;
  /** False where there is no /proc: nobody could look. */
  readonly looked: boolean;
}

const maxRounds = 5;

/**
 * Kills every process that carries the mark (Linux, by /proc; own processes only). It catches what left its process
 * group by a session of its own. What gets away: a process that empties its environment and leaves the folder as well;
 * only a container holds that. Looks again until a round finds nothing, because a process may fork between the look and
 * the kill.
 */
export async function killMarkedProcesses(mark: ProcessMark, procRoot = '/proc'): Promise<MarkedKill> {
  const killed = new Set<number>();
  for (let round = 0; round < maxRounds; round += 1) {
    const pids = await markedPids(mark, procRoot);
    if (pids === null) return { killed: killed.size, looked: false };
    const alive = pids.filter((pid) => signalProcess(pid, 'SIGKILL'));
    if (alive.length === 0) break;
    for (const pid of alive) killed.add(pid);
  }
  return { killed: killed.size, looked: true };
}

/** Ids of the marked processes, without this one; null without /proc. */
async function markedPids(mark: ProcessMark, procRoot: string): Promise<number[] | null> {
  const names = await readdir(procRoot).catch(() => []);
  const pids = names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
  if (pids.length === 0) return null;
  const found = await Promise.all(pids.map((pid) => isMarked(`${procRoot}/${pid}`, mark)));
  // The first process of a machine or a container is nobody's leftover.
  return pids.filter((pid, index) => pid !== 1 && found[index]);
}

/** Other users' processes and those that ended meanwhile cannot be read: they are not ours. */
async function isMarked(proc: string, { entry, folder }: ProcessMark): Promise<boolean> {
  try {
    if ((await readFile(`${proc}/environ`, 'utf8')).split('\0').some(entry)) return true;
    return folder !== undefined && (await isOrphan(proc)) && isInside(await readlink(`${proc}/cwd`), folder);
  } catch {
    return false;
  }
}

/** `pid (name) state ppid …`; the name may hold anything. */
async function isOrphan(proc: string): Promise<boolean> {
  const stat = await readFile(`${proc}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === '1';
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
