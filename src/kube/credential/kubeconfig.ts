import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ProblemError, errorText } from '../../lib/problem.ts';
import { kubeconfigContextMissing, kubeconfigUnreadable } from '../errors.ts';

const text = z.string().nullish();

const clusterSchema = z.looseObject({
  server: text,
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
  extensions: z.array(z.looseObject({ name: z.string(), extension: z.unknown() })).nullish(),
});
export type ClusterEntry = z.infer<typeof clusterSchema>;

const execSchema = z.looseObject({
  apiVersion: text,
  command: text,
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: z.boolean().nullish(),
  interactiveMode: text,
});
export type ExecEntry = z.infer<typeof execSchema>;

const userSchema = z.looseObject({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': z.array(z.string()).nullish(),
  'as-user-extra': z.record(z.string(), z.array(z.string())).nullish(),
  'auth-provider': z.looseObject({ name: text, config: z.record(z.string(), z.string()).nullish() }).nullish(),
  exec: execSchema.nullish(),
});
export type UserEntry = z.infer<typeof userSchema>;

const named = <K extends string>(key: K) =>
  z.array(z.looseObject({ name: z.string() }).and(z.partialRecord(z.literal(key), z.unknown()))).nullish();

/** Entries are looked into when they are used: one that nobody uses may be as it likes. */
const fileSchema = z.looseObject({
  apiVersion: z.literal(['v1', '']).nullish(),
  kind: z.literal(['Config', '']).nullish(),
  'current-context': text,
  clusters: named('cluster'),
  users: named('user'),
  contexts: named('context'),
});
const contextSchema = z.object({ cluster: text, user: text, namespace: text });

/** One context of kubeconfigs. Paths of files in it are absolute. */
export interface KubeContext {
  readonly name: string;
  readonly namespace: string | null;
  /** The file that it was found in, for messages. */
  readonly file: string;
  readonly clusterName: string;
  readonly cluster: ClusterEntry;
  readonly userName: string;
  readonly user: UserEntry;
}

/** The fields that name a file. A command counts only where its name is a path: others are looked for on PATH. */
const clusterFiles = ['certificate-authority'] as const;
const userFiles = ['client-certificate', 'client-key', 'tokenFile'] as const;

/**
 * A context out of kubeconfigs that are merged as kubectl merges those of KUBECONFIG: of entries of one name the first
 * counts, whole; the first current context counts. Relative paths belong to the file that they stand in. `wanted` null
 * means the current context.
 * @throws ProblemError NC-KUBE-001 (unreadable), NC-KUBE-002 (no such context)
 */
export async function readContext(files: readonly string[], wanted: string | null): Promise<KubeContext> {
  const parsed = await Promise.all(files.map(async (file) => ({ file, config: await readKubeconfig(file) })));
  return contextIn(parsed, wanted);
}

/**
 * The current context of a kubeconfig that is in no file; `shown` stands for its name in messages.
 * @throws ProblemError as `readContext`
 */
export function contextOfText(content: string, shown: string): KubeContext {
  return contextIn([{ file: shown, config: parseKubeconfig(shown, content) }], null);
}

function contextIn(parsed: readonly { file: string; config: Kubeconfig }[], wanted: string | null): KubeContext {
  const shown = parsed.map(({ file }) => file).join(path.delimiter);
  const name = wanted ?? parsed.map(({ config }) => config['current-context']).find(Boolean) ?? '';
  const find = (list: 'clusters' | 'users' | 'contexts', wantedName: string | null | undefined) => {
    for (const { file, config } of parsed) {
      const found = config[list]?.find((entry) => entry.name === wantedName);
      if (found) return { file, value: found[list.slice(0, -1)] ?? {} };
    }
    return null;
  };
  const missing = (message: string): ProblemError => {
    const all = parsed.flatMap(({ config }) => (config.contexts ?? []).map((entry) => entry.name));
    const fields = { contexts: [...new Set(all)].join(', ') || '(none)' };
    return new ProblemError(kubeconfigContextMissing, message, { fields });
  };
  const entry = find('contexts', name);
  if (!entry) throw missing(`context "${name}" is not in ${shown}`);
  const context = checked(contextSchema, entry.value, entry.file, `context "${name}"`);
  const cluster = find('clusters', context.cluster);
  if (!cluster) throw missing(`the cluster of context "${name}" is not in ${shown}`);
  const user = find('users', context.user) ?? { file: entry.file, value: {} };
  return {
    name,
    namespace: context.namespace || null,
    file: user.file,
    clusterName: context.cluster ?? '',
    cluster: inPlace(checked(clusterSchema, cluster.value, cluster.file, 'cluster'), clusterFiles, cluster.file),
    userName: context.user ?? '',
    user: userInPlace(checked(userSchema, user.value, user.file, 'user'), user.file),
  };
}

