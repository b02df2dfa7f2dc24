import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

/** The path of a program on PATH, null when it is not there. */
export function programPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find(isProgram) ?? null;
}

/** Which of these are missing: programs of PATH, or paths of the system such as `/proc`. */
export function missing(...needs: readonly string[]): string[] {
  return needs.filter((need) => (path.isAbsolute(need) ? !existsSync(need) : programPath(need) === null));
}

/**
 * For `test.skipIf(lacks('what is tested', 'setsid', '/proc'))`: whether something that the tests need is not on this
 * machine; says in one line what.
 */
export function lacks(suite: string, ...needs: readonly string[]): boolean {
  const gone = missing(...needs);
  if (gone.length > 0) console.log(`skipped: ${suite}: needs ${gone.join(', ')}`);
  return gone.length > 0;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
