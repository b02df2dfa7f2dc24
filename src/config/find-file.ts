import fs from 'node:fs';
import path from 'node:path';
import { ConfigError, unplaced } from './config-error.ts';
import { configNotFound } from './errors.ts';
import type { Environment } from './environment.ts';

/** Where a configuration is looked for when none is named (CONTRACT.md section 1), relative to the working directory. */
const searchedFiles = ['./nightcrier.yaml', './configs/nightcrier.yaml', '/etc/nightcrier/nightcrier.yaml'];

export interface FindOptions {
  /** `--config`. */
  readonly file?: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
}

/** The absolute path of the configuration file, null when none is named and none is found. */
export function findConfigFile({ file, env, cwd }: FindOptions): string | null {
  const named = file ?? (env['NIGHTCRIER_CONFIG'] || undefined);
  if (named !== undefined) return path.resolve(cwd, named);
  return searchedFiles.map((one) => path.resolve(cwd, one)).find((one) => fs.existsSync(one)) ?? null;
}

/** The error for a configuration that is nowhere. */
export function notFound(): ConfigError {
  const message = `no configuration file found: looked for ${searchedFiles.join(', ')}`;
  return new ConfigError([unplaced(configNotFound, message, 'nightcrier')]);
}

/** A path as a person would write it: relative when it is below the working directory. */
export function displayPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}
