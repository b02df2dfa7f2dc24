import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { ownCommand } from '../../config/environment.ts';
import { displayPath } from '../../config/files/files.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, say } from '../context.ts';
import { contextUnknown, endpointInvalid, fileExists, kubeconfigUnusable } from '../errors.ts';
import { clusterNames } from './cluster-names.ts';
import { findContexts, type FoundContexts, kubeconfigFiles, onePerCluster, type UsableContext } from './contexts.ts';
import { askChannel, askContexts, askEndpoint, endpointMistake } from './questions.ts';
import { type StarterCluster, starterText } from './starter-file.ts';
import { writeNew } from './write-new.ts';

interface Options {
  readonly fromKubeconfig?: string | true;
  readonly context?: readonly string[];
  readonly endpoint?: string;
  readonly slackChannel?: string;
}

export function initCommand(context: CliContext): Command {
  return new Command('init')
    .description(
      'write a smallest working nightcrier.yaml; asks at most three questions on a terminal, never overwrites',
    )
    .option('--from-kubeconfig [file]', 'one cluster for each context (default: $KUBECONFIG or ~/.kube/config)')
    .option('--context <name...>', 'these contexts only (default: the current one)')
    .option(
      '--endpoint <url>',
      "address of the kubernetes-mcp-server, {name} in it is the cluster's name; without it the API is watched",
    )
    .option('--slack-channel <channel>', 'tell Slack, with the token of $SLACK_BOT_TOKEN')
    .addHelpText(
      'after',
      examples(
        'nightcrier init',
        'nightcrier init --from-kubeconfig',
        'nightcrier init --endpoint http://mcp.{name}.example:8080/mcp',
        'nightcrier init --config configs/nightcrier.yaml',
      ),
    )
    .action(
      action(context, async (options: Options, command: Command) => {
        const { io } = context;
        const file = path.resolve(io.cwd, globalOptions(command).config ?? 'nightcrier.yaml');
        const shown = displayPath(file, io.cwd);
        // Nobody answers questions for a file that cannot be written.
        if (fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined) throw exists(shown);
        const plan = await planOf(context, options, path.dirname(file));
        if (plan === null) return cancelled(context);
        if (!writeNew(file, starterText(plan, path.dirname(file)))) throw exists(shown);
        print(context, file);
        say(context, `wrote ${shown} with ${plural(plan.clusters.length, 'cluster')}`);
        sayNext(context, plan, shown);
        return 0;
      }),
    );
}

interface Plan {
  readonly clusters: readonly StarterCluster[];
  readonly slackChannel: string | null;
  /** Contexts that are read with the person's own credential. */
  readonly ownCredential: readonly string[];
}

/** What to write: from the options, then from the answers of a person, then from what is usual. Null: the person left. */
async function planOf(context: CliContext, options: Options, dir: string): Promise<Plan | null> {
  const contexts = await chosenContexts(context, options);
  if (contexts === null) return null;
  const names = contexts.length === 0 ? ['my-cluster'] : clusterNames(contexts.map(({ name }) => name));
  const endpoint = await endpointOf(context, options, names);
  if (endpoint === undefined) return null;
  const slackChannel = options.slackChannel ?? (await askChannel(context.io));
  if (slackChannel === undefined) return null;
  const clusters: StarterCluster[] = [];
  for (const [index, name] of names.entries()) {
    const found = contexts[index];
    const own = endpoint === null ? null : endpoint.replaceAll('{name}', name);
    const kubeconfig = found === undefined ? null : ((await readerOf(context, name, found, dir)) ?? found.file);
    clusters.push({ name, kubeconfig, context: found?.name ?? null, endpoint: own });
  }
  const ownCredential = contexts.filter(({ file }, at) => clusters[at]?.kubeconfig === file).map(({ name }) => name);
  return { clusters, slackChannel, ownCredential };
}

/** The kubeconfig that `kubeconfig create` has made for a context, as it is written in the file; null when there is none. */
async function readerOf(
  { io }: CliContext,
  name: string,
  { name: wanted }: UsableContext,
  dir: string,
): Promise<string | null> {
  const files = [...new Set([dir, io.cwd].map((folder) => path.join(folder, 'kubeconfigs', `${name}.yaml`)))];
  for (const file of files.filter((one) => fs.existsSync(one))) {
    const found = await findContexts([file]).catch(() => null);
    if (found?.usable.some((context) => context.name === wanted)) return path.relative(dir, file);
  }
  return null;
}

