import { Command } from 'commander';
import { packageVersion } from '../../app/package-info.ts';
import { action, type CliContext, examples, globalOptions, print, printJson } from '../context.ts';

export function versionCommand(context: CliContext): Command {
  return new Command('version')
    .description('print the version')
    .addHelpText('after', examples('nightcrier version', 'nightcrier version -o json'))
    .action(
      action(context, (_options: unknown, command: Command) => {
        const about = {
          version: packageVersion(),
          node: process.versions.node,
          platform: process.platform,
          arch: process.arch,
        };
        if (globalOptions(command).output === 'json') printJson(context, about);
        else print(context, `nightcrier ${about.version} (Node ${about.node}, ${about.platform} ${about.arch})`);
        return 0;
      }),
    );
}
