import { z } from 'zod';
import { checkContext } from '../kube/credential/check-context.ts';
import { contextOfText, type ExecEntry, kubeconfigOf, type UserEntry } from '../kube/credential/kubeconfig.ts';
import { errorText } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import { parseJson } from '../lib/untrusted/parse-json.ts';
import type { DiscoverySource } from './config.ts';

/** A Secret, as far as it is looked at; `data` is base64. */
export const secretSchema = z.looseObject({
  type: z.string().nullish(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
    creationTimestamp: z.string().nullish(),
    deletionTimestamp: z.string().nullish(),
  }),
  data: z.record(z.string(), z.string()).nullish(),
});
export type Secret = z.infer<typeof secretSchema>;

/** What a Secret says of a cluster: null when it is no Secret of a cluster at all. */
export type ReadSecret =
  | { readonly kind: 'cluster'; readonly name: string; readonly kubeconfig: string }
  | { readonly kind: 'unusable' | 'exec'; readonly detail: string }
  | null;

export const clusterApiLabel = 'cluster.x-k8s.io/cluster-name';
const clusterApiType = 'cluster.x-k8s.io/secret';
export const argoLabel = 'argocd.argoproj.io/secret-type';

class Refused extends Error {
  readonly kind: 'unusable' | 'exec';

  constructor(kind: 'unusable' | 'exec', detail: string) {
    super(detail);
    this.kind = kind;
  }
}

/**
 * The cluster that a Secret describes, with a kubeconfig of one context that holds everything itself. Nothing in a Secret
 * makes this machine read a file or, without `allow_exec`, run a command.
 */
export function readSecret(secret: Secret, { format, allow_exec: allowExec }: DiscoverySource): ReadSecret {
  const labels = secret.metadata.labels ?? {};
  try {
    const cluster = labels[clusterApiLabel];
    if (format === 'kubeconfig')
      return fromKubeconfig(secret, secret.metadata.name, ['kubeconfig', 'value'], allowExec);
    if (format !== 'argocd' && secret.type === clusterApiType && cluster !== undefined) {
      // Beside the kubeconfig there are Secrets of the same kind with authorities and proxies.
      if (secret.metadata.name !== `${cluster}-kubeconfig`) return null;
      return fromKubeconfig(secret, cluster, ['value'], allowExec);
    }
    if (format !== 'cluster-api' && labels[argoLabel] === 'cluster') return fromArgo(secret, allowExec);
    return null;
  } catch (error) {
    if (error instanceof Refused) return { kind: error.kind, detail: error.message };
    return { kind: 'unusable', detail: oneLine(errorText(error), 300) };
  }
}

/** Whether the credential of a kubeconfig is a command, which runs when it is used; what cannot be read runs nothing. */
export function hasCommand(kubeconfig: string): boolean {
  try {
    return Boolean(contextOfText(kubeconfig, 'it').user.exec);
  } catch {
    return false;
  }
}

function fromKubeconfig(secret: Secret, name: string, keys: readonly string[], allowExec: boolean): ReadSecret {
  const text = keys.map((key) => field(secret, key)).find((value) => value !== null) ?? null;
  if (text === null) throw new Refused('unusable', `it has no ${keys.join(' and no ')}`);
  const context = contextOfText(text, 'its kubeconfig');
  const { cluster, user } = context;
  for (const [entry, key] of [
    [cluster, 'certificate-authority'],
    [user, 'client-certificate'],
    [user, 'client-key'],
    [user, 'tokenFile'],
  ] as const) {
    if ((entry as Record<string, unknown>)[key]) throw new Refused('unusable', `its kubeconfig names a file (${key})`);
  }
  if (user['auth-provider']) throw new Refused('unusable', 'its kubeconfig has an auth-provider');
  if (user.exec && !allowExec) throw new Refused('exec', `its credential is the command ${shown(user.exec.command)}`);
  checkContext(context);
  return { kind: 'cluster', name, kubeconfig: kubeconfigOf(name, cluster, user, null) };
}

const text = z.string().nullish();