/**
 * One context of a kubeconfig file as a kubeconfig of its own: certificates and tokens that it names by file are inlined.
 * A credential command (`exec`) stays a command. `context` null means the file's current one.
 * @throws ProblemError as `readContext`
 */
export async function flattenKubeconfig(file: string, context: string | null): Promise<string> {
  const one = await readContext([file], context);
  const { tokenFile, ...rest } = one.user;
  const token = tokenFile ? { token: (await readNamed(tokenFile, 'tokenFile', file)).toString('utf8').trim() } : {};
  const cluster = await inlined(one.cluster, clusterFiles, file);
  const user = { ...(await inlined(rest, ['client-certificate', 'client-key'], file)), ...token };
  return kubeconfigOf(one.name, cluster, user, one.namespace);
}

/** A kubeconfig of one context, as text. */
export function kubeconfigOf(name: string, cluster: ClusterEntry, user: UserEntry, namespace: string | null): string {
  const flat = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, ...(namespace === null ? {} : { namespace }) } }],
    'current-context': name,
  };
  return `${JSON.stringify(flat, null, 2)}\n`;
}

/** A file that a kubeconfig names. @throws ProblemError NC-KUBE-001 */
export async function readNamed(file: string, key: string, kubeconfig: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw unreadable(kubeconfig, `${key} of ${kubeconfig} cannot be read: ${errorText(error)}`, error);
  });
}

type Kubeconfig = z.infer<typeof fileSchema>;

/** Kubeconfigs by their file and the digest of their text: the clusters of one file are opened one after the other. */
const lastRead = new Map<string, { readonly digest: string; readonly config: Kubeconfig }>();
const maxLastRead = 16;

async function readKubeconfig(file: string): Promise<Kubeconfig> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, `${file} cannot be read: ${errorText(error)}`, error);
  });
  const digest = createHash('sha256').update(content).digest('hex');
  const known = lastRead.get(file);
  if (known?.digest === digest) return known.config;
  const config = parseKubeconfig(file, content);
  const [oldest] = lastRead.keys();
  if (oldest !== undefined && lastRead.size >= maxLastRead) lastRead.delete(oldest);
  lastRead.set(file, { digest, config });
  return config;
}

function parseKubeconfig(file: string, content: string): Kubeconfig {
  let parsed: unknown;
  try {
    // As kubectl, which takes the last of a key that stands there twice.
    parsed = parse(content, { maxAliasCount: 100, uniqueKeys: false });
  } catch (error) {
    throw unreadable(file, `${file} is no YAML: ${errorText(error)}`, error);
  }
  const config = checked(fileSchema, parsed, file, null);
  for (const list of ['clusters', 'users', 'contexts'] as const) {
    const names = (config[list] ?? []).map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw unreadable(file, `${file} has "${twice}" twice in its list of ${list}`, null);
  }
  return config;
}

function checked<S extends z.ZodType>(schema: S, value: unknown, file: string, part: string | null): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const what = part === null ? `${file} is no kubeconfig` : `${part} of ${file} is of the wrong form`;
  throw unreadable(file, `${what}: ${z.prettifyError(result.error)}`, result.error);
}

function inPlace<E extends Record<string, unknown>>(entry: E, keys: readonly (keyof E & string)[], file: string): E {
  const folder = path.dirname(path.resolve(file));
  const named = keys.flatMap((key) => {
    const name = entry[key];
    return typeof name === 'string' && name !== '' ? [[key, path.resolve(folder, name)] as const] : [];
  });
  return { ...entry, ...Object.fromEntries(named) };
}

function userInPlace(user: UserEntry, file: string): UserEntry {
  const placed = inPlace(user, userFiles, file);
  const { exec } = placed;
  return exec?.command?.includes('/') ? { ...placed, exec: inPlace(exec, ['command'], file) } : placed;
}

/** Replaces `key: FILE` by `key-data: BASE64`; the data stays where both are given. */
async function inlined(
  entry: Record<string, unknown>,
  keys: readonly string[],
  kubeconfig: string,
): Promise<Record<string, unknown>> {
  const result = { ...entry };
  for (const key of keys) {
    const name = result[key];
    delete result[key];
    if (typeof name !== 'string' || name === '' || result[`${key}-data`]) continue;
    result[`${key}-data`] = (await readNamed(name, key, kubeconfig)).toString('base64');
  }
  return result;
}

function unreadable(file: string, message: string, cause: unknown): ProblemError {
  return new ProblemError(kubeconfigUnreadable, message, { cause, fields: { file } });
}
