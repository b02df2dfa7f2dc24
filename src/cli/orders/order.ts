import { Command, Option } from 'commander';
import type { Environment } from '../../config/environment.ts';
import type { IncidentOrder } from '../../domain/incident.ts';
import { oneLine } from '../../lib/text.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  locate,
  print,
  printJson,
  say,
  withState,
} from '../context.ts';
import type { DaemonClient, IncidentAnswer } from '../daemon-client.ts';
import { findIncident, incidentArgument } from '../find-incident.ts';
import { incidentPage } from '../format/incident-view.ts';

interface Options {
  readonly author?: string;
  readonly comment?: string;
}

const orders = {
  ack: {
    description: 'say that you have an incident in hand; its messages show who and when',
    comment: 'what is being done about it',
    said: ({ acknowledged }) => `acknowledged by ${acknowledged?.by ?? 'somebody'}`,
  },
  resolve: {
    description: 'say that an incident is over; nobody is told of its faults again until they have cleared',
    comment: 'how it came to be over',
    said: ({ status, status_reason: reason }) => `${status}${reason === null ? '' : `, ${reason}`}`,
  },
  rerun: {
    description: 'have an incident investigated again, now',
    comment: 'why, such as what has changed since',
    said: ({ runs }) => `run ${runs.at(-1)?.id ?? ''} is ${runs.at(-1)?.status ?? 'queued'}`,
  },
} as const satisfies Record<
  IncidentOrder['kind'],
  { readonly description: string; readonly comment: string; readonly said: (incident: IncidentAnswer) => string }
>;

/** `ack INCIDENT`, `resolve INCIDENT` and `rerun INCIDENT`, through the running daemon. */
export const orderCommands = (Object.keys(orders) as IncidentOrder['kind'][]).map(
  (kind) => (context: CliContext) => orderCommand(context, kind),
);

function orderCommand(context: CliContext, kind: IncidentOrder['kind']): Command {
  const { description, comment: meaning, said } = orders[kind];
  const command = new Command(kind)
    .description(description)
    .addArgument(incidentArgument())
    .addOption(authorOption())
    .option('--comment <text>', `${meaning}; kept with the incident and shown with who and when`, '')
    .addHelpText('after', examples(`nightcrier ${kind} inc_01K9Z3W8Q4`, `nightcrier ${kind} 01K9Z3W8Q4 --author ana`));
  return command.action(
    action(context, async (id: string, { author, comment }: Options, command: Command) => {
      const client = await daemonOf(context, command);
      const found = await withState(context, command, (reader) => findIncident(reader, id));
      const by = authorOf(context, author);
      const incident = await client.order(
        found.incident.id,
        kind,
        { author: by, comment: comment ?? '' },
        context.signal,
      );
      if (globalOptions(command).output === 'json') printJson(context, incident);
      else print(context, oneLine(`${incident.id}: ${said(incident)} · ${incident.title}`, 300));
      say(context, `see ${incidentPage(client.pages, incident.id)}`);
      return 0;
    }),
  );
}

/** The running daemon: these commands change what it keeps. @throws ProblemError when its HTTP server is turned off */
export async function daemonOf(context: CliContext, command: Command): Promise<DaemonClient> {
  const { DaemonClient } = await import('../daemon-client.ts');
  return new DaemonClient(await locate(context, command), context.io.fetch);
}

export function authorOption(): Option {
  return new Option('--author <name>', 'who says so (default: $USER)');
}

/** Who says so: as they are named, else as the system knows them. It is said when neither is known. */
export function authorOf(context: CliContext, named: string | undefined): string {
  const known = named === undefined || named === '' ? personOf(context.io.env) : named;
  if (known !== '') return known;
  say(context, 'nobody is named, so it is by "somebody"; --author NAME says who you are');
  return 'somebody';
}

/** Empty where the system does not say it. */
function personOf({ USER: user, LOGNAME: login }: Environment): string {
  return oneLine(user ?? '', 100) || oneLine(login ?? '', 100);
}
