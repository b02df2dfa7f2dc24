import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { demoConfig } from '../../src/demo/demo-config.ts';
import type { Fleet } from '../../src/demo/fleet.ts';

/** A configuration file for the simulated clusters of a fleet, in `dir`; gives its path. The data is in `dir/data`. */
export function writeFleetConfig(
  fleet: Pick<Fleet, 'clusters'>,
  dir: string,
  changes: Record<string, unknown> = {},
): string {
  const file = path.join(dir, 'nightcrier.yaml');
  const config = { ...demoConfig(fleet, dir), data_dir: path.join(dir, 'data'), ...changes };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
