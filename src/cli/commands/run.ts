import { Command, InvalidArgumentError } from 'commander';
import { action, type CliContext, type DemoOptions, examples, globalOptions, load } from '../context.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

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
        const loaded = await load(context, command, { healthPort: options.healthPort });
        return context.deps.runDaemon({ loaded, once: options.once === true, io: context.io }, context.signal);
      }),
    );
}

export function demoCommand(context: CliContext): Command {
  return new Command('demo')
    .description('run everything on simulated clusters: no cluster, key, Docker or network needed')
    .option('--health-port <port>', 'port of the HTTP server: 0 turns it off, auto takes a free one', parsePort, 'auto')
    .option('--once', 'end when every fault has its report')
    .option('--keep', 'leave its data and reports when it ends')
    .addHelpText(
      'after',
      examples('nightcrier demo', 'nightcrier demo --once', 'nightcrier demo --once --keep -o json'),
    )
    .action(
      action(
        context,
        async (options: { healthPort: number | 'auto'; once?: boolean; keep?: boolean }, command: Command) => {
          const { output, logLevel } = globalOptions(command);
          const level = levels.find((one) => one === logLevel);
          if (logLevel !== undefined && level === undefined) {
            command.error(`error: option '--log-level' must be one of ${levels.join(', ')}`);
          }
          const demo: DemoOptions = {
            once: options.once === true,
            keep: options.keep === true,
            output: output === 'json' ? 'json' : 'text',
            healthPort: options.healthPort,
            logLevel: level ?? 'warn',
            io: context.io,
          };
          return context.deps.runDemo(demo, context.signal);
        },
      ),
    );
}

/** `--health-port`: a port or `auto`. */
function parsePort(text: string): number | 'auto' {
  if (text === 'auto') return 'auto';
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a port from 0 to 65535, or auto.');
  return port;
}
