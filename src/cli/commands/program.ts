import { Command, CommanderError, Option } from 'commander';
import { packageVersion } from '../../app/package-info.ts';
import { ConfigError } from '../../config/errors.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { printable } from '../../lib/text.ts';
import { analyseCommand } from './analyse.ts';
import { auditCommand } from './audit.ts';
import { completeCommand } from '../completion/complete.ts';
import { completionCommand } from '../completion/completion.ts';
import { type CliContext, type CliDeps, type CliIo, examples, globalOptions, say } from '../context.ts';
import {
  clusterUnknown,
  contextUnknown,
  endpointInvalid,
  kindUnknown,
  matcherInvalid,
  mcpArgumentsInvalid,
  objectInvalid,
} from '../errors.ts';
import { mcpCommand, serveMcpCommand } from './mcp.ts';
import { incidentsCommand } from './incidents.ts';
import { doctorCommand } from '../setup/doctor.ts';
import { explainCommand } from '../setup/explain.ts';
import { initCommand } from '../setup/init.ts';
import { kubeconfigCommand } from '../setup/kubeconfig.ts';
import { askCommand } from '../orders/ask.ts';
import { feedbackCommand } from '../orders/feedback.ts';
import { orderCommands } from '../orders/order.ts';
import { slackCommand } from '../setup/slack.ts';
import { silenceCommand } from '../orders/silence.ts';
import { demoCommand, runCommand } from './run.ts';
import { reportCommand } from './report.ts';
import { schemaCommand } from './schema.ts';
import { searchCommand } from './search.ts';
import { showCommand } from './show.ts';
import { tailCommand } from './tail.ts';
import { triageCommand } from './triage.ts';
import { validateCommand } from './validate.ts';
import { versionCommand } from './version.ts';
import { whyCommand } from './why.ts';

/**
 * Runs one command line (without node and the script) and resolves to its exit code: 0 good, 1 failed, 2 the person's
 * input is wrong. Never rejects.
 */
export async function runCli(argv: readonly string[], io: CliIo, deps: CliDeps, signal: AbortSignal): Promise<number> {
  const context: CliContext = { io, deps, signal, exitCode: 0 };
  const program = buildProgram(context);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return exitCodeOf(error, context, argv);
  }
}

/** The tree of commands; the reference page is made from it. */
export function buildProgram(context: CliContext): Command {
  const program = new Command('nightcrier');
  program
    .description(
      'Hears every fault from all your Kubernetes clusters, investigates each one read-only, tells you the cause.',
    )
    .option('--config <file>', 'configuration file (default: searched for, see docs/configuration.md)')
    .addOption(new Option('--log-level <level>', 'lowest level that is logged: debug, info, warn or error'))
    .addOption(
      new Option('-o, --output <format>', 'form of the data')
        .choices(['text', 'json', 'table', 'short'])
        .default('text'),
    )
    .version(packageVersion(), '--version', 'print the version')
    .hook('preAction', (_program, command) => {
      const { output, config } = globalOptions(command);
      context.configFile = config;
      if (['text', 'json'].includes(output) || command.name() === 'doctor') return;
      command.error(`error: -o ${output} is a form of doctor alone; others know text and json`);
    })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examples('nightcrier demo', 'nightcrier init', 'nightcrier run'));
  for (const make of commands) program.addCommand(make(context), { hidden: hidden.has(make) });
  for (const command of withCommandsBelow(program)) {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => void context.io.stdout.write(text),
      writeErr: (text) => void context.io.stderr.write(printable(text)),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
    if (command !== program) command.configureHelp({ showGlobalOptions: true });
  }
  return program;
}

/** A command and all that are below it. */
function withCommandsBelow(command: Command): Command[] {
  return [command, ...command.commands.flatMap((below) => withCommandsBelow(below))];
}

const commands = [
  runCommand,
  demoCommand,
  initCommand,
  kubeconfigCommand,
  validateCommand,
  doctorCommand,
  explainCommand,
  slackCommand,
  incidentsCommand,
  showCommand,
  reportCommand,
  searchCommand,
  whyCommand,
  askCommand,
  tailCommand,
  auditCommand,
  triageCommand,
  silenceCommand,
  feedbackCommand,
  ...orderCommands,
  mcpCommand,
  serveMcpCommand,
  versionCommand,
  schemaCommand,
  completionCommand,
  completeCommand,
  analyseCommand,
];

/** For programs, not for people. */
const hidden = new Set<(context: CliContext) => Command>([completeCommand, analyseCommand]);

/** What a person wrote is wrong, whatever the world is like. */
const wrongInput = new Set(
  [
    objectInvalid,
    kindUnknown,
    clusterUnknown,
    endpointInvalid,
    contextUnknown,
    matcherInvalid,
    mcpArgumentsInvalid,
  ].map(({ code }) => code),
);

function exitCodeOf(error: unknown, context: CliContext, argv: readonly string[]): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) {
    say(context, error.message);
    return 2;
  }
  if (context.signal.aborted) return 1;
  if (error instanceof ProblemError) {
    say(context, `error: ${error.message}\n    fix: ${error.fix}\n    ${error.code}`);
    return wrongInput.has(error.code) ? 2 : 1;
  }
  say(context, `error: ${errorText(error)}`);
  if (error instanceof Error && argv.includes('debug')) say(context, error.stack ?? '');
  return 1;
}
