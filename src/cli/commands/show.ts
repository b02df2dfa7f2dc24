import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import type { Run } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { outputStyle } from '../format/style.ts';
import { action, type CliContext, examples, globalOptions, print, printJson, say, withState } from '../context.ts';
import { findIncident } from '../find-incident.ts';
import { incidentLines } from '../format/incident-view.ts';
import { objectName } from '../format/object-name.ts';
import { ownCommand } from '../../config/environment.ts';

export function showCommand(context: CliContext): Command {
  return new Command('show')
    .description('show one incident: cause, status, report, faults and runs')
    .argument('<id>', 'id of the incident; a part that fits only one of the newest 1,000 is enough')
    .addHelpText('after', examples('nightcrier show inc_01K9Z3W8Q4', 'nightcrier show 01K9Z3W8Q4 -o json'))
    .action(
      action(context, async (id: string, _options: unknown, command: Command) => {
        return withState(context, command, async (reader, { dataDir }) => {
          const detail = await findIncident(reader, id);
          await printIncident(context, detail, { json: globalOptions(command).output === 'json', dataDir });
          return 0;
        });
      }),
    );
}

/** Prints one incident; also the end of `triage`. */
export async function printIncident(
  context: CliContext,
  detail: IncidentDetail,
  { json, dataDir }: { readonly json: boolean; readonly dataDir: string },
): Promise<void> {
  const { incident } = detail;
  if (json) {
    const { incidentDetailJson } = await import('../../domain/wire/incident.ts');
    printJson(context, incidentDetailJson(detail));
    return;
  }
  const logsOf = ({ id }: Run): string | null => {
    const logs = path.join(dataDir, 'workspaces', incident.id, id, 'logs');
    return existsSync(logs) ? logs : null;
  };
  for (const line of incidentLines(detail, context.io.now(), outputStyle(context.io), logsOf)) print(context, line);
  say(context, `\nnext: ${ownCommand(context.io.env)} why ${incident.cluster} ${objectName(incident.resource)}`);
}
