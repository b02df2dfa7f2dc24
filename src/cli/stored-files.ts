import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type { Locations } from '../config/locations.ts';
import type { IncidentDetail } from '../domain/state-store.ts';
import { type CliContext, load, runningDaemon } from './context.ts';

/** Gives one stored file of an incident, null when it is not there. */
export type ReadStored = (detail: IncidentDetail, path: string) => Promise<string | null>;

/**
 * How a command reads what is stored of incidents: from the folder of the configuration; where there is none, from the
 * running daemon, which has what it takes to reach the store, and without one by the whole configuration.
 */
export function storedFiles(context: CliContext, command: Command, locations: Locations): ReadStored {
  const { reportsDir: folder } = locations;
  const read = async ({ incident: { cluster, id } }: IncidentDetail, file: string): Promise<Buffer | null> => {
    const name = { cluster, incidentId: id, path: file };
    if (folder !== null) return context.deps.readStored({ folder }, name);
    const daemon = await runningDaemon(context, locations);
    if (daemon !== null) return daemon.storedFile(name, context.signal);
    return context.deps.readStored({ loaded: await load(context, command) }, name);
  };
  return async (detail, file) => {
    const stored = (await read(detail, file)) ?? (await inWorkspace(locations, detail, file));
    return stored === null ? null : stored.toString('utf8');
  };
}

/** What the last run with an answer wrote, while it waits to be stored. */
async function inWorkspace({ dataDir }: Locations, detail: IncidentDetail, file: string): Promise<Buffer | null> {
  const run = detail.runs.findLast(({ result }) => result?.summary);
  if (run === undefined) return null;
  try {
    return await readFile(path.join(dataDir, 'workspaces', detail.incident.id, run.id, 'output', file));
  } catch {
    return null;
  }
}
