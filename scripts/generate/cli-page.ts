import type { Command } from 'commander';
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

/** docs/cli.md: what \`--help\` says of each command that is not hidden. */
export function cliPage(): string {
  const program = buildProgram(context());
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help');
  const common = section('All commands', program, optionRows(program));
  return [intro, common, ...commands.map((command) => section(command.name(), command, optionRows(command)))].join(
    '\n',
  );
}

function section(title: string, command: Command, options: readonly string[]): string {
  const args = command.registeredArguments.map((argument) => `- \`${argument.name()}\`: ${argument.description}`);
  return [
    `## ${title}`,
    '',
    ...(command.parent === null
      ? []
      : [`\`nightcrier ${command.name()} ${command.usage()}\`: ${command.description()}.`, '']),
    ...(args.length > 0 ? [...args, ''] : []),
    ...(options.length > 0 ? ['| option | does | default |', '|---|---|---|', ...options, ''] : []),
    ...exampleBlock(command),
  ].join('\n');
}

function optionRows(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map(({ flags, description, defaultValue, argChoices }) => {
      const choices = argChoices ? ` (${argChoices.join(', ')})` : '';
      const fallback = defaultValue === undefined ? '' : `\`${String(defaultValue)}\``;
      return `| \`${flags}\` | ${description}${choices} | ${fallback} |`;
    });
}

/** The examples below the help, as a block that can be copied. */
function exampleBlock(command: Command): string[] {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  const lines = text
    .slice(text.indexOf('\nExamples:\n') + '\nExamples:\n'.length)
    .trimEnd()
    .split('\n');
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
