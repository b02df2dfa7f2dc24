import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import type { IncidentHistory } from '../../domain/history.ts';
import type { Run } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import type { Findings } from '../../domain/verdict/findings.ts';
import type { Locations } from '../../config/locations.ts';
import { outputStyle, outputWidth } from '../format/style.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  pagesUrl,
  print,
  printJson,
  say,
  withState,
} from '../context.ts';
import { findIncident, incidentArgument } from '../find-incident.ts';
import { incidentLines } from '../format/incident-view.ts';
import { objectName } from '../format/object-name.ts';
import { type ReadStored, storedFiles } from '../stored-files.ts';

export function showCommand(context: CliContext): Command {
  return new Command('show')
    .description('show one incident: cause, status, report, faults and runs')
    .addArgument(incidentArgument())
    .addHelpText('after', examples('nightcrier show inc_01K9Z3W8Q4', 'nightcrier show 01K9Z3W8Q4 -o json'))
    .action(
      action(context, async (id: string, _options: unknown, command: Command) => {
        return withState(context, command, async (reader, locations) => {
          const detail = await findIncident(reader, id);
          const history = await reader.incidentHistory(detail.incident.id);
          await printIncident(context, command, { detail, history }, locations);
          return 0;
        });
      }),
    );
}

/** Prints one incident; also the end of `triage`, which nobody had the time to say anything of. */
export async function printIncident(
  context: CliContext,
  command: Command,
  { detail, history = null }: { readonly detail: IncidentDetail; readonly history?: IncidentHistory | null },
  locations: Locations,
): Promise<void> {
  const { incident } = detail;
  if (globalOptions(command).output === 'json') {
    const { incidentDetailJson } = await import('../../domain/wire/incident.ts');
    printJson(context, incidentDetailJson(detail));
    return;
  }
  const logsOf = ({ id }: Run): string | null => {
    const logs = path.join(locations.dataDir, 'workspaces', incident.id, id, 'logs');
    return existsSync(logs) ? logs : null;
  };
  const { io } = context;
  const url = await pagesUrl(context, locations);
  const findings = await findingsOf(storedFiles(context, command, locations), detail);
  const { timeZone } = io;
  const place = { now: io.now(), style: outputStyle(io), width: outputWidth(io), timeZone, url };
  const looks = { ...place, logsOf, findings, history };
  for (const line of incidentLines(detail, looks)) print(context, line);
  const next =
    incident.report === null ? `why ${incident.cluster} ${objectName(incident.resource)}` : `report ${incident.id}`;
  say(context, `\nnext: nightcrier ${next}`);
}

/** What was kept beside the answer; without it an incident is shown still. */
async function findingsOf(read: ReadStored, detail: IncidentDetail): Promise<Findings | null> {
  if (detail.incident.report === null) return null;
  try {
    const { findingsSchema } = await import('../../domain/verdict/findings.ts');
    const text = await read(detail, 'findings.json');
    return text === null ? null : findingsSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
