import type { ToolResult } from '../../domain/ports.ts';
import { delay } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import type { McpClient } from '../mcp/client.ts';
import { outcomeOf, type Outcome } from '../mcp/outcome.ts';
import type { Speaker } from '../mcp/messages.ts';
import type { ConnectionContext, SessionTimes } from './context.ts';

/** What the kubeconfig of a cluster says of it. */
export interface OwnCredential {
  /** The name of its context; null when there is no kubeconfig, or none can be read. Never rejects. */
  contextOf(cluster: string): Promise<string | null>;
  /** The uid of its namespace kube-system; null when it cannot be read. Never rejects. */
  uidOf(cluster: string, signal: AbortSignal): Promise<string | null>;
}

/** As much of a connection as is needed to meet its cluster. */
interface MetBy {
  readonly cluster: { readonly name: string };
  readonly context: Pick<ConnectionContext, 'credential' | 'clock'> & {
    readonly times: Pick<SessionTimes, 'requestMs' | 'identityMs'>;
  };
}

/** Pages of a list of tools that are looked through. */
const maxPages = 10;
const anchor = { apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' };

/**
 * Names the cluster that is meant to the server, and ends the session when it shows another one. Waits for that at most
 * `identityMs`: a kubeconfig whose API server cannot be reached from here must not keep the cluster from being watched.
 * @throws ConnectionFailure when the session is gone
 */
export async function meetCluster(
  client: McpClient | null,
  { cluster, context: { credential, times, clock } }: MetBy,
  session: Pick<Speaker, 'ended'>,
  signal: AbortSignal,
): Promise<void> {
  const name = (await credential?.contextOf(cluster.name)) ?? null;
  if (client === null || credential === undefined || name === null) return;
  const own = { uid: credential.uidOf(cluster.name, signal), context: name };
  await nameContext(client, name, times.requestMs, signal);
  const compare = async (): Promise<void> => {
    const other = await otherCluster(client, own, times.requestMs, signal);
    if (other !== null) session.ended(other);
  };
  const compared = compare();
  // What fails after the wait has ended the session already.
  compared.catch(() => {});
  await Promise.race([compared, delay(clock, times.identityMs, signal)]);
  signal.throwIfAborted();
}

/**
 * Which of the clusters of a server is meant: a server with several contexts shows the one that each call names, and a
 * default when none is named. The context is named in every call from here on when the server's tools take one.
 * @throws ConnectionFailure when the session is gone
 */
async function nameContext(client: McpClient, context: string, limitMs: number, signal: AbortSignal): Promise<void> {
  const tools = new Set<string>();
  let cursor: unknown;
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await listTools(client, cursor, limitMs, signal);
    for (const tool of answer.tools) if (takesContext(tool, context)) tools.add(tool.name);
    cursor = answer.nextCursor;
    if (typeof cursor !== 'string' || cursor === '') break;
  }
  if (!tools.has('resources_list')) return;
  client.always = { tools, args: { context } };
}

/**
 * Whether the server shows the cluster that is configured: the uid of its kube-system as the server's tools and as the
 * kubeconfig read it. Null when it is the same one or when one of the two cannot be read. Rejects with the signal's reason.
 */
async function otherCluster(
  client: McpClient,
  own: { readonly uid: Promise<string | null>; readonly context: string | null },
  limitMs: number,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const shown = await shownUid(client, own.context, limitMs, signal);
  const uid = await own.uid;
  signal.throwIfAborted();
  if (uid === null || shown === null || uid === shown) return null;
  const unnamed = own.context !== null && client.always === null;
  const why = unnamed ? `; it does not offer the context ${JSON.stringify(own.context)}` : '';
  const detail = `the MCP server shows another cluster than the kubeconfig (kube-system has uid ${shown} there, ${uid} here)${why}`;
  return { kind: 'wrong_cluster', detail };
}

async function shownUid(
  client: McpClient,
  context: string | null,
  limitMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const asked = await client
    .callTool('resources_get', anchor, limitMs, signal)
    .catch((error: unknown): ToolResult => ({ text: errorText(error), structured: null, isError: true }));
  signal.throwIfAborted();
  if (!asked.isError) return uidOf(asked);
  // Schemas do not always say which contexts there are: one that is not known is not named any more.
  if (context === null || client.always === null || !saysNoContext(asked.text, context)) return null;
  client.always = null;
  return await shownUid(client, null, limitMs, signal);
}

function saysNoContext(text: string, context: string): boolean {
  return /context/i.test(text) && text.includes(`"${context}"`) && /does not exist|not found|unknown/i.test(text);
}

/** The uid of an object, from its data or from the text of YAML or JSON. */
function uidOf({ structured, text }: ToolResult): string | null {
  const { metadata } = (structured ?? {}) as { metadata?: { uid?: unknown; name?: unknown } };
  if (typeof metadata?.uid === 'string' && metadata.name === anchor.name) return metadata.uid;
  if (!/\bname"?:\s*"?kube-system/.test(text)) return null;
  return /^\s*"?uid"?:\s*"?([0-9a-f-]{36})"?,?\s*$/m.exec(text)?.[1] ?? null;
}

interface Tool {
  readonly name: string;
  readonly inputSchema: unknown;
}

async function listTools(
  client: McpClient,
  cursor: unknown,
  limitMs: number,
  signal: AbortSignal,
): Promise<{ readonly tools: readonly Tool[]; readonly nextCursor: unknown }> {
  try {
    const params = typeof cursor === 'string' ? { cursor } : {};
    const { tools, nextCursor } = await client.request('tools/list', params, limitMs, signal);
    return { tools: (Array.isArray(tools) ? tools : []).filter(isTool), nextCursor };
  } catch (error) {
    signal.throwIfAborted();
    // What only names contexts must not keep a cluster from being watched: the uids are compared all the same.
    if (endsSession(outcomeOf(error))) throw error;
    return { tools: [], nextCursor: null };
  }
}

/** Whether nothing else can be asked in this session either. */
function endsSession(outcome: Outcome): boolean {
  if (outcome.kind === 'http') return [401, 403, 404].includes(outcome.status);
  return outcome.kind === 'network' || outcome.kind === 'closed';
}

function isTool(value: unknown): value is Tool {
  return value !== null && typeof value === 'object' && typeof (value as { name?: unknown }).name === 'string';
}

/** Whether a tool has the argument `context`, and the value is allowed. */
function takesContext({ inputSchema }: Tool, context: string): boolean {
  const { properties } = (inputSchema ?? {}) as { properties?: Record<string, unknown> };
  const argument = properties?.['context'] as { enum?: unknown } | undefined;
  if (argument === null || typeof argument !== 'object') return false;
  return !Array.isArray(argument.enum) || argument.enum.includes(context);
}
