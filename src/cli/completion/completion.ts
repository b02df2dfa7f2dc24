import { Argument, Command } from 'commander';
import { action, type CliContext, examples } from '../context.ts';
import { type Completed, type CompletedOption, describeCommands, type Values } from './describe-commands.ts';

const scripts = { bash, zsh, fish };
type Shell = keyof typeof scripts;

export function completionCommand(context: CliContext): Command {
  return new Command('completion')
    .description('print the completion script of a shell: commands, options, ids of incidents, names of clusters')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      examples(
        'source <(nightcrier completion bash)',
        'nightcrier completion zsh > "${fpath[1]}/_nightcrier"',
        'nightcrier completion fish > ~/.config/fish/completions/nightcrier.fish',
      ),
    )
    .action(
      action(context, (shell: Shell, _options: unknown, command: Command) => {
        const program = command.parent;
        if (program === null) return 1;
        context.io.stdout.write(scripts[shell](describeCommands(program)));
        return 0;
      }),
    );
}

/** How a script names what stands at a place. */
type Offer = (values: Exclude<Values, null>) => string;

/** Which word is completed: the path of its command, and the words behind it. The same in bash and zsh. */
function walk({ commands, options }: Completed, words: string, last: string): string {
  const paths = commands.map(({ path }) => (path.includes(' ') ? `"${path}"` : `" ${path}"`));
  const valued = options.flatMap(({ flags }) => flags).filter((flag) => flag !== '--config');
  return `  for ((at = ${words === 'words' ? 2 : 1}; at < ${last}; at++)); do
    case "\${${words}[at]}" in
      --config) config=(--config "\${${words}[at + 1]}"); at=$((at + 1)) ;;
      ${valued.join('|')}) at=$((at + 1)) ;;
      -*) ;;
      *)
        case "$command_path \${${words}[at]}" in
          ${paths.join('|')}) command_path="\${command_path:+$command_path }\${${words}[at]}" rest=() ;;
          *) rest+=("\${${words}[at]}") ;;
        esac ;;
    esac
  done`;
}

/** What is offered: for the value of an option, for an option, and for each place of a command. */
function offers({ commands, options }: Completed, previous: string, offer: Offer): string {
  const ofOption = ({ flags, values }: CompletedOption): string =>
    `    ${flags.join('|')}) ${values === null ? '' : `${offer(values)}; `}return ;;`;
  const ofCommand = commands.map((command) => `      "${command.path}") ${offer(command.options)} ;;`);
  const top = commands.filter(({ path }) => !path.includes(' ')).map(({ path }) => path);
  const places = commands.flatMap(({ path, places: all }) =>
    all.flatMap((values, at) => (values === null ? [] : [`    "${path}:${at}") ${offer(values)} ;;`])),
  );
  return `  case "${previous}" in
${options.map(ofOption).join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    case "$command_path" in
${ofCommand.join('\n')}
    esac
    return
  fi
  case "$command_path:\${#rest[@]}" in
    ":0") ${offer(top)} ;;
${places.join('\n')}
  esac`;
}

function bash(completed: Completed): string {
  const offer: Offer = (values) => {
    if (values === 'files') return 'COMPREPLY=($(compgen -f -- "$current"))';
    if (typeof values !== 'string') return `COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$current"))`;
    return values === 'objects' ? '_nightcrier_values objects "${rest[0]}"' : `_nightcrier_values ${values}`;
  };
  return `# bash completion of nightcrier
_nightcrier_values() {
  local word
  while IFS=$'\\t' read -r word _; do
    if [[ "$word" == "$current"* ]]; then COMPREPLY+=("$word"); fi
  done < <("\${COMP_WORDS[0]}" complete "$@" "\${config[@]}" 2>/dev/null)
}
_nightcrier() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at command_path="" rest=() config=()
  COMPREPLY=()
${walk(completed, 'COMP_WORDS', 'COMP_CWORD')}
${offers(completed, '${COMP_WORDS[COMP_CWORD - 1]}', offer)}
}
complete -F _nightcrier nightcrier
`;
}

function zsh(completed: Completed): string {
  const offer: Offer = (values) => {
    if (values === 'files') return '_files';
    if (typeof values !== 'string') return `compadd -- ${values.join(' ')}`;
    return values === 'objects' ? '_nightcrier_values objects "${rest[1]}"' : `_nightcrier_values ${values}`;
  };
  const described = completed.commands
    .filter(({ path }) => !path.includes(' '))
    .map(({ path, description }) => `      '${path}:${quoted(description)}'`);
  const commands = `    ":0")
      local -a commands
      commands=(
${described.join('\n')}
      )
      _describe command commands ;;`;
  return `#compdef nightcrier
# zsh completion of nightcrier
_nightcrier_values() {
  local -a found
  local line
  for line in "\${(@f)$("\${words[1]}" complete "$@" "\${config[@]}" 2>/dev/null)}"; do
    if [[ -n "$line" ]]; then found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}"); fi
  done
  _describe value found
}
_nightcrier() {
  local current="\${words[CURRENT]}" at command_path=""
  local -a rest config
${walk(completed, 'words', 'CURRENT')}
${offers(completed, '${words[CURRENT-1]}', offer).replace(/^ {4}":0"\).*$/m, commands)}
}
compdef _nightcrier nightcrier
`;
}

function fish({ commands, options }: Completed): string {
  const offer: Offer = (values) => {
    if (values === 'files') return '-F';
    return typeof values === 'string' ? `-f -a '(__nightcrier_values ${values})'` : `-f -a '${values.join(' ')}'`;
  };
  const only = (path: string): string => {
    const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    return `complete -c nightcrier -n '${seen.join('; and ')}'`;
  };
  const ofCommands = commands.flatMap(({ path, description, options: own, places }) => [
    ...(path.includes(' ')
      ? []
      : [`complete -c nightcrier -n __fish_use_subcommand -a ${path} -d '${quoted(description)}'`]),
    ...places.flatMap((values) => (values === null ? [] : [`${only(path)} ${offer(values)}`])),
    ...own.map((option) => `${only(path)} -l ${option.slice(2)}`),
  ]);
  const ofOptions = options.map(({ flags: [long = '', short], values }) => {
    const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
    return `complete -c nightcrier -l ${long.slice(2)}${letter} -r ${values === null ? '-f' : offer(values)}`;
  });
  return `# fish completion of nightcrier
function __nightcrier_values
    set -l tokens (commandline -opc)
    set -l config
    for at in (seq 2 (count $tokens))
        if test "$tokens[$at]" = --config
            set config --config $tokens[(math $at + 1)]
        end
    end
    command $tokens[1] complete $argv $config 2>/dev/null
end
complete -c nightcrier -f
${[...ofOptions, ...ofCommands].join('\n')}
`;
}

function quoted(text: string): string {
  return text.replaceAll("'", '').replaceAll(':', '');
}
