import { ReadError } from '../kube/cluster-reader.ts';
import { kindsToRead } from '../kube/kinds.ts';
import { McpReader } from '../kube/read/mcp-reader.ts';
import type { Clock } from '../lib/clock.ts';
import { type Problem, problem, type ProblemKind } from '../lib/problem.ts';
import { TimeLimitError, withTimeLimit } from '../lib/time-limit.ts';
import type { ConnectionConfig } from './config.ts';
import { endpointOf, type McpCluster, shownEndpoint } from './connection/context.ts';
import { reactTo } from './connection/reaction.ts';
import { meetCluster, type OwnCredential } from './connection/server-cluster.ts';
import { clusterProblems } from './errors.ts';
import type { AgentDirectory } from './mcp/agents.ts';
import type { AnswerBudget } from './mcp/answer.ts';
import { type McpClient, openClient } from './mcp/client.ts';
import { type Inlet, parseMessage } from './mcp/messages.ts';
import { ConnectionFailure, type Outcome, outcomeOf } from './mcp/outcome.ts';

/** What one session with the server of a cluster shows. Problems are those that a connection of the daemon would have. */
export interface ServerProbe {
  /** Why there is no session. */
  readonly failure: Problem | null;
  /** Until the session stood, ms. */
  readonly tookMs: number;
  /** Why the rest is not known although there is a session: its tools did not answer in time. */
  readonly unfinished: string | null;
  /** The server shows another cluster than the kubeconfig is for. */
  readonly otherCluster: Problem | null;
  /** What a sweep could not list, of the kinds that matter most. */
  readonly unreadable: Problem | null;
  /** Why there is no push although `mode: subscribe` asks for it. */
  readonly noPush: Problem | null;
  readonly canPush: boolean;
}

type ProbedCluster = Pick<McpCluster, 'name' | 'mcp'>;

export interface ServerProbeOptions {
  readonly connection: ConnectionConfig;
  readonly agents: Pick<AgentDirectory, 'agentsFor'>;
  readonly budget: AnswerBudget;
  readonly credential: OwnCredential;
  readonly clock: Clock;
  readonly version: string;
  /** Of the handshake, and of everything that is asked after it, ms. */
  readonly limitMs: number;
  readonly lookMs: number;
}

/** Selects nothing: whether a list may be read is answered without reading what there is. */
const nothing = 'nightcrier.invalid/doctor=none';
const maxToolPages = 10;

/** Makes a session, looks, and says goodbye; subscribes to nothing. Rejects only with the reason of the signal. */
export async function probeServer(
  cluster: ProbedCluster,
  options: ServerProbeOptions,
  signal: AbortSignal,
): Promise<ServerProbe> {
  const { clock, limitMs, version } = options;
  const began = clock.monotonic();
  const none = { unfinished: null, otherCluster: null, unreadable: null, noPush: null, canPush: false };
  let client: McpClient | null = null;
  try {
    const endpoint = endpointOf(cluster, options);
    const times = { handshakeMs: limitMs, requestMs: limitMs, pingMs: 3_600_000 };
    const owner = { pushEnded: () => {}, ended: () => {} };
    const { transport } = cluster.mcp;
    client = await openClient({ endpoint, transport, inlet: deaf, owner, times, clock, version }, signal);
    const tookMs = clock.monotonic() - began;
    const standing = client;
    const seen = await lookInTime(standing, cluster, options, signal);
    return { ...none, failure: null, tookMs, ...seen };
  } catch (error) {
    signal.throwIfAborted();
    return { failure: failureOf(outcomeOf(error), cluster), tookMs: clock.monotonic() - began, ...none };
  } finally {
    await client?.close(AbortSignal.any([signal, AbortSignal.timeout(1000)]));
  }
}

/** Answers come through; nothing that is pushed is wanted. */
const deaf: Inlet = {
  take: (text) => {
    const message = parseMessage(text);
    if (message === null) return { kind: 'invalid' };
    return 'method' in message && message.id === undefined ? { kind: 'dropped' } : { kind: 'message', message };
  },
  invalid: () => {},
};

/** A server that takes long to look is slow, not gone: what it would have said is not known then. */
async function lookInTime(
  client: McpClient,
  cluster: ProbedCluster,
  options: ServerProbeOptions,
  signal: AbortSignal,
): Promise<Partial<ServerProbe>> {
  const { clock, lookMs } = options;
  try {
    return await withTimeLimit(clock, lookMs, signal, (limited) => look(client, cluster, options, limited));
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    return { unfinished: `its tools took more than ${lookMs / 1000} s` };
  }
}

async function look(
  client: McpClient,
  cluster: ProbedCluster,
  options: ServerProbeOptions,
  signal: AbortSignal,
): Promise<Omit<ServerProbe, 'failure' | 'tookMs' | 'unfinished'>> {
  const { clock, credential, lookMs } = options;
  let other: Outcome | null = null;
  const context = { credential, clock, times: { requestMs: lookMs, identityMs: lookMs } };
  await meetCluster(client, { cluster, context }, { ended: (outcome) => void (other = outcome) }, signal);
  const canPush = await offersPush(client, lookMs, signal);
  const lacking = cluster.mcp.mode === 'subscribe' && !canPush;
  return {
    otherCluster: other === null ? null : failureOf(other, cluster),
    unreadable: await unreadable(client, cluster, lookMs, signal),
    noPush: lacking ? named(clusterProblems.cannotPush, 'the server has no events_subscribe tool', cluster) : null,
    canPush,
  };
}

/** Without these a sweep finds next to nothing. More of them would wait for the rate that a server gives itself at its API. */
const kindsThatMatter = kindsToRead.filter(({ kind }) => ['Pod', 'Node', 'Deployment', 'Event'].includes(kind));

/** These lists of a sweep, of nothing. */
async function unreadable(
  client: McpClient,
  cluster: ProbedCluster,
  limitMs: number,
  signal: AbortSignal,
): Promise<Problem | null> {
  const reader = new McpReader({ callTool: (name, args, ended) => client.callTool(name, args, limitMs, ended) });
  const failures: string[] = [];
  for (const { kind, apiVersion } of kindsThatMatter) {
    try {
      await reader.listAsGiven(apiVersion, kind, { labelSelector: nothing }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ReadError)) throw error;
      failures.push(`${kind}: ${error.message}`);
    }
  }
  if (failures.length === 0) return null;
  const none = failures.length === kindsThatMatter.length;
  const kind = none ? clusterProblems.sweepFailed : clusterProblems.sweepPartial;
  return named(kind, failures.slice(0, 5).join('; '), cluster);
}

async function offersPush(client: McpClient, limitMs: number, signal: AbortSignal): Promise<boolean> {
  let cursor: unknown;
  for (let page = 0; page < maxToolPages; page += 1) {
    const params = typeof cursor === 'string' ? { cursor } : {};
    const { tools, nextCursor } = await client.request('tools/list', params, limitMs, signal);
    const names = (Array.isArray(tools) ? tools : []).map((tool: unknown) => (tool as { name?: unknown } | null)?.name);
    if (names.includes('events_subscribe')) return true;
    cursor = nextCursor;
    if (typeof cursor !== 'string' || cursor === '') break;
  }
  return false;
}

function failureOf(outcome: Outcome, cluster: ProbedCluster): Problem {
  return named(reactTo(outcome).problem, new ConnectionFailure(outcome).message, cluster);
}

function named(kind: ProblemKind, message: string, cluster: ProbedCluster): Problem {
  return problem(kind, message, { cluster: cluster.name, endpoint: shownEndpoint(cluster) });
}
