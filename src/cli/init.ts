import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { displayPath } from '../config/files.ts';
import { type KubeconfigNames, kubeconfigNames } from '../config/checks.ts';
import { errorText, ProblemError } from '../lib/problem.ts';
import { plural } from '../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, say } from './context.ts';
import { fileExists, kubeconfigUnusable } from './errors.ts';
import { configText, type StarterCluster } from './starter-config.ts';

interface Options {
  readonly fromKubeconfig?: string | true;
  readonly endpoint?: string;
}

export function initCommand(context: CliContext): Command {
  return new Command('init')
    .description('write a smallest working nightcrier.yaml; never overwrites')
    .option('--from-kubeconfig [file]', 'one cluster for each context (default: $KUBECONFIG or ~/.kube/config)')
    .option('--endpoint <url>', "address of the cluster's kubernetes-mcp-server")
    .addHelpText(
      'after',
      examples(
        'nightcrier init',
        'nightcrier init --from-kubeconfig',
        'nightcrier init --config configs/nightcrier.yaml',
      ),
    )
    .action(
      action(context, (options: Options, command: Command) => {
        const { io } = context;
        const file = path.resolve(io.cwd, globalOptions(command).config ?? 'nightcrier.yaml');
        const clusters = starterClusters(context, options);
        const shown = displayPath(file, io.cwd);
        write(file, shown, configText(clusters, path.dirname(file)));
        print(context, file);
        say(context, `wrote ${shown} with ${plural(clusters.length, 'cluster')}`);
        sayNext(context, clusters, options, shown);
        return 0;
      }),
    );
}

function starterClusters(context: CliContext, options: Options): StarterCluster[] {
  const { env, cwd } = context.io;
  const named = typeof options.fromKubeconfig === 'string' ? options.fromKubeconfig : undefined;
  const usual =
    env['KUBECONFIG']?.split(path.delimiter)[0] || (env['HOME'] ? path.join(env['HOME'], '.kube/config') : '');
  const file = named === undefined ? usual : path.resolve(cwd, named);
  const endpoint = options.endpoint ?? null;
  if (options.fromKubeconfig !== undefined) {
    const names = readKubeconfig(file);
    if (names.contexts.length === 0) throw new ProblemError(kubeconfigUnusable, `kubeconfig ${file} has no contexts`);
    return names.contexts.map(({ name }) => ({ name, context: name, kubeconfig: file, endpoint }));
  }
  const current = file === '' ? null : currentContext(file);
  return [
    current
      ? { name: current, context: null, kubeconfig: file, endpoint }
      : { name: 'my-cluster', context: null, kubeconfig: null, endpoint },
  ];
}

/** The usable current context of the usual kubeconfig; without one the file is written without triage. */
function currentContext(file: string): string | null {
  try {
    const { currentContext, contexts } = readKubeconfig(file);
    return contexts.some(({ name }) => name === currentContext) ? currentContext : null;
  } catch {
    return null;
  }
}

function readKubeconfig(file: string): KubeconfigNames {
  try {
    return kubeconfigNames(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ProblemError(kubeconfigUnusable, `kubeconfig ${file || '(none)'}: ${errorText(error)}`, { cause: error });
  }
}

function write(file: string, shown: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  try {
    fs.writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new ProblemError(fileExists, `${shown} exists already and was not changed`, { cause: error });
  }
}

function sayNext(context: CliContext, clusters: readonly StarterCluster[], options: Options, shown: string): void {
  const steps = [
    ...(options.endpoint === undefined
      ? ["set mcp.endpoint to the address of each cluster's kubernetes-mcp-server"]
      : []),
    ...(clusters.some(({ kubeconfig }) => kubeconfig === null)
      ? ['set triage.kubeconfig, so that faults are investigated']
      : []),
    `nightcrier validate --config ${shown}`,
    `nightcrier run --config ${shown}`,
  ];
  for (const [index, step] of steps.entries()) say(context, `  ${index + 1}. ${step}`);
}
