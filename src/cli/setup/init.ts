import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { displayPath } from '../../config/files/files.ts';
import type { KubeconfigNames } from '../../config/files/kubeconfig.ts';
import { readScalar } from '../../config/files/references.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { plural } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, say } from '../context.ts';
import { fileExists, kubeconfigUnusable } from '../errors.ts';
import { ownCommand } from '../../config/environment.ts';
import { clusterNames } from './cluster-names.ts';
import { writeNew } from './write-new.ts';

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
      action(context, async (options: Options, command: Command) => {
        const { io } = context;
        const file = path.resolve(io.cwd, globalOptions(command).config ?? 'nightcrier.yaml');
        const clusters = await starterClusters(context, options);
        const shown = displayPath(file, io.cwd);
        if (!writeNew(file, configText(clusters, path.dirname(file)))) {
          throw new ProblemError(fileExists, `${shown} exists already and was not changed`);
        }
        print(context, file);
        say(context, `wrote ${shown} with ${plural(clusters.length, 'cluster')}`);
        sayNext(context, clusters, options, shown);
        return 0;
      }),
    );
}

async function starterClusters(context: CliContext, options: Options): Promise<StarterCluster[]> {
  const { env, cwd } = context.io;
  const named = typeof options.fromKubeconfig === 'string' ? options.fromKubeconfig : undefined;
  const usual =
    env['KUBECONFIG']?.split(path.delimiter)[0] || (env['HOME'] ? path.join(env['HOME'], '.kube/config') : '');
  const file = named === undefined ? usual : path.resolve(cwd, named);
  const endpoint = options.endpoint ?? null;
  if (options.fromKubeconfig !== undefined) {
    const names = await readKubeconfig(file);
    if (names.contexts.length === 0) throw new ProblemError(kubeconfigUnusable, `kubeconfig ${file} has no contexts`);
    return names.contexts.map(({ name }) => ({ name, context: name, kubeconfig: file, endpoint }));
  }
  const current = file === '' ? null : await currentContext(file);
  return [
    current
      ? { name: current, context: null, kubeconfig: file, endpoint }
      : { name: 'my-cluster', context: null, kubeconfig: null, endpoint },
  ];
}

/** The usable current context of the usual kubeconfig; without one the file is written without triage. */
async function currentContext(file: string): Promise<string | null> {
  try {
    const { currentContext, contexts } = await readKubeconfig(file);
    return contexts.some(({ name }) => name === currentContext) ? currentContext : null;
  } catch {
    return null;
  }
}

async function readKubeconfig(file: string): Promise<KubeconfigNames> {
  const { kubeconfigNames } = await import('../../config/files/kubeconfig.ts');
  try {
    return kubeconfigNames(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ProblemError(kubeconfigUnusable, `kubeconfig ${file || '(none)'}: ${errorText(error)}`, { cause: error });
  }
}

function sayNext(context: CliContext, clusters: readonly StarterCluster[], options: Options, shown: string): void {
  const steps = [
    ...(options.endpoint === undefined
      ? ["set mcp.endpoint to the address of each cluster's kubernetes-mcp-server"]
      : []),
    ...(options.endpoint !== undefined && clusters.length > 1
      ? [
          `see to it that the server has these contexts in its kubeconfig, or give each cluster a server of its own: ${clusters.map(({ context: name }) => name).join(', ')}`,
        ]
      : []),
    ...(clusters.some(({ kubeconfig }) => kubeconfig === null)
      ? ['set triage.kubeconfig, so that faults are investigated']
      : []),
    `${ownCommand(context.io.env)} validate --config ${shown}`,
    `${ownCommand(context.io.env)} run --config ${shown}`,
  ];
  for (const [index, step] of steps.entries()) say(context, `  ${index + 1}. ${step}`);
}

interface StarterCluster {
  /** The name of a context, or any name; it is made fit. */
  readonly name: string;
  /** Null: the kubeconfig's current one. */
  readonly context: string | null;
  /** Null: triage stays off. */
  readonly kubeconfig: string | null;
  /** Null: a placeholder that a person replaces. */
  readonly endpoint: string | null;
}

const packagedSchema = fileURLToPath(new URL('../../../schema/nightcrier.schema.json', import.meta.url));

/** The text of a first configuration file in `dir`: 7 lines for one cluster, with the line that makes editors check it. */
function configText(clusters: readonly StarterCluster[], dir: string): string {
  const names = clusterNames(clusters.map(({ name }) => name));
  const lines = [`# yaml-language-server: $schema=${schemaPath(dir)}`, 'clusters:'];
  for (const [index, { context, kubeconfig, endpoint }] of clusters.entries()) {
    const note = endpoint === null ? " # the cluster's kubernetes-mcp-server" : '';
    lines.push(
      `  - name: ${scalar(names[index] ?? 'cluster')}`,
      '    mcp:',
      `      endpoint: ${scalar(endpoint ?? 'http://kubernetes-mcp-server.example:8080/mcp')}${note}`,
    );
    if (kubeconfig === null) {
      lines.push('    triage: {enabled: false} # instead: kubeconfig: FILE');
      continue;
    }
    lines.push('    triage:', `      kubeconfig: ${scalar(kubeconfig)}`);
    if (context !== null) lines.push(`      context: ${scalar(context)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Relative when the schema is below or beside the file, else absolute: both work in editors. */
function schemaPath(dir: string): string {
  const relative = path.relative(dir, packagedSchema);
  return relative.startsWith('../../') ? packagedSchema : relative.startsWith('.') ? relative : `./${relative}`;
}

/** A text as a YAML value: plain where it reads back as the same text, else quoted; `${` stays literal. */
function scalar(text: string): string {
  const literal = text.replaceAll('${', () => '$${');
  const plain = /^[A-Za-z0-9/~.](?:[\w./:@+-]*[\w/])?$/.test(literal) && typeof readScalar(literal) === 'string';
  return plain ? literal : JSON.stringify(literal);
}
