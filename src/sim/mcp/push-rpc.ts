import type { ClusterReader } from '../../kube/cluster-reader.ts';
import { delay } from '../../lib/clock.ts';
import { secondsTime } from './push-fault.ts';
import { type PushHub, SubscribeError } from './push-hub.ts';
import { isLogLevel, type PushSession } from './push-session.ts';
import { readTools } from './read-tools.ts';
import { type ToolAnswer, toolError, toolText } from './tool-answer.ts';
import { toolList } from './tool-list.ts';

/** A JSON-RPC request or, without `id`, a notification. */
export interface RpcMessage {
  readonly id?: string | number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface RpcContext {
  readonly hub: PushHub;
  readonly reader: ClusterReader;
  readonly events: boolean;
  readonly subscribeDelayMs: number;
  readonly signal: AbortSignal;
}

class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const protocolVersions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];

/** The one line of JSON that answers a request. `session` is null before `initialize`. */
export async function answerRpc(
  context: RpcContext,
  session: PushSession | null,
  message: RpcMessage,
): Promise<string> {
  const head = { jsonrpc: '2.0', id: message.id };
  try {
    return JSON.stringify({ ...head, result: await result(context, session, message) });
  } catch (error) {
    const { code, message } = error instanceof RpcError ? error : new RpcError(-32603, String(error));
    return JSON.stringify({ ...head, error: { code, message } });
  }
}

async function result(context: RpcContext, session: PushSession | null, message: RpcMessage): Promise<object> {
  const { method, params } = message;
  if (method === 'initialize') return initializeResult(params);
  if (method === 'ping') return {};
  if (!session) throw new RpcError(0, `method "${method}" is invalid during session initialization`);
  switch (method) {
    case 'logging/setLevel':
      if (!isLogLevel(params['level'])) throw new RpcError(-32602, 'invalid log level');
      session.level = params['level'];
      return {};
    case 'tools/list':
      return { tools: toolList(context.events) };
    case 'prompts/list':
      return { prompts: [] };
    case 'tools/call':
      return callTool(context, session, params);
    default:
      throw new RpcError(-32601, `method not found: "${method}" unsupported`);
  }
}

function initializeResult(params: RpcMessage['params']): object {
  const asked = String(params['protocolVersion']);
  return {
    capabilities: { logging: {}, prompts: { listChanged: true }, tools: { listChanged: true } },
    protocolVersion: protocolVersions.includes(asked) ? asked : protocolVersions.at(-1),
    serverInfo: {
      name: 'kubernetes-mcp-server',
      title: 'kubernetes-mcp-server',
      version: '0.0.0',
      websiteUrl: 'https://github.com/containers/kubernetes-mcp-server',
    },
  };
}

async function callTool(context: RpcContext, session: PushSession, params: RpcMessage['params']): Promise<ToolAnswer> {
  const name = String(params['name']);
  const args = (params['arguments'] ?? {}) as Readonly<Record<string, unknown>>;
  if (context.events) {
    if (name === 'events_subscribe') return subscribeTool(context.hub, session, args, context.subscribeDelayMs);
    if (name === 'events_unsubscribe') return unsubscribeTool(session, args);
    if (name === 'events_list_subscriptions') return listSubscriptionsTool(context.hub, session);
  }
  const tool = Object.hasOwn(readTools, name) ? readTools[name] : undefined;
  if (!tool) throw new RpcError(-32602, `unknown tool "${name}"`);
  return tool(context.reader, args, context.hub.options.clock.now(), context.signal);
}

type Arguments = Readonly<Record<string, unknown>>;

/** `events_subscribe`, with the server's texts. The answer comes after `delayMs`: the server's watch must be up first. */
async function subscribeTool(
  hub: PushHub,
  session: PushSession,
  args: Arguments,
  delayMs: number,
): Promise<ToolAnswer> {
  const { mode = 'events', ...filters } = args;
  if (mode !== 'faults' && mode !== 'events') return toolError(`invalid mode: ${String(mode)}`);
  if (mode === 'faults' && filters['type'] === 'Normal') {
    return toolError('invalid subscription filters: faults mode cannot filter for Normal events');
  }
  let subscription;
  try {
    subscription = hub.subscribe(session, mode, filters);
  } catch (error) {
    if (error instanceof SubscribeError) return toolError(`failed to create subscription: ${error.message}`);
    throw error;
  }
  if (delayMs > 0) await delay(hub.options.clock, delayMs);
  subscription.live = true;
  const created = {
    cluster: hub.options.serverCluster,
    createdAt: secondsTime(subscription.createdAt),
    filters,
    mode,
    status: 'active',
    subscriptionId: subscription.id,
  };
  return toolText(
    `# Event Subscription Created\n\n${indented(created)}\n\nYou will receive event notifications via the logging/message protocol.`,
  );
}

/** `events_unsubscribe`. */
function unsubscribeTool(session: PushSession, args: Arguments): ToolAnswer {
  const id = typeof args['subscriptionId'] === 'string' ? args['subscriptionId'] : '';
  if (!session.subscriptions.delete(id)) {
    return toolError(`failed to cancel subscription: subscription ${id} not found`);
  }
  return toolText(`# Subscription Cancelled\n\n${indented({ status: 'cancelled', subscriptionId: id })}`);
}

/** `events_list_subscriptions`. */
function listSubscriptionsTool(hub: PushHub, session: PushSession): ToolAnswer {
  const subscriptions = [...session.subscriptions.values()].map((subscription) => ({
    cluster: hub.options.serverCluster,
    createdAt: secondsTime(subscription.createdAt),
    degraded: subscription.degraded,
    filters: subscription.filters,
    mode: subscription.mode,
    subscriptionId: subscription.id,
  }));
  return toolText(`# Active Subscriptions\n\n${indented({ subscriptions, total: subscriptions.length })}`);
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
