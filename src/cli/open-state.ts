import type { Command } from 'commander';
import type { Locations } from '../config/locations.ts';
import type { StateReader } from '../domain/state-store.ts';
import { ProblemError } from '../lib/problem.ts';
import { type CliContext, locate } from './context.ts';
import { clusterUnknown } from './errors.ts';

/** Opens the daemon's state for the time of one read, also while the daemon runs. @throws ProblemError */
export async function withState<T>(
  context: CliContext,
  command: Command,
  read: (reader: StateReader, locations: Locations) => Promise<T>,
): Promise<T> {
  const locations = locate(context, command);
  const reader = await context.deps.openReader(locations.stateFile);
  try {
    return await read(reader, locations);
  } finally {
    await reader.close();
  }
}

/** @throws ProblemError when the configuration has clusters and this is none of them */
export function requireCluster(name: string, { clusters }: Pick<Locations, 'clusters'>): void {
  if (clusters.length === 0 || clusters.includes(name)) return;
  const fields = { clusters: clusters.slice(0, 10).join(', ') };
  throw new ProblemError(clusterUnknown, `the configuration has no cluster "${name}"`, { fields });
}