async function chosenContexts(context: CliContext, options: Options): Promise<readonly UsableContext[] | null> {
  const { env, cwd } = context.io;
  const named = typeof options.fromKubeconfig === 'string' ? options.fromKubeconfig : undefined;
  const wanted = options.fromKubeconfig !== undefined || options.context !== undefined;
  const files = kubeconfigFiles(named, env, cwd);
  const found = await findContexts(files).catch((error: unknown) => {
    if (wanted || !(error instanceof ProblemError)) throw error;
    say(context, `no cluster was found: ${error.message}`);
    return null;
  });
  if (found === null) return [];
  for (const name of found.scattered) sayScattered(context, name);
  if (options.context !== undefined) return options.context.map((name) => contextNamed(found, name));
  if (found.usable.length === 0 && wanted) {
    throw new ProblemError(kubeconfigUnusable, `kubeconfig ${files.join(', ')} has no contexts`);
  }
  const { kept, leftOut } = onePerCluster(found.usable, found.current);
  const answered = options.fromKubeconfig === undefined ? await askContexts(context.io, kept, found.current) : kept;
  if (answered === kept && leftOut.length > 0) {
    say(context, `left out, because another context has the same cluster: ${oneLine(leftOut.join(', '), 400)}`);
  }
  return answered;
}

function contextNamed({ usable }: FoundContexts, wanted: string): UsableContext {
  const found = usable.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const fields = {
    contexts:
      usable
        .slice(0, 20)
        .map(({ name }) => name)
        .join(', ') || '(there is none)',
  };
  throw new ProblemError(contextUnknown, `there is no context "${oneLine(wanted, 80)}"`, { fields });
}

/** Null: the API is watched. Undefined: the person left. @throws ProblemError NC-CLI-015 */
async function endpointOf(
  context: CliContext,
  { endpoint }: Options,
  names: readonly string[],
): Promise<string | null | undefined> {
  if (endpoint === undefined) return askEndpoint(context.io, names);
  const mistake = await endpointMistake(endpoint, names);
  if (mistake !== null) throw new ProblemError(endpointInvalid, mistake);
  return endpoint;
}

/** A kubeconfig is named as one file, and what kubectl finds in several is not in any of them. */
function sayScattered(context: CliContext, name: string): void {
  const quoted = `'${oneLine(name, 200).replaceAll("'", `'\\''`)}'`;
  say(
    context,
    `left out: the cluster or user of ${quoted} stands in another file than the context; make one file of it:`,
  );
  say(context, `  kubectl config view --minify --flatten --raw --context ${quoted} > one.yaml`);
}

function sayNext(context: CliContext, { clusters, slackChannel, ownCredential }: Plan, shown: string): void {
  const own = ownCommand(context.io.env);
  const config = shown === 'nightcrier.yaml' ? '' : ` --config ${shown}`;
  const shared = clusters.length > 1 && new Set(clusters.map(({ endpoint }) => endpoint)).size === 1;
  const server = clusters[0]?.endpoint ?? null;
  const [first] = ownCredential;
  const steps = [
    ...(clusters.some(({ kubeconfig }) => kubeconfig === null)
      ? [
          server === null
            ? 'write watch: {kubeconfig: FILE} in place of mcp and triage, or set mcp.endpoint'
            : 'set triage.kubeconfig in place of enabled: false, so that faults are investigated',
        ]
      : []),
    ...(shared && server !== null
      ? [
          `see to it that the server has these contexts in its kubeconfig, or give each cluster a server of its own: ${oneLine(clusters.map(({ context: name }) => name).join(', '), 400)}`,
        ]
      : []),
    ...(slackChannel === null ? [] : ['export SLACK_BOT_TOKEN=xoxb-…   (docs/slack.md says how to get one)']),
    `${own} doctor${config}`,
    `${own} run${config}`,
  ];
  for (const [index, step] of steps.entries()) say(context, `  ${index + 1}. ${step}`);
  if (first === undefined) return;
  say(
    context,
    'The clusters are read with your own credential, which may be able to do more. For one that can only read:',
  );
  say(
    context,
    `  ${own} kubeconfig create --context ${oneLine(first, 200)}   (then set kubeconfig to the file that it names)`,
  );
}

function cancelled(context: CliContext): number {
  say(context, 'nothing was written');
  return 1;
}

function exists(shown: string): ProblemError {
  return new ProblemError(fileExists, `${shown} exists already and was not changed`);
}
