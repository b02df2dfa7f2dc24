import { shortConfidence } from '../../domain/verdict/confidence.ts';
import { Command } from 'commander';
import { delay, systemClock } from '../../lib/clock.ts';
import type { NamedObject } from '../../domain/fault.ts';
import { timesInZone } from '../../lib/display/local-time.ts';
import { hangDisplay } from '../../lib/display/width.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  load,
  locate,
  print,
  printJson,
  say,
  requireCluster,
  runningDaemon,
} from '../context.ts';
import type { DaemonClient, IncidentAnswer } from '../daemon-client.ts';
import { reportMissing } from '../errors.ts';
import { objectHelp, objectName, parseObjectName, requireKnownObject } from '../format/object-name.ts';
import { incidentPage } from '../format/incident-view.ts';
import { outputWidth } from '../format/style.ts';
import { printIncident } from './show.ts';

const pollMs = 500;

interface Options {
  readonly namespace?: string;
}

export function triageCommand(context: CliContext): Command {
  return new Command('triage')
    .description('open an incident for an object by hand and wait for its report')
    .argument('<cluster>', 'name of the cluster')
    .argument('<object>', objectHelp.object)
    .argument('[name]', objectHelp.name)
    .option('-n, --namespace <name>', objectHelp.namespace)
    .addHelpText(
      'after',
      examples('nightcrier triage prod-eu Deployment/shop/cart', 'nightcrier triage prod-eu sts db -n shop'),
    )
    .action(
      action(
        context,
        async (cluster: string, object: string, name: string | undefined, options: Options, command: Command) => {
          const ref = parseObjectName({ object, name, ...options });
          await requireKnownObject(ref);
          const locations = await locate(context, command);
          requireCluster(cluster, locations);
          const json = globalOptions(command).output === 'json';
          const client = await runningDaemon(context, locations);
          if (client !== null) return askDaemon(context, client, cluster, ref, json);
          say(context, `no daemon is running, investigating ${objectName(ref)} in ${cluster} here`);
          const loaded = await load(context, command);
          const detail = await context.deps.triageOnce({ loaded, cluster, ref, io: context.io }, context.signal);
          await printIncident(context, command, { detail }, locations);
          return detail.incident.report === null ? 1 : 0;
        },
      ),
    );
}

async function askDaemon(
  context: CliContext,
  client: DaemonClient,
  cluster: string,
  ref: NamedObject,
  json: boolean,
): Promise<number> {
  const { signal } = context;
  const opened = await client.triage(cluster, ref, signal);
  say(context, `${opened.incident_id}: the running daemon investigates ${objectName(ref)} in ${cluster}`);
  for (;;) {
    const incident = await client.incident(opened.incident_id, signal);
    const run = incident.runs.find(({ id }) => id === opened.run_id);
    const ended = run === undefined ? false : !['queued', 'running'].includes(run.status);
    if (ended) {
      if (json) printJson(context, incident);
      else printAnswer(context, incident, client.pages);
      return codeOf(context, incident);
    }
    await delay(systemClock, pollMs, signal);
  }
}

function printAnswer(context: CliContext, incident: IncidentAnswer, pages: string): void {
  // What the daemon says comes from clusters and agents: nothing of it may steer the terminal.
  const plain = (text: string): string => timesInZone(oneLine(text, 2500), context.io.timeZone);
  const confidence = incident.confidence ? ` (${shortConfidence[incident.confidence]})` : '';
  const field = (name: string, text: string): void => {
    for (const line of hangDisplay(name.padEnd(9), plain(text), outputWidth(context.io))) print(context, line);
  };
  print(context, plain(incident.title));
  field('Cause', `${incident.cause ?? 'no cause found'}${confidence}`);
  field('Status', incident.status);
  field('Page', incidentPage(pages, incident.id));
  field('Id', incident.id);
}

/** @throws ProblemError when not even the analyst could write a report */
function codeOf(context: CliContext, { id, report, status_reason: why }: IncidentAnswer): number {
  if (!report) {
    throw new ProblemError(
      reportMissing,
      `there is no report: ${oneLine(why ?? '', 300) || 'the run ended without one'}`,
      {
        fields: { id },
      },
    );
  }
  say(context, `\nnext: nightcrier report ${oneLine(id, 100)}`);
  return 0;
}
