import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { z } from 'zod';
import { ProblemError, errorText } from '../../lib/problem.ts';
import { kubeconfigContextMissing, kubeconfigUnreadable } from '../errors.ts';
import {
  type ExecCredential,
  ExecCredentialSource,
  type ExecEntry,
  type ExecOptions,
  execSchema,
} from './exec-credential.ts';

const entry = z.record(z.string(), z.unknown());
const text = z.string().nullish();

/** The parts of a kubeconfig that we look into; everything else is carried along as it is. */
const kubeconfigSchema = z.object({
  'current-context': text,
  clusters: z.array(z.object({ name: z.string(), cluster: entry.nullish() })).nullish(),
  users: z.array(z.object({ name: z.string(), user: entry.nullish() })).nullish(),
  contexts: z
    .array(z.object({ name: z.string(), context: z.object({ cluster: text, user: text, namespace: text }).nullish() }))
    .nullish(),
});

/** The parts of one context, its files inlined. */
interface OneContext {
  readonly name: string;
  readonly namespace: string | null;
  readonly cluster: Record<string, unknown>;
  readonly user: Record<string, unknown>;
  /** Absolute path of a token file, whose token changes with time. */
  readonly tokenFile: string | null;
  /** The credential command, also in `user`. */
  readonly exec: ExecEntry | null;
}

/**
 * One context of a kubeconfig file as a kubeconfig of its own: certificates and tokens that it names by file are inlined.
 * A credential command (`exec`) stays a command. `context` null means the file's current one.
 * @throws ProblemError NC-KUBE-001 (unreadable), NC-KUBE-002 (no such context)
 */
export async function flattenKubeconfig(file: string, context: string | null): Promise<string> {
  const one = await readContext(file, context);
  const token = one.tokenFile === null ? {} : { token: await readToken(one.tokenFile, file) };
  return `${JSON.stringify(kubeconfigObject({ ...one, user: { ...one.user, ...token } }), null, 2)}\n`;
}

/** A context that can be used for calls. */
export interface LoadedKubeconfig {
  /** Address of the API server, without a slash at its end. */
  readonly server: string;
  readonly context: string;
  /** With the credential of now: a token file is read again, a credential command is asked when its answer is too old. */
  config(): Promise<KubeConfig>;
  /** The API server refused the credential: whether another one can be had by asking again. */
  refused(): boolean;
}

/** @throws ProblemError as `flattenKubeconfig` */
export async function loadKubeconfig(
  file: string,
  context: string | null,
  options: ExecOptions,
): Promise<LoadedKubeconfig> {
  const one = await readContext(file, context);
  // Loaded when a cluster is first read: the package takes more than a second and 80 MB, most of it unused types.
  const client = await import('@kubernetes/client-node');
  const { exec: _command, ...user } = one.user;
  const source = one.exec === null ? null : new ExecCredentialSource(one.exec, one.cluster, options);
  let made: { readonly user: string; readonly config: KubeConfig } | null = null;
  return {
    server: serverOf(one).replace(/\/+$/, ''),
    context: one.name,
    config: async () => {
      const token = one.tokenFile === null ? {} : { token: await readToken(one.tokenFile, file) };
      const now = { ...user, ...token, ...(source === null ? {} : userOf(await source.get())) };
      const key = JSON.stringify(now);
      // A new one for a new credential: the client keeps its TLS settings with the first certificate that it sees.
      if (made?.user !== key) made = { user: key, config: filled(new client.KubeConfig(), { ...one, user: now }) };
      return made.config;
    },
    refused: () => source?.refused() ?? false,
  };
}

function filled(config: KubeConfig, one: OneContext): KubeConfig {
  config.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: '' });
  config.loadFromString(JSON.stringify(kubeconfigObject(one)));
  // The client refuses plain HTTP unless TLS is not verified; there is no TLS to verify.
  if (serverOf(one).startsWith('http:')) {
    config.clusters = config.clusters.map((cluster) => ({ ...cluster, skipTLSVerify: true }));
  }
  return config;
}

function serverOf(one: OneContext): string {
  const server = one.cluster['server'];
  return typeof server === 'string' ? server : '';
}

