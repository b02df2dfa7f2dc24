import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Spawn, SpawnResult } from '../../lib/process/spawn.ts';
import { oneLine } from '../../lib/text.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import type { Lasting } from './credential-cache.ts';
import type { ClusterEntry, ExecEntry } from './kubeconfig.ts';

export interface ExecOptions {
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Environment of the command. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a credential command gave: a token, a client certificate with its key (PEM), or both. */
export interface ExecCredential {
  readonly token: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
}

/** The server that a credential is for. */
interface AskedFor {
  readonly cluster: ClusterEntry;
  /** Its certificate authority, PEM. */
  readonly ca: string | null;
}

const answerSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.looseObject({
    expirationTimestamp: z.string().nullish(),
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
  }),
});

/** A command that asks somebody on the network may take its time, ms. */
const timeoutMs = 30_000;
/** What an entry of the kubeconfig keeps for the command, by the name that Kubernetes gives it. */
const extensionName = 'client.authentication.k8s.io/exec';

/**
 * Runs the credential command of a kubeconfig (client.authentication.k8s.io, "client-go credential plugins") in a process
 * group with a time limit. `server` is told to the command when its entry asks for it.
 * @throws Error that says why the command gave no credential
 */
export async function askCommand(
  exec: ExecEntry,
  server: AskedFor,
  options: ExecOptions,
): Promise<Lasting<ExecCredential>> {
  const { args, env, apiVersion } = exec;
  const command = exec.command ?? '';
  const result = await options.spawn(command, args ?? [], {
    env: {
      ...options.env,
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(exec, server)),
    },
    timeoutMs,
    graceMs: 500,
    clock: options.clock,
  });
  const failed = (why: string): Error => new Error(`the credential command ${command} ${why}`);
  const failure = failureOf(result, exec.installHint);
  if (failure !== null) throw failed(failure);
  const answer = answerSchema.safeParse(parseJson(result.stdout));
  // What it printed may be a secret: it is not repeated.
  if (!answer.success) throw failed('printed no ExecCredential');
  if (answer.data.apiVersion !== apiVersion) {
    throw failed(`printed ${oneLine(answer.data.apiVersion, 100)} where the kubeconfig says ${apiVersion}`);
  }
  const { expirationTimestamp, token, clientCertificateData, clientKeyData } = answer.data.status;
  if (Boolean(clientCertificateData) !== Boolean(clientKeyData)) throw failed('gave only one of certificate and key');
  if (!token && !clientCertificateData) throw failed('gave neither a token nor a certificate');
  const expires = Date.parse(expirationTimestamp ?? '');
  return {
    value: { token: token || null, certificate: clientCertificateData || null, key: clientKeyData || null },
    expiresAt: Number.isNaN(expires) ? null : expires,
  };
}

function failureOf(result: SpawnResult, installHint: string | null | undefined): string | null {
  if (result.reason === 'spawn_failed') {
    const why = `cannot be started: ${result.error ?? 'unknown'}`;
    return installHint ? `${why}. ${oneLine(installHint, 500)}` : why;
  }
  if (result.reason !== 'exit') return `gave no answer within ${timeoutMs} ms`;
  return result.exitCode === 0 ? null : `ended with ${result.exitCode}: ${oneLine(result.stderr, 300)}`;
}

function execInfo({ apiVersion, provideClusterInfo }: ExecEntry, { cluster, ca }: AskedFor): unknown {
  const { extensions, 'certificate-authority': _file, ...rest } = cluster;
  const config = extensions?.find(({ name }) => name === extensionName)?.extension;
  const authority = ca === null ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  const told = { ...rest, ...authority, ...(config === undefined ? {} : { config }) };
  const spec = { interactive: false, ...(provideClusterInfo === true ? { cluster: told } : {}) };
  return { apiVersion, kind: 'ExecCredential', spec };
}
