import fs from 'node:fs';
import { Command } from 'commander';
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

/** The version in package.json, two folders up from `src/cli/` and `dist/cli/` alike. */
export function packageVersion(): string {
  const text = fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
