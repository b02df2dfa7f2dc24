import { Command } from 'commander';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { plural } from '../../lib/text.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  print,
  printJson,
  requireCluster,
  say,
  withState,
} from '../context.ts';
import { incidentTable, tableLooks } from '../format/incident-table.ts';
import { parseLimit } from '../parse-limit.ts';
import { filterOptions, type IncidentFilter, listIncidents } from '../incident-list.ts';

interface Options extends IncidentFilter {
  readonly limit: number;
  readonly watch?: boolean;
}

export function incidentsCommand(context: CliContext): Command {
  const command = new Command('incidents').description(
    'list incidents, newest first; those that ended are left out unless asked for',
  );
  for (const option of filterOptions(context.io.timeZone)) command.addOption(option);
  return command
    .option('--limit <number>', 'at most so many, 1,000 at most', parseLimit, 50)
    .option('-w, --watch', 'follow the running daemon: the list as it changes, until Ctrl-C')
    .addHelpText(
      'after',
      examples(
        'nightcrier incidents',
        'nightcrier incidents --severity critical --since 2h',
        'nightcrier incidents --cluster prod-eu --all',
        'nightcrier incidents --watch',
        'nightcrier incidents -o json',
      ),
    )
    .action(
      action(context, async ({ limit, watch, ...filter }: Options, command: Command) => {
        const json = globalOptions(command).output === 'json';
        const now = context.io.now();
        const list = await withState(context, command, async (reader, locations) => {
          if (filter.cluster !== undefined) requireCluster(filter.cluster, locations);
          if (watch !== true) return listIncidents(reader, filter, { limit, now });
          const { DaemonClient } = await import('../daemon-client.ts');
          const { watchIncidents } = await import('../watch/watch-incidents.ts');
          const client = new DaemonClient(locations, context.io.fetch);
          await watchIncidents(context, { reader, client, filter, limit, json });
          return null;
        });
        if (list === null) return 0;
        if (json) {
          const { incidentDetailJson } = await import('../../domain/wire/incident.ts');
          printJson(context, { incidents: list.items.map(incidentDetailJson), next: list.more });
          return 0;
        }
        printTable(context, list.items);
        sayNext(context, list.items, list.more !== null);
        return 0;
      }),
    );
}

function printTable(context: CliContext, items: readonly IncidentDetail[]): void {
  if (items.length === 0) return;
  const { header, blocks } = incidentTable(items, tableLooks(context.io));
  for (const line of [header, ...blocks.flat()]) print(context, line);
}

function sayNext(context: CliContext, items: readonly IncidentDetail[], more: boolean): void {
  const first = items[0];
  if (first === undefined) {
    say(context, 'no incidents; with --all also those that ended');
    return;
  }
  say(context, `\n${plural(items.length, 'incident')}${more ? ', there are more (--limit)' : ''}`);
  say(context, `next: nightcrier show ${first.incident.id}`);
}
