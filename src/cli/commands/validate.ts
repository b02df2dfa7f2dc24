import { Command } from 'commander';
import { ConfigError, type ConfigProblem } from '../../config/errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { displayPath } from '../../config/files/files.ts';
import type { Problem } from '../../lib/problem.ts';
import { plural } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, load, print, printJson, sayWarning } from '../context.ts';

export function validateCommand(context: CliContext): Command {
  return new Command('validate')
    .description('check the whole configuration and show every error at once; connects to nothing')
    .argument('[file]', 'the file to check, - for standard input (default: the one that run would take)')
    .option('--print', 'print the effective values, without secrets')
    .addHelpText(
      'after',
      examples('nightcrier validate', 'nightcrier validate configs/fleet.yaml', 'nightcrier validate --print'),
    )
    .action(
      action(context, async (file: string | undefined, options: { print?: boolean }, command: Command) => {
        const json = globalOptions(command).output === 'json';
        try {
          const given = file === '-' ? { text: await context.io.readInput() } : file === undefined ? {} : { file };
          const loaded = await load(context, command, {}, given);
          const { secretsInTheOpen } = await import('../../config/describe.ts');
          const open = secretsInTheOpen(loaded);
          if (open !== null) sayWarning(context, open);
          if (options.print) await printValues(context, loaded, json);
          else if (json)
            printJson(context, { valid: true, file: loaded.file, errors: [], warnings: allWarnings(loaded, open) });
          else print(context, summary(context, loaded));
          return 0;
        } catch (error) {
          if (!json || !(error instanceof ConfigError)) throw error;
          printJson(context, { valid: false, errors: error.problems.map(asJson), warnings: [] });
          return 2;
        }
      }),
    );
}

async function printValues(context: CliContext, loaded: LoadedConfig, json: boolean): Promise<void> {
  if (json) return printJson(context, loaded.describe());
  const { describedText } = await import('../../config/describe.ts');
  context.io.stdout.write(describedText(loaded.describe()));
}

function summary(context: CliContext, { config, file }: LoadedConfig): string {
  const triaged = config.clusters.filter(({ triage }) => triage.enabled).length;
  const name = file === null ? 'standard input' : displayPath(file, context.io.cwd);
  const clusters = plural(config.clusters.length, 'cluster');
  return `${name} is valid: ${clusters}, ${triaged} with triage, agent ${config.agent.cli}, messages to ${placesOf(config).join(', ')}`;
}

function placesOf({ notify: { slack, webhook, pagerduty, teams } }: LoadedConfig['config']): readonly string[] {
  const names = { Slack: slack, webhook, PagerDuty: pagerduty, Teams: teams };
  const set = Object.entries(names).flatMap(([name, settings]) => (settings === undefined ? [] : [name]));
  return set.length === 0 ? ['console'] : set;
}

function allWarnings({ warnings, file }: LoadedConfig, open: Problem | null): object[] {
  const listed = warnings.map(asJson);
  return open === null ? listed : [...listed, { ...open, path: '', file, line: null, column: null }];
}

function asJson({ code, message, fix, path, origin, line, column }: ConfigProblem) {
  return { code, message, path, file: origin, line, column, fix };
}