function userOf({ token, certificate, key }: ExecCredential): Record<string, string> {
  return {
    ...(token === null ? {} : { token }),
    ...(certificate === null ? {} : { 'client-certificate-data': Buffer.from(certificate).toString('base64') }),
    ...(key === null ? {} : { 'client-key-data': Buffer.from(key).toString('base64') }),
  };
}

function parseKubeconfig(content: string, file: string) {
  let parsed: unknown;
  try {
    parsed = parse(content, { maxAliasCount: 100 });
  } catch (error) {
    throw unreadable(file, `${file} is no YAML: ${errorText(error)}`, error);
  }
  const result = kubeconfigSchema.safeParse(parsed);
  if (!result.success)
    throw unreadable(file, `${file} is no kubeconfig: ${z.prettifyError(result.error)}`, result.error);
  return result.data;
}

async function readContext(file: string, wanted: string | null): Promise<OneContext> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, `${file} cannot be read: ${errorText(error)}`, error);
  });
  const config = parseKubeconfig(content, file);
  const name = wanted ?? config['current-context'] ?? '';
  const context = config.contexts?.find((item) => item.name === name)?.context;
  const cluster = config.clusters?.find((item) => item.name === context?.cluster)?.cluster;
  if (!context || !cluster) {
    const contexts = (config.contexts ?? []).map((item) => item.name).join(', ') || '(none)';
    const message = context
      ? `the cluster of context "${name}" is not in ${file}`
      : `context "${name}" is not in ${file}`;
    throw new ProblemError(kubeconfigContextMissing, message, { fields: { contexts } });
  }
  const user = config.users?.find((item) => item.name === context.user)?.user ?? {};
  const folder = path.dirname(path.resolve(file));
  const { tokenFile, ...rest } = user;
  const exec = execEntry(rest['exec'], folder, file);
  return {
    name,
    namespace: context.namespace ?? null,
    cluster: await inlineFiles(cluster, ['certificate-authority'], folder, file),
    user: await inlineFiles({ ...rest, ...(exec && { exec }) }, ['client-certificate', 'client-key'], folder, file),
    exec,
    tokenFile: typeof tokenFile === 'string' && tokenFile !== '' ? path.resolve(folder, tokenFile) : null,
  };
}

/** A command with a relative path is relative to the kubeconfig, one without a path is looked for on PATH. */
function execEntry(value: unknown, folder: string, kubeconfig: string): ExecEntry | null {
  if (value === undefined || value === null) return null;
  const parsed = execSchema.safeParse(value);
  if (!parsed.success) {
    throw unreadable(kubeconfig, `exec of ${kubeconfig} is of the wrong form: ${z.prettifyError(parsed.error)}`, null);
  }
  const { command } = parsed.data;
  return { ...parsed.data, command: command.includes('/') ? path.resolve(folder, command) : command };
}

/** Replaces `key: FILE` by `key-data: BASE64`; the data wins where both are given, as with kubectl. */
async function inlineFiles(
  fields: Record<string, unknown>,
  keys: readonly string[],
  folder: string,
  kubeconfig: string,
): Promise<Record<string, unknown>> {
  const result = { ...fields };
  for (const key of keys) {
    const name = result[key];
    delete result[key];
    if (typeof name !== 'string' || name === '' || result[`${key}-data`]) continue;
    const data = await readFile(path.resolve(folder, name)).catch((error: unknown) => {
      throw unreadable(kubeconfig, `${key} of ${kubeconfig} cannot be read: ${errorText(error)}`, error);
    });
    result[`${key}-data`] = data.toString('base64');
  }
  return result;
}

async function readToken(tokenFile: string, kubeconfig: string): Promise<string> {
  const token = await readFile(tokenFile, 'utf8').catch((error: unknown) => {
    throw unreadable(kubeconfig, `tokenFile of ${kubeconfig} cannot be read: ${errorText(error)}`, error);
  });
  return token.trim();
}

function kubeconfigObject(one: OneContext): Record<string, unknown> {
  const context = { cluster: one.name, user: one.name, ...(one.namespace ? { namespace: one.namespace } : {}) };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: one.name, cluster: one.cluster }],
    users: [{ name: one.name, user: one.user }],
    contexts: [{ name: one.name, context }],
    'current-context': one.name,
  };
}

function unreadable(file: string, message: string, cause: unknown): ProblemError {
  return new ProblemError(kubeconfigUnreadable, message, { cause, fields: { file } });
}