/** `config` of a cluster Secret of Argo CD (argo-cd docs, operator-manual/declarative-setup, Clusters). */
const argoSchema = z.looseObject({
  username: text,
  password: text,
  bearerToken: text,
  proxyUrl: text,
  tlsClientConfig: z
    .looseObject({ insecure: z.boolean().nullish(), serverName: text, caData: text, certData: text, keyData: text })
    .nullish(),
  awsAuthConfig: z.looseObject({ clusterName: text, roleARN: text, profile: text }).nullish(),
  execProviderConfig: z
    .looseObject({
      command: text,
      args: z.array(z.string()).nullish(),
      env: z.record(z.string(), z.string()).nullish(),
      apiVersion: text,
      installHint: text,
    })
    .nullish(),
});
type ArgoConfig = z.infer<typeof argoSchema>;

function fromArgo(secret: Secret, allowExec: boolean): ReadSecret {
  const [name, server, config] = ['name', 'server', 'config'].map((key) => field(secret, key));
  if (!server) throw new Refused('unusable', 'it has no server');
  const parsed = argoSchema.safeParse(parseJson(config ?? '{}'));
  if (!parsed.success) throw new Refused('unusable', 'its config is not of the form that Argo CD reads');
  const { tlsClientConfig: tls, proxyUrl } = parsed.data;
  const cluster = {
    server,
    ...given('certificate-authority-data', tls?.insecure ? null : tls?.caData),
    ...given('tls-server-name', tls?.serverName),
    ...given('proxy-url', proxyUrl),
    ...(tls?.insecure ? { 'insecure-skip-tls-verify': true } : {}),
  };
  const user = argoUser(parsed.data, allowExec);
  const called = name || server;
  const kubeconfig = kubeconfigOf(called, cluster, user, null);
  checkContext(contextOfText(kubeconfig, 'it'));
  return { kind: 'cluster', name: called, kubeconfig };
}

function argoUser(config: ArgoConfig, allowExec: boolean): UserEntry {
  const { username, password, bearerToken, tlsClientConfig: tls } = config;
  const exec = argoExec(config);
  if (exec && !allowExec) throw new Refused('exec', `its credential is the command ${shown(exec.command)}`);
  const user: UserEntry = {
    ...given('token', bearerToken),
    ...given('username', username),
    ...given('password', password),
    ...given('client-certificate-data', tls?.certData),
    ...given('client-key-data', tls?.keyData),
    ...(exec ? { exec } : {}),
  };
  if (Object.keys(user).length === 0) {
    throw new Refused('unusable', 'it has no credential: Argo CD uses its own ServiceAccount for that cluster');
  }
  return user;
}

/** What Argo CD would run; for EKS its own helper does what the AWS CLI does. */
function argoExec({ awsAuthConfig: aws, execProviderConfig: exec }: ArgoConfig): ExecEntry | null {
  if (aws?.clusterName) {
    const role = aws.roleARN ? ['--role-arn', aws.roleARN] : [];
    const profile = aws.profile ? ['--profile', aws.profile] : [];
    return {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: 'aws',
      args: ['eks', 'get-token', '--output', 'json', '--cluster-name', aws.clusterName, ...role, ...profile],
      interactiveMode: 'Never',
    };
  }
  if (!exec?.command) return null;
  return {
    apiVersion: exec.apiVersion || 'client.authentication.k8s.io/v1beta1',
    command: exec.command,
    args: exec.args ?? [],
    env: Object.entries(exec.env ?? {}).map(([variable, value]) => ({ name: variable, value })),
    interactiveMode: 'Never',
    ...given('installHint', exec.installHint),
  };
}

function given<K extends string>(key: K, value: string | null | undefined): Partial<Record<K, string>> {
  return value ? ({ [key]: value } as Record<K, string>) : {};
}

function field({ data }: Secret, key: string): string | null {
  const value = data?.[key];
  return value === undefined || value === '' ? null : Buffer.from(value, 'base64').toString('utf8').trim();
}

function shown(command: string | null | undefined): string {
  return JSON.stringify(oneLine(command ?? '', 60));
}
