import { existsSync, readFileSync } from 'node:fs';
import { processId, signalProcess } from '../../src/lib/process/send-signal.ts';

/** The process ids that a script wrote into a file, one a line; none before it has. @throws RangeError for anything else */
export function pidsIn(file: string): number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => processId(line));
}

/** Whether a process runs. One that has ended and whose end nobody has taken note of (a zombie) does not. */
export function isAlive(pid: number): boolean {
  if (!existsSync('/proc/self/stat')) return signalProcess(pid, 0);
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${processId(pid)}/stat`, 'utf8'));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return false;
  }
}
