import { stringify } from 'yaml';
import { z } from 'zod';
import { type Clock, delay } from '../../lib/clock.ts';
import type { Spawn } from '../../lib/process/spawn.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import { grantRefused, kubectlContextMissing, kubectlFailed, kubectlMissing, tokenMissing } from '../errors.ts';
import {
  type CustomResource,
  type Manifest,
  manifestText,
  readerManifests,
  readerName,
  tokenSecret,
} from './reader-manifests.ts';

export interface CredentialRequest {
  /** Of the person's kubeconfig. */
  readonly context: string;
  /** Null: the one that kubectl finds by itself (`$KUBECONFIG`, `~/.kube/config`). */
  readonly kubeconfig: string | null;
  /** Where the ServiceAccount lives. */
  readonly namespace: string;
  /** How long the token is good for, ms; null: until its Secret is deleted. */
  readonly ttlMs: number | null;
  /** `all`: those that the cluster defines at this time. */
  readonly customResources: 'none' | 'view' | 'all';
}

export interface CredentialOptions {
  readonly spawn: Spawn;
  readonly clock: Clock;
  readonly env: Record<string, string>;
  /** Command or path. */
  readonly kubectl: string;
}

export interface ReadCredential {
  /** Text of a kubeconfig with the one context. */
  readonly kubeconfig: string;
  readonly server: string;
  /** When the token ends, ms since the epoch; null: never. */
  readonly expiresAt: number | null;
  /** What kubectl says of each object: `serviceaccount/nightcrier-reader created`. */
  readonly applied: readonly string[];
}

const callTimeoutMs = 30_000;
const maxOutputBytes = 4 * 1024 * 1024;
/** A Secret is filled within a moment where it is filled at all. */
const tokenWaitMs = 10_000;
const tokenLookMs = 250;

/**
 * Makes a credential that can only read (`reader-manifests.ts`) in the cluster of a context, through kubectl with the
 * person's own rights, and gives it as a kubeconfig. What is there already stays; asked again it gives a new token.
 * @throws ProblemError NC-KUBE-004 to NC-KUBE-008
 */
export async function createCredential(
  request: CredentialRequest,
  options: CredentialOptions,
  signal: AbortSignal,
): Promise<ReadCredential> {
  const kubectl = new Kubectl(request, options, signal);
  const cluster = await contextCluster(kubectl, request.context);
  const applied = await kubectl.apply(await credentialManifests(request, kubectl));
  const { token, expiresAt } =
    request.ttlMs === null
      ? await lastingToken(kubectl, request.namespace, options.clock, signal)
      : await endingToken(kubectl, request.namespace, request.ttlMs);
  return { kubeconfig: kubeconfigOf(request.context, cluster, token), server: cluster.server, expiresAt, applied };
}

/** What `createCredential` would apply, for kubectl. Asks the cluster only for `customResources: all`. @throws ProblemError */
export async function credentialText(
  request: CredentialRequest,
  options: CredentialOptions,
  signal: AbortSignal,
): Promise<string> {
  const objects = await credentialManifests(request, new Kubectl(request, options, signal));
  return manifestText(request.ttlMs === null ? [...objects, tokenSecret(request.namespace)] : objects);
}

async function credentialManifests(request: CredentialRequest, kubectl: Kubectl): Promise<readonly Manifest[]> {
  const { namespace, customResources } = request;
  return readerManifests(namespace, customResources === 'all' ? await definedResources(kubectl) : customResources);
}

/** The custom resources that the cluster defines, by group. */
async function definedResources(kubectl: Kubectl): Promise<CustomResource[]> {
  const path = '{range .items[*]}{.spec.group}{" "}{.spec.names.plural}{"\\n"}{end}';
  const listed = await kubectl.run(['get', 'customresourcedefinitions', '-o', `jsonpath=${path}`]);
  const pairs = listed.split('\n').flatMap((line) => {
    const [group, plural] = line.split(' ');
    return group && plural ? [{ group, plural }] : [];
  });
  const groups = Map.groupBy(pairs, ({ group }) => group);
  return [...groups]
    .map(([group, found]) => ({ group, resources: found.map(({ plural }) => plural).toSorted() }))
    .toSorted((a, b) => a.group.localeCompare(b.group));
}

const clusterSchema = z.object({
  server: z.string().min(1),
  'certificate-authority-data': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
});
type Cluster = z.infer<typeof clusterSchema>;

const viewSchema = z.object({ clusters: z.tuple([z.object({ cluster: clusterSchema })]) });

