import { Command, Option } from 'commander';
import { severities, type Severity } from '../../domain/fault.ts';
import type { Locations } from '../../config/locations.ts';
import { hangDisplay } from '../../lib/display/width.ts';
import { plural } from '../../lib/text.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  jsonText,
  locate,
  print,
  requireCluster,
  say,
  withState,
} from '../context.ts';
import type { DaemonClient } from '../daemon-client.ts';
import { findIncident, partOfId } from '../find-incident.ts';
import { outputWidth } from '../format/style.ts';
import { type EventChoice, EventFilter } from '../watch/event-filter.ts';
import { EventQueue } from '../watch/event-queue.ts';

/** A daemon that does not say the severity of an incident in this time does not hold up what comes after, ms. */
const lookUpMs = 5000;
/** So many events wait meanwhile; more are left out, and that is said. */
const mostWaiting = 1000;
/** Of what an event says below its first line on a terminal, in columns. */
const indent = 5;

interface Options {
  readonly cluster?: string;
  readonly incident?: string;
  readonly severity?: Severity;
  readonly raw?: boolean;
}

export function tailCommand(context: CliContext): Command {
  return new Command('tail')
    .description('follow what happens in the running daemon until Ctrl-C, a line for what is news')
    .option('--cluster <name>', 'of one cluster')
    .option('--incident <id>', `of one incident: its id; ${partOfId}`)
    .addOption(
      new Option(
        '--severity <level>',
        'incidents with their messages and runs, and faults, of this severity or a worse one',
      ).choices(severities),
    )
    .option('--raw', 'every event: each step of faults, runs and messages')
    .addHelpText(
      'after',
      examples(
        'nightcrier tail',
        'nightcrier tail --cluster prod-eu --severity critical',
        'nightcrier tail --raw',
        'nightcrier tail -o json',
      ),
    )
    .action(
      action(context, async (options: Options, command: Command) => {
        const { DaemonClient } = await import('../daemon-client.ts');
        const locations = await locate(context, command);
        const choice = await choiceOf(context, command, options, locations);
        const client = new DaemonClient(locations, context.io.fetch);
        const filter = new EventFilter(choice, (id) => severityOf(client, id, context.signal));
        const json = globalOptions(command).output === 'json';
        const lineOf = await lines(context, options, json);
        const onOpen = (again: boolean): void =>
          say(context, again ? 'connected again' : `following ${client.url}, Ctrl-C ends`);
        const onLost = (): void => say(context, 'connection lost, trying again');
        const show = async (event: string, data: unknown): Promise<void> => {
          if (!(await filter.wants(event, data))) return;
          const line = lineOf(event, data);
          if (line !== null) print(context, json ? line : wrapped(context, line));
        };
        const queue = new EventQueue({ most: mostWaiting, show, dropped: (count) => sayDropped(context, count) });
        const onEvent = (event: string, data: unknown): void => queue.add(event, data);
        await client.follow({ onOpen, onLost, onEvent }, context.signal);
        await queue.shown();
        return 0;
      }),
    );
}

function sayDropped(context: CliContext, count: number): void {
  say(context, `${plural(count, 'event')} left out: too many came while the severity of an incident was asked for`);
}

/** What the options say, of things that exist: following what can never come would wait for ever. @throws ProblemError */
async function choiceOf(
  context: CliContext,
  command: Command,
  { cluster, incident, severity }: Options,
  locations: Locations,
): Promise<EventChoice> {
  if (cluster !== undefined) requireCluster(cluster, locations);
  if (incident === undefined) return { cluster, severity };
  const found = await withState(context, command, (reader) => findIncident(reader, incident, cluster));
  return { cluster, severity, incident: found.incident.id };
}

/** Null when the daemon does not know the incident, or does not answer: then it is not left out. */
async function severityOf(client: DaemonClient, id: string, signal: AbortSignal): Promise<Severity | null> {
  try {
    const { severity } = await client.incident(id, AbortSignal.any([signal, AbortSignal.timeout(lookUpMs)]));
    return severity;
  } catch {
    return null;
  }
}

/** Lines of a terminal, as wide as it is now; elsewhere an event is one line. */
function wrapped({ io }: CliContext, line: string): string {
  return hangDisplay('', line, outputWidth(io), indent).join('\n');
}

/** What is printed of an event, null for nothing. */
async function lines(
  { io }: CliContext,
  { raw }: Options,
  json: boolean,
): Promise<(event: string, data: unknown) => string | null> {
  if (json) return (event, data) => jsonText({ event, data });
  const { timeZone } = io;
  if (raw === true) {
    const { eventLine } = await import('../format/event-line.ts');
    return (event, data) => eventLine(event, data, { now: io.now(), timeZone });
  }
  const { TailLines } = await import('../format/tail-lines.ts');
  const tail = new TailLines({ timeZone });
  return (event, data) => tail.line(event, data, io.now());
}
