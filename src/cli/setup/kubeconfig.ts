import fs from 'node:fs';
import path from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { ownCommand } from '../../config/environment.ts';
import { displayPath } from '../../config/files/files.ts';
import { forCluster } from '../../domain/decide/kubectl-access.ts';
import type { PermissionSnapshot } from '../../domain/permissions.ts';
import type { CredentialRequest, ReadCredential } from '../../kube/grant/create-credential.ts';
import { localTime } from '../../lib/display/local-time.ts';
import { formatDuration, parseDuration } from '../../lib/format.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, printJson, say } from '../context.ts';
import { credentialExists } from '../errors.ts';
import { clusterNames } from './cluster-names.ts';
import { writeNew } from './write-new.ts';

interface Options {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly namespace: string;
  /** Milliseconds. */
  readonly ttl: number | 'never';
  readonly out?: string;
  readonly customResources: CredentialRequest['customResources'];
  readonly dryRun?: boolean;
}

const dayMs = 24 * 3_600_000;
const defaultTtlMs = 90 * dayMs;
/** API servers give no token for less (TokenRequest: expirationSeconds). */
const shortestTtlMs = 600_000;

export function kubeconfigCommand(context: CliContext): Command {
  return new Command('kubeconfig')
    .description('make a credential that can only read a cluster, and the kubeconfig for it, with kubectl')
    .addArgument(new Argument('<action>', 'what to do').choices(['create']))
    .option('--context <name>', 'context of your kubeconfig; its user must be allowed to make roles')
    .option('--kubeconfig <file>', 'your kubeconfig (default: the one of kubectl)')
    .option('--namespace <name>', 'where the ServiceAccount lives', parseNamespace, 'nightcrier')
    .addOption(
      new Option('--ttl <duration>', 'how long the token is good for; never: until its Secret is deleted')
        .argParser(parseTtl)
        .default(defaultTtlMs, formatDuration(defaultTtlMs)),
    )
    .option('--out <file>', 'the file to write (default: kubeconfigs/CONTEXT.yaml); never overwritten')
    .addOption(
      new Option(
        '--custom-resources <which>',
        'custom resources that can be read: those of the role view, all, or none',
      )
        .choices(['view', 'all', 'none'])
        .default('view'),
    )
    .option('--dry-run', 'print what would be applied, and do nothing')
    .addHelpText(
      'after',
      examples(
        'nightcrier kubeconfig create --context prod-eu',
        'nightcrier kubeconfig create --context prod-eu --ttl 30d --out kubeconfigs/prod-eu-2.yaml',
        'nightcrier kubeconfig create --dry-run > reader.yaml',
      ),
    )
    .action(
      action(context, async (_action: 'create', options: Options, command: Command) => {
        const { io, deps, signal } = context;
        if (options.dryRun) {
          io.stdout.write(await deps.credentialText(requestOf(context, options), io.env, signal));
          return 0;
        }
        if (options.context === undefined) command.error("error: required option '--context <name>' not specified");
        return create(context, options, requestOf(context, options), globalOptions(command).output === 'json');
      }),
    );
}

/** Nothing is done in the cluster when there is no place for the file. */
async function create(
  context: CliContext,
  options: Options,
  request: CredentialRequest,
  json: boolean,
): Promise<number> {
  const { io, deps, signal } = context;
  const [name = 'cluster'] = clusterNames([request.context]);
  const file = path.resolve(io.cwd, options.out ?? `kubeconfigs/${name}.yaml`);
  const shown = displayPath(file, io.cwd);
  const exists = (): never => {
    const fields = { file: shown };
    throw new ProblemError(credentialExists, `${shown} exists already and was not changed`, { fields });
  };
  if (fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined) exists();
  const made = await deps.makeCredential(request, io.env, signal);
  if (!writeNew(file, made.kubeconfig)) exists();
  const permissions = await deps.askPermissions(file, io.env, signal);
  if (json) {
    const expires = made.expiresAt === null ? null : new Date(made.expiresAt).toISOString();
    const { context: of, namespace } = request;
    printJson(context, { file, context: of, namespace, server: made.server, expires_at: expires, permissions });
  } else {
    print(context, file);
    sayMade(context, request, made, shown);
    sayPermissions(context, permissions);
    sayNext(context, request, shown);
  }
  return permissions.minimum_met === false ? 1 : 0;
}

function sayMade(context: CliContext, request: CredentialRequest, made: ReadCredential, shown: string): void {
  for (const line of made.applied) say(context, `  ${oneLine(line, 200)}`);
  say(context, `wrote ${shown} (mode 0600) for ${oneLine(made.server, 200)}`);
  if (made.expiresAt === null) {
    const { kubeconfig, context: name } = request;
    const own = [...(kubeconfig === null ? [] : ['--kubeconfig', kubeconfig]), '--context', name];
    const command = `kubectl -n ${request.namespace} delete secret nightcrier-reader-token`;
    say(context, `its token has no end; it is taken back by: ${forCluster(command, own)}`);
    return;
  }
  say(context, `its token is good until ${localTime(made.expiresAt, context.io.timeZone)}`);
  const left = made.expiresAt - context.io.now();
  // What a cluster grants may be less than was asked for (kube-apiserver --service-account-max-token-expiration).
  if (request.ttlMs !== null && left < request.ttlMs * 0.9) {
    const asked = formatDuration(request.ttlMs);
    say(context, `warning: the cluster gives no token for ${asked}; --ttl never makes one without an end`);
  }
}

function sayPermissions(context: CliContext, permissions: PermissionSnapshot): void {
  if (permissions.minimum_met === null) {
    say(context, `warning: what it may do could not be asked: ${permissions.error ?? 'no answer'}`);
    return;
  }
  const can = permissions.minimum_met ? 'can read pods, logs and events' : 'cannot read pods, logs and events';
  say(context, `it ${can}${permissions.can_write.length === 0 ? ', and write nothing' : ''}`);
  for (const warning of permissions.warnings) say(context, `warning: ${oneLine(warning, 300)}`);
}

function sayNext(context: CliContext, { context: of }: CredentialRequest, shown: string): void {
  const own = ownCommand(context.io.env);
  const where = `set kubeconfig of the cluster ${oneLine(of, 80)} to ${shown}`;
  say(context, `  1. ${where}; "${own} init" takes it by itself`);
  say(context, `  2. ${ownCommand(context.io.env, context.configFile)} doctor`);
}

function requestOf({ io }: CliContext, options: Options): CredentialRequest {
  return {
    context: options.context ?? '',
    kubeconfig: options.kubeconfig === undefined ? null : path.resolve(io.cwd, options.kubeconfig),
    namespace: options.namespace,
    ttlMs: options.ttl === 'never' ? null : options.ttl,
    customResources: options.customResources,
  };
}

function parseTtl(text: string): Options['ttl'] {
  if (text === 'never') return text;
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('It must be a duration such as 90d or 720h, or never.');
  if (ms < shortestTtlMs) throw new InvalidArgumentError('It must be 10m or more.');
  return ms;
}

/** A name of a namespace (RFC 1123 label), so that it is nothing else in a command or a path. */
function parseNamespace(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the name of a namespace.');
}
