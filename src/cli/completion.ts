import { Argument, Command } from 'commander';
import { action, type CliContext, examples } from './context.ts';
import { completionScript, type Shell, shells } from './completion-script.ts';

export function completionCommand(context: CliContext): Command {
  return new Command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      examples(
        'source <(nightcrier completion bash)',
        'nightcrier completion fish > ~/.config/fish/completions/nightcrier.fish',
      ),
    )
    .action(
      action(context, (shell: Shell, _options: unknown, command: Command) => {
        const program = command.parent;
        if (program === null) return 1;
        context.io.stdout.write(completionScript(shell, describeCommands(program)));
        return 0;
      }),
    );
}

/** Names, descriptions and long options of the commands that are not hidden. */
function describeCommands(program: Command) {
  const help = program.createHelp();
  const common = help.visibleOptions(program);
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...new Set([...help.visibleOptions(command), ...common].flatMap(({ long }) => (long ? [long] : [])))],
  }));
}
