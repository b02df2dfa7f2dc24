import { Command } from 'commander';
import { action, type CliContext, examples, globalOptions } from './context.ts';
import type { DemoOptions } from './deps.ts';
import { parsePort } from './run.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

export function demoCommand(context: CliContext): Command {
  return new Command('demo')
    .description('run everything on simulated clusters: no cluster, key, Docker or network needed')
    .option('--health-port <port>', 'port of the HTTP server: 0 turns it off, auto takes a free one', parsePort, 'auto')
    .option('--once', 'end when every fault has its report')
    .addHelpText('after', examples('nightcrier demo', 'nightcrier demo --once', 'nightcrier demo --once -o json'))
    .action(
      action(context, async (options: { healthPort: number | 'auto'; once?: boolean }, command: Command) => {
        const { output, logLevel } = globalOptions(command);
        const level = levels.find((one) => one === logLevel);
        if (logLevel !== undefined && level === undefined) {
          command.error(`error: option '--log-level' must be one of ${levels.join(', ')}`);
        }
        const demo: DemoOptions = {
          once: options.once === true,
          output,
          healthPort: options.healthPort,
          logLevel: level ?? 'warn',
          io: context.io,
        };
        return context.deps.runDemo(demo, context.signal);
      }),
    );
}
