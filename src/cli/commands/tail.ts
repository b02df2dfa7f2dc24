import { Command } from 'commander';
import { action, type CliContext, examples, globalOptions, locate, print, say } from '../context.ts';

export function tailCommand(context: CliContext): Command {
  return new Command('tail')
    .description('follow what happens in the running daemon until Ctrl-C')
    .option('--cluster <name>', 'of one cluster')
    .addHelpText('after', examples('nightcrier tail', 'nightcrier tail --cluster prod-eu', 'nightcrier tail -o json'))
    .action(
      action(context, async (options: { cluster?: string }, command: Command) => {
        const { DaemonClient } = await import('../daemon-client.ts');
        const { eventLine } = await import('../format/event-line.ts');
        const client = new DaemonClient(await locate(context, command), context.io.fetch);
        const json = globalOptions(command).output === 'json';
        const onOpen = (again: boolean): void =>
          say(context, again ? 'connected again' : `following ${client.url}, Ctrl-C ends`);
        const onLost = (): void => say(context, 'connection lost, trying again');
        const onEvent = (event: string, data: unknown): void => {
          if (options.cluster !== undefined && clusterOf(data) !== options.cluster) return;
          print(context, json ? JSON.stringify({ event, data }) : eventLine(event, data, context.io.now()));
        };
        await client.follow({ onOpen, onLost, onEvent }, context.signal);
        return 0;
      }),
    );
}

function clusterOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'cluster' in data ? data.cluster : undefined;
}
