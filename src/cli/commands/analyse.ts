import fs from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { printable } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, printJson } from '../context.ts';

/** Hidden: what `run-agent.sh --cli builtin` runs. Writes `output/` of the workspace like any agent. */
export function analyseCommand(context: CliContext): Command {
  return new Command('analyse')
    .description('run the built-in analyst over the evidence of a workspace')
    .argument('<workspace>', 'a folder with incident.json and evidence/')
    .addHelpText('after', examples('nightcrier analyse data/workspaces/INCIDENT/RUN'))
    .action(
      action(context, async (workspace: string, _options: unknown, command: Command) => {
        const dir = path.resolve(context.io.cwd, workspace);
        const answer = await context.deps.analyse({ workspace: dir }, context.signal);
        const output = path.join(dir, 'output');
        await fs.mkdir(output, { recursive: true, mode: 0o700 });
        const write = (name: string, text: string): Promise<void> =>
          fs.writeFile(path.join(output, name), text, { mode: 0o600 });
        await write('verdict.json', `${JSON.stringify(answer.verdict, null, 2)}\n`);
        await write('investigation.md', answer.markdown);
        if (globalOptions(command).output === 'json') printJson(context, answer.verdict);
        else print(context, printable(answer.verdict.summary));
        return 0;
      }),
    );
}
