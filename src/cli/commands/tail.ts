import { Command, Option } from 'commander';
import { severities, type Severity } from '../../domain/fault.ts';
import { action, type CliContext, examples, globalOptions, jsonText, locate, print, say } from '../context.ts';

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
    .option('--incident <id>', 'of one incident, by its id or the end of it')
    .addOption(
      new Option('--severity <level>', 'incidents and faults of this severity or a worse one').choices(severities),
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
        const client = new DaemonClient(await locate(context, command), context.io.fetch);
        const lineOf = await lines(context, options, globalOptions(command).output === 'json');
        const onOpen = (again: boolean): void =>
          say(context, again ? 'connected again' : `following ${client.url}, Ctrl-C ends`);
        const onLost = (): void => say(context, 'connection lost, trying again');
        const onEvent = (event: string, data: unknown): void => {
          if (!isWanted(event, data, options)) return;
          const line = lineOf(event, data);
          if (line !== null) print(context, line);
        };
        await client.follow({ onOpen, onLost, onEvent }, context.signal);
        return 0;
      }),
    );
}

/** What is printed of an event, null for nothing. */
async function lines(
  { io }: CliContext,
  { severity, raw }: Options,
  json: boolean,
): Promise<(event: string, data: unknown) => string | null> {
  if (json) return (event, data) => jsonText({ event, data });
  const { timeZone } = io;
  if (raw === true) {
    const { eventLine } = await import('../format/event-line.ts');
    return (event, data) => eventLine(event, data, { now: io.now(), timeZone });
  }
  const { TailLines } = await import('../format/tail-lines.ts');
  const tail = new TailLines({ timeZone, severity });
  return (event, data) => tail.line(event, data, io.now());
}

function isWanted(event: string, data: unknown, { cluster, incident }: Options): boolean {
  if (cluster !== undefined && fieldOf(data, 'cluster') !== cluster) return false;
  if (incident === undefined) return true;
  const id = fieldOf(data, event === 'incident' ? 'id' : 'incident_id');
  return typeof id === 'string' && id.toLowerCase().endsWith(incident.toLowerCase());
}

function fieldOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
}