/** How the context's cluster is reached, with its certificate authority in the text. Calls nothing. */
async function contextCluster(kubectl: Kubectl, context: string): Promise<Cluster> {
  const known = (await kubectl.run(['config', 'get-contexts', '-o', 'name'])).split('\n').filter((name) => name !== '');
  if (!known.includes(context)) {
    const fields = { contexts: known.slice(0, 20).join(', ') || '(there is none)' };
    throw new ProblemError(kubectlContextMissing, `there is no context "${oneLine(context, 80)}"`, { fields });
  }
  const text = await kubectl.run(['config', 'view', '--minify', '--flatten', '--raw', '-o', 'json']);
  const [entry] = parsed(viewSchema, text, 'config view').clusters;
  return entry.cluster;
}

const tokenRequestSchema = z.object({
  status: z.object({ token: z.string().min(1), expirationTimestamp: z.string() }),
});

async function endingToken(kubectl: Kubectl, namespace: string, ttlMs: number) {
  const asked = ['create', 'token', readerName, '--namespace', namespace, `--duration=${Math.round(ttlMs / 1000)}s`];
  const { status } = parsed(tokenRequestSchema, await kubectl.run([...asked, '-o', 'json']), 'create token');
  return { token: status.token, expiresAt: Date.parse(status.expirationTimestamp) };
}

/** The token that the cluster's controllers put into a Secret. @throws ProblemError NC-KUBE-008 when they do not */
async function lastingToken(kubectl: Kubectl, namespace: string, clock: Clock, signal: AbortSignal) {
  const secret = tokenSecret(namespace);
  await kubectl.apply([secret]);
  const name = `${readerName}-token`;
  const deadline = clock.monotonic() + tokenWaitMs;
  for (;;) {
    const asked = ['get', 'secret', name, '--namespace', namespace, '-o', 'jsonpath={.data.token}'];
    const token = Buffer.from(await kubectl.run(asked), 'base64').toString('utf8');
    if (token !== '') return { token, expiresAt: null };
    if (clock.monotonic() >= deadline) {
      throw new ProblemError(tokenMissing, `the Secret ${namespace}/${name} was not given a token`);
    }
    await delay(clock, tokenLookMs, signal);
  }
}

/** The context keeps its name: by it a server with several contexts is told which one is meant. */
function kubeconfigOf(context: string, cluster: Cluster, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: context, cluster }],
    users: [{ name: readerName, user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user: readerName } }],
    'current-context': context,
  };
  return stringify(config, { lineWidth: 0 });
}

/** The person's kubectl, with the context in every call. */
class Kubectl {
  readonly #request: CredentialRequest;
  readonly #options: CredentialOptions;
  readonly #signal: AbortSignal;

  constructor(request: CredentialRequest, options: CredentialOptions, signal: AbortSignal) {
    this.#request = request;
    this.#options = options;
    this.#signal = signal;
  }

  async apply(objects: readonly Manifest[]): Promise<string[]> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    const said = await this.run(['apply', '-f', '-'], list);
    return said.split('\n').filter((line) => line !== '');
  }

  /** Standard output of one call. @throws ProblemError */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { context, kubeconfig } = this.#request;
    const { spawn, kubectl, env, clock } = this.#options;
    const isLocal = args[0] === 'config' && args[1] === 'get-contexts';
    const common = [
      ...(kubeconfig === null ? [] : ['--kubeconfig', kubeconfig]),
      ...(isLocal ? [] : ['--context', context, '--request-timeout=20s']),
    ];
    const result = await spawn(kubectl, [...common, ...args], {
      env,
      timeoutMs: callTimeoutMs,
      maxOutputBytes,
      signal: this.#signal,
      clock,
      ...(input === undefined ? {} : { input }),
    });
    this.#signal.throwIfAborted();
    if (result.reason === 'exit' && result.exitCode === 0) return result.stdout;
    if (result.reason === 'spawn_failed') {
      throw new ProblemError(kubectlMissing, `${kubectl} cannot be started: ${result.error ?? 'unknown'}`);
    }
    if (result.reason === 'timeout') throw this.#failed(`no answer within ${callTimeoutMs / 1000} s`);
    throw this.#failed(lastError(result.stderr) || `kubectl ${args[0]} ended with exit code ${result.exitCode}`);
  }

  #failed(said: string): ProblemError {
    const { context } = this.#request;
    const kind = /\(Forbidden\)|is forbidden/.test(said) ? grantRefused : kubectlFailed;
    return new ProblemError(kind, `in ${oneLine(context, 80)}: ${said}`, { fields: { context } });
  }
}

/** The line of standard error that says what went wrong: warnings come before it, further refusals after. */
function lastError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const error = lines.find((line) => /^(?:Error|error)\b/.test(line)) ?? lines.at(-1) ?? '';
  return oneLine(
    error.replace(/^(?:Error from server \(\w+\)|error): /, (whole) => (whole.includes('(') ? whole : '')),
    400,
  );
}

function parsed<S extends z.ZodType>(schema: S, text: string, what: string): z.infer<S> {
  const result = schema.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new ProblemError(kubectlFailed, `kubectl ${what} gave an unknown answer`, { fields: { context: 'CONTEXT' } });
}
