import { Command, InvalidArgumentError } from 'commander';
import { action, type CliContext, examples, load } from './context.ts';

export function runCommand(context: CliContext): Command {
  return new Command('run')
    .description('run the daemon until it is stopped')
    .option('--health-port <port>', 'port of the HTTP server: 0 turns it off, auto takes a free one', parsePort)
    .option('--once', 'one attempt to connect and sweep each cluster, finish every run and message, end')
    .addHelpText(
      'after',
      examples(
        'nightcrier run',
        'nightcrier run --config /etc/nightcrier/nightcrier.yaml',
        'nightcrier run --once --health-port 0',
      ),
    )
    .action(
      action(context, async (options: { healthPort?: number | 'auto'; once?: boolean }, command: Command) => {
        const loaded = load(context, command, { healthPort: options.healthPort });
        return context.deps.runDaemon({ loaded, once: options.once === true, io: context.io }, context.signal);
      }),
    );
}

/** `--health-port`: a port or `auto`. */
export function parsePort(text: string): number | 'auto' {
  if (text === 'auto') return 'auto';
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a port from 0 to 65535, or auto.');
  return port;
}
