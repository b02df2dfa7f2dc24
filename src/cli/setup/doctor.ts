import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from '../../config/errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { checkGroups, type CheckGroup, sumsOf } from '../../domain/wire/check-groups.ts';
import type { Checked, DoctorReport } from '../../domain/wire/doctor.ts';
import { parseDuration } from '../../lib/format.ts';
import { docsOf, type Problem, ProblemError } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import {
  action,
  asTyped,
  type AskedDaemon,
  type CliContext,
  examples,
  globalOptions,
  locate,
  print,
  printJson,
  requireCluster,
  runningDaemon,
  say,
} from '../context.ts';
import { doctorLines } from '../format/doctor-view.ts';
import { outputStyle } from '../format/style.ts';

interface Options {
  readonly only?: CheckGroup;
  readonly cluster?: string;
  readonly wait?: number;
  readonly strict?: boolean;
  readonly sendTestMessage?: boolean;
}

export function doctorCommand(context: CliContext): Command {
  return new Command('doctor')
    .description('check the whole set-up and say what to do about each problem; forms: table, short, json')
    .addOption(new Option('--only <group>', 'only the checks of one group').choices(checkGroups))
    .option('--cluster <name>', 'only this cluster, with more patience')
    .option('--wait <duration>', 'try again until nothing fails, for so long (30s, 5m)', parseWait)
    .option('--strict', 'warnings fail, too')
    .option('--send-test-message', 'post one line to every channel that is told of incidents')
    .addHelpText(
      'after',
      examples(
        'nightcrier doctor',
        'nightcrier doctor --cluster prod-eu -o short',
        'nightcrier doctor --only config --strict',
        'nightcrier doctor --only host -o json',
      ),
    )
    .action(
      action(context, async (options: Options, command: Command) => {
        const loaded = await loadedOrReport(context, command);
        const report = 'config' in loaded ? await checkedReport(context, command, loaded, options) : loaded;
        const exitCode = 'config' in loaded ? (report.success ? 0 : 1) : 2;
        await show(context, report, exitCode, globalOptions(command).output);
        return exitCode;
      }),
    );
}

/** The configuration, or a report that says what is wrong with it: nothing else can be checked then. */
async function loadedOrReport(context: CliContext, command: Command): Promise<LoadedConfig | DoctorReport> {
  const { loadConfig } = await import('../../config/load.ts');
  const { config: file, logLevel } = globalOptions(command);
  const { env, cwd } = context.io;
  try {
    return loadConfig({ file, env, cwd, flags: { logLevel } });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const checks = error.problems.map((problem): Checked => {
      const place = problem.line === null ? problem.origin : `${problem.origin}:${problem.line}:${problem.column}`;
      const { code, fix } = problem;
      const docs = docsOf(code);
      const said = { code, message: `${place}: ${problem.message}`, fix, docs };
      return { ...configValid, result: 'failed', detail: null, problem: said };
    });
    const summary = { ...sumsOf(checks), seconds: 0 };
    return { version: 1, success: false, file: file ?? null, daemon: null, summary, checks };
  }
}

const configValid = {
  id: 'config.valid',
  group: 'config',
  statement: 'the configuration is valid',
  subject: null,
} as const;

async function checkedReport(
  context: CliContext,
  command: Command,
  loaded: LoadedConfig,
  { only, cluster, wait = 0, strict = false, sendTestMessage = false }: Options,
): Promise<DoctorReport> {
  if (cluster !== undefined) requireCluster(cluster, { clusters: loaded.config.clusters.map(({ name }) => name) });
  const asked = await askDaemon(context, command);
  return await context.deps.runDoctor(
    {
      loaded,
      only: only ?? null,
      cluster: cluster ?? null,
      waitMs: wait,
      strict,
      sendTestMessage,
      ...asked,
      env: context.io.env,
      onAgain: (failed) => sayAgain(context, failed),
    },
    context.signal,
  );
}

interface Asked {
  readonly daemon: AskedDaemon | null;
  readonly daemonProblem: Problem | null;
}

/** What the daemon says that runs with this configuration; nothing when none answers. */
async function askDaemon(context: CliContext, command: Command): Promise<Asked> {
  const client = await runningDaemon(context, await locate(context, command));
  if (client === null) return { daemon: null, daemonProblem: null };
  try {
    return { daemon: { url: client.url, health: await client.clusters(context.signal) }, daemonProblem: null };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { daemon: null, daemonProblem: error.toProblem() };
  }
}

/** Who waits at a terminal sees what for. */
function sayAgain({ io }: CliContext, failed: readonly Checked[]): void {
  if (io.stderr.isTTY !== true) return;
  const first = failed[0]?.problem?.message ?? '';
  io.stderr.write(`waiting: ${failed.length} failed, the first: ${oneLine(first, 120)}\n`);
}

async function show(context: CliContext, report: DoctorReport, exitCode: number, output: string): Promise<void> {
  if (output === 'json') return printJson(context, report);
  const words = await context.deps.doctorWords();
  const style = outputStyle(context.io);
  const lines = doctorLines(report, { style, short: output === 'short', ...words, exitCode });
  for (const line of lines) print(context, asTyped(context, line));
  const failed = report.checks.find(({ result }) => result === 'failed');
  if (failed?.problem) say(context, `next: nightcrier explain ${failed.problem.code}`);
}

function parseWait(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('It must be a duration such as 30s or 5m.');
  return ms;
}
