import { Argument, Command } from 'commander';
import { action, type CliContext, examples } from '../context.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

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

interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
}

/** A completion script: commands first, then the options of the command, files for the values of options. */
function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : fish(commands);
}

function bash(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const cases = commands.map(({ name, options }) => `    ${name}) words="${options.join(' ')}" ;;`).join('\n');
  return `# bash completion of nightcrier
_nightcrier() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words="${names}"
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
    --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --output|-o) COMPREPLY=($(compgen -W "text json" -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names}"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _nightcrier nightcrier
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const list = commands.map(({ name, description }) => `    '${name}:${quoted(description)}'`).join('\n');
  const cases = commands.map(({ name, options }) => `      ${name}) compadd -- ${options.join(' ')} ;;`).join('\n');
  return `#compdef nightcrier
# zsh completion of nightcrier
_nightcrier() {
  local -a commands
  commands=(
${list}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
  elif [[ "\${words[CURRENT-1]}" == --config ]]; then
    _files
  else
    case "\${words[2]}" in
${cases}
    esac
  fi
}
compdef _nightcrier nightcrier
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c nightcrier -n __fish_use_subcommand -a ${name} -d '${quoted(description)}'`,
    ...options
      .filter((option) => option !== '--config')
      .map((option) => `complete -c nightcrier -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
  ]);
  return [
    '# fish completion of nightcrier',
    'complete -c nightcrier -f',
    'complete -c nightcrier -l config -r -F',
    ...lines,
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return text.replaceAll("'", '').replaceAll(':', '');
}
