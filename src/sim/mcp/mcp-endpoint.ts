import type { ServerResponse } from 'node:http';
import { jsonErrorText } from './go-json-error.ts';
import type { RpcContext, RpcMessage } from './push-rpc.ts';

/** What both transports of a simulated server share. */
export interface McpEndpoint extends RpcContext {
  readonly apiKey: string | null;
  /** JSON-RPC messages by method. */
  readonly methods: Map<string, number>;
  /** True: a stream that its client closed is believed to stand. */
  keepDeadStreams: boolean;
  /** False: the server speaks the older transport only. */
  readonly streamable: boolean;
}

/** The message, or the server's words for what is wrong with it. */
export function parseMessage(body: string): RpcMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return `unmarshaling jsonrpc message: ${jsonErrorText(body)}`;
  }
  const message = value as { id?: string | number; method?: unknown; params?: Record<string, unknown> } | null;
  if (typeof message !== 'object' || message === null) return 'unmarshaling jsonrpc message: not an object';
  // An answer to one of the server's own requests: taken, and nothing follows.
  if (typeof message.method !== 'string') return { method: '', params: {} };
  return {
    ...(message.id !== undefined && { id: message.id }),
    method: message.method,
    params: message.params ?? {},
  };
}

export function countMessage(endpoint: McpEndpoint, message: RpcMessage): void {
  const key = message.method === 'tools/call' ? `tools/call ${String(message.params['name'])}` : message.method;
  // Bounded: a hostile client could name tools without end.
  if (endpoint.methods.size < 200) endpoint.methods.set(key, (endpoint.methods.get(key) ?? 0) + 1);
}

/** A refusal in the form of Go's `http.Error`. */
export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
