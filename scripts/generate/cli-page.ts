import type { Argument, Command, Option } from 'commander';
import type { CliContext } from '../../src/cli/context.ts';
import { buildProgram } from '../../src/cli/commands/program.ts';

const intro = `# Command line

Data goes to standard output, logs and talk to standard error. \`-o json\` gives data for programs. \`NO_COLOR\` and a pipe give
plain text.

| exit code | means |
|---|---|
| 0 | good |
| 1 | failed, or not found; what carries a code is explained in [errors](errors.md) |
| 2 | the input is wrong: the command line or the configuration |
| 141 | who read standard output went away (\`nightcrier incidents \\| head\`); never with \`run\` |

This page is generated from the code (\`npm run generate\`).
`;

/** docs/cli.md: what \`--help\` says of each command that is not hidden, those below others too. */
export function cliPage(): string {
  const program = buildProgram(context());
  const sections = commandsBelow(program, '').map(({ path, command }) =>
    section(path, command, usageLine(path, command)),
  );
  return [intro, section('All commands', program, []), ...sections].join('\n');
}

interface PlacedCommand {
  /** The words behind `nightcrier`. */
  readonly path: string;
  readonly command: Command;
}

function commandsBelow(above: Command, pathOfAbove: string): PlacedCommand[] {
  const visible = above.createHelp().visibleCommands(above);
  return visible
    .filter((command) => command.name() !== 'help')
    .flatMap((command) => {
      const path = `${pathOfAbove} ${command.name()}`.trim();
      return [{ path, command }, ...commandsBelow(command, path)];
    });
}

function usageLine(path: string, command: Command): string[] {
  return [`\`nightcrier ${path} ${command.usage()}\`: ${command.description()}.`, ''];
}

function section(title: string, command: Command, usage: readonly string[]): string {
  const args = command.registeredArguments.map(argumentLine);
  const options = optionRows(command);
  return [
    `## ${title}`,
    '',
    ...usage,
    ...(args.length > 0 ? [...args, ''] : []),
    ...(options.length > 0 ? ['| option | does | default |', '|---|---|---|', ...options, ''] : []),
    ...exampleBlock(command),
  ].join('\n');
}

function argumentLine(argument: Argument): string {
  const fallback = defaultText(argument);
  const usual = fallback === '' ? '' : ` (default: ${fallback})`;
  return `- \`${argument.name()}\`: ${argument.description}${choicesText(argument.argChoices)}${usual}`;
}

function optionRows(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map(
      (option) =>
        `| \`${option.flags}\` | ${option.description}${choicesText(option.argChoices)} | ${defaultText(option)} |`,
    );
}

function choicesText(choices: readonly string[] | undefined): string {
  return choices ? ` (${choices.join(', ')})` : '';
}

/** The default as a person would write it. */
function defaultText({ defaultValue, defaultValueDescription }: Option | Argument): string {
  const text = defaultValueDescription ?? String(defaultValue ?? '');
  return text === '' ? '' : `\`${text}\``;
}

/** The examples below the help, as a block that can be copied; nothing where there are none. */
function exampleBlock(command: Command): string[] {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  const [, examples] = text.split('\nExamples:\n');
  if (examples === undefined) return [];
  const lines = examples.trimEnd().split('\n');
  return ['```sh', ...lines.map((line) => line.trim()), '```', ''];
}

/** The tree of commands is only described here; nothing of this is used. */
function context(): CliContext {
  const unused = (): never => {
    throw new Error('no command runs here');
  };
  return {
    io: {
      stdout: { write: unused },
      stderr: { write: unused },
      env: {},
      timeZone: 'UTC',
      cwd: '/',
      now: unused,
      fetch: unused,
      readInput: unused,
      ask: null,
      page: null,
      onSignal: unused,
    },
    deps: {
      runDaemon: unused,
      runDemo: unused,
      triageOnce: unused,
      runDoctor: unused,
      doctorWords: unused,
      problemKinds: unused,
      openReader: unused,
      readStored: unused,
      askAlone: unused,
      analyse: unused,
      makeCredential: unused,
      credentialText: unused,
      askPermissions: unused,
      serveMcp: unused,
      serveMcpStdio: unused,
      openMcp: unused,
      verifyAudit: unused,
    },
    signal: new AbortController().signal,
    exitCode: 0,
  };
}
