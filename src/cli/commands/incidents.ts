import { Command, InvalidArgumentError, Option } from 'commander';
import { type Incident, type IncidentStatus, incidentStatuses } from '../../domain/records.ts';
import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { age } from '../../lib/format.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  print,
  printJson,
  say,
  requireCluster,
  withState,
} from '../context.ts';
import { causeLine } from '../format/incident-view.ts';
import { outputStyle, severityStyle, type Style } from '../format/style.ts';
import { tableLines } from '../format/table.ts';
import { ownCommand } from '../../config/environment.ts';

interface Options {
  readonly cluster?: string;
  readonly status?: IncidentStatus;
  readonly all?: boolean;
  readonly limit: number;
}

export function incidentsCommand(context: CliContext): Command {
  return new Command('incidents')
    .description('list incidents, newest first; those that ended are left out unless asked for')
    .option('--cluster <name>', 'of one cluster')
    .addOption(new Option('--status <status>', 'in one status').choices(incidentStatuses))
    .option('--all', 'also those that are resolved or skipped')
    .option('--limit <number>', 'at most so many, 1,000 at most', parseLimit, 50)
    .addHelpText(
      'after',
      examples('nightcrier incidents', 'nightcrier incidents --cluster prod-eu --all', 'nightcrier incidents -o json'),
    )
    .action(
      action(context, async (options: Options, command: Command) => {
        const { items, more } = await withState(context, command, async (reader, locations) => {
          if (options.cluster !== undefined) requireCluster(options.cluster, locations);
          return listIncidents(reader, options);
        });
        if (globalOptions(command).output === 'json') {
          const { incidentDetailJson } = await import('../../domain/wire/incident.ts');
          printJson(context, { incidents: items.map(incidentDetailJson), next: more });
          return 0;
        }
        printTable(context, items);
        sayNext(context, items, more !== null);
        return 0;
      }),
    );
}

/** Reads pages until there are enough that are wanted, and one more: then `more` is the id of the last one shown. */
async function listIncidents(
  reader: StateReader,
  options: Options,
): Promise<{ items: IncidentDetail[]; more: string | null }> {
  const items: IncidentDetail[] = [];
  const { cluster, status } = options;
  let before: string | undefined;
  do {
    const page = await reader.incidents({
      limit: options.limit,
      ...(cluster === undefined ? {} : { cluster }),
      ...(status === undefined ? {} : { status }),
      ...(before === undefined ? {} : { before }),
    });
    const wanted = page.items.filter(
      ({ incident }) => options.all || status !== undefined || !hasEnded(incident.status),
    );
    items.push(...wanted);
    before = page.next ?? undefined;
  } while (before !== undefined && items.length <= options.limit);
  const shown = items.slice(0, options.limit);
  return { items: shown, more: items.length > shown.length ? (shown.at(-1)?.incident.id ?? null) : null };
}

function hasEnded(status: IncidentStatus): boolean {
  return status === 'resolved' || status === 'skipped';
}

function printTable(context: CliContext, items: readonly IncidentDetail[]): void {
  if (items.length === 0) return;
  const style = outputStyle(context.io);
  const now = context.io.now();
  const severity = (text: string, row: number): string =>
    severityStyle(style, items[row]?.incident.severity ?? 'info')(text);
  const [header = '', ...rows] = tableLines(
    [
      { title: 'AGE' },
      { title: 'SEVERITY', paint: severity },
      { title: 'STATUS' },
      { title: 'CLUSTER' },
      { title: 'INCIDENT' },
    ],
    items.map(({ incident }) => [
      age(incident.openedAt, now),
      incident.severity,
      incident.status,
      incident.cluster,
      oneLine(incident.title, 300),
    ]),
  );
  print(context, style.dim(header));
  for (const [index, { incident }] of items.entries()) {
    print(context, rows[index] ?? '');
    print(context, `     ${causeLine(incident, causeWidth(context))}`);
    print(context, detail(style, incident));
  }
}

function detail(style: Style, { id, acknowledged }: Incident): string {
  const by = acknowledged ? ` · acknowledged by ${oneLine(acknowledged.by, 100)}` : '';
  return style.dim(`     ${id}${by}`);
}

/** One line of the terminal; plenty where there is none. */
function causeWidth(context: CliContext): number {
  return Math.max(60, (context.io.stdout.columns ?? 205) - 5);
}

function sayNext(context: CliContext, items: readonly IncidentDetail[], more: boolean): void {
  const first = items[0];
  if (first === undefined) {
    say(context, 'no incidents; with --all also those that ended');
    return;
  }
  say(context, `\n${plural(items.length, 'incident')}${more ? ', there are more (--limit)' : ''}`);
  say(context, `next: ${ownCommand(context.io.env)} show ${first.incident.id}`);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new InvalidArgumentError('It must be from 1 to 1000.');
  return limit;
}
