import { lstatSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { lockDataDir } from '../../storage/sqlite/data-dir-lock.ts';

/** What the folder of a demo is called; six more characters make it a new one. */
export const demoPrefix = 'nightcrier-demo-';

/** People look around in what a demo left, ms. */
const keptMs = 3_600_000;

/**
 * Removes what earlier demos of this user left below `folder` an hour ago or longer, and gives how many there were. One that
 * goes on holds its lock, and stays. Never throws: somebody wants to see a demo.
 */
export function removeOldDemos(folder: string, now: number): number {
  return demosBelow(folder).filter((dir) => isOld(dir, now) && removed(dir)).length;
}

function demosBelow(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^nightcrier-demo-[A-Za-z0-9]{6}$/.test(name));
    return names.map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

/** Its state file is written as long as it runs. The folder of temporary files is everybody's: links are not followed. */
function isOld(dir: string, now: number): boolean {
  try {
    const [own, state] = [lstatSync(dir), lstatSync(path.join(dir, 'nightcrier.db'))];
    const isOurs = own.isDirectory() && own.uid === process.getuid?.();
    return isOurs && state.isFile() && now - Math.max(own.mtimeMs, state.mtimeMs) > keptMs;
  } catch {
    return false;
  }
}

function removed(dir: string): boolean {
  try {
    lockDataDir(dir).release();
    rmSync(dir, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
