import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of the package, from the sources and from the build alike. */
const packageRoot = path.join(import.meta.dirname, '..', '..');

/** The version in package.json. */
export function packageVersion(): string {
  const info = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return info.version;
}

/** The packaged agent script. */
export const defaultAgentScript = path.join(packageRoot, 'scripts', 'run-agent.sh');
