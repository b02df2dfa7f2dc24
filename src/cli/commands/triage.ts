import { Command } from 'commander';
import { delay, systemClock } from '../../lib/clock.ts';
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
import type { NamedObject } from '../context.ts';
import { reportMissing } from '../errors.ts';
import { objectHelp, objectName, parseObjectName, requireKnownObject } from '../format/object-name.ts';
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
          await printIncident(context, detail, { json, dataDir: locations.dataDir });
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
    if (ended) return printAnswer(context, incident, json);
    await delay(systemClock, pollMs, signal);
  }
}

function printAnswer(context: CliContext, incident: IncidentAnswer, json: boolean): number {
  if (json) {
    printJson(context, incident);
  } else {
    // What the daemon says comes from clusters and agents: nothing of it may steer the terminal.
    const plain = (text: string): string => oneLine(text, 2500);
    const confidence = incident.confidence ? ` (${incident.confidence} confidence)` : '';
    print(context, plain(incident.title));
    print(context, `Cause    ${plain(`${incident.cause ?? 'no cause found'}${confidence}`)}`);
    print(context, `Status   ${plain(incident.status)}`);
    print(context, `Report   ${plain(incident.report ?? 'none')}`);
    print(context, `Id       ${plain(incident.id)}`);
  }
  if (incident.report) return 0;
  const reason = incident.status_reason ?? 'the run ended without one';
  throw new ProblemError(reportMissing, `there is no report: ${reason}`, { fields: { id: incident.id } });
}
