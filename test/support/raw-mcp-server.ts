import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string };
}

export interface RawMcpOptions {
  /** Takes over the answer to a message when it gives true. */
  readonly post?: (message: Message, response: ServerResponse, request: IncomingMessage) => boolean;
  /** Takes over a GET when it gives true. */
  readonly get?: (response: ServerResponse, request: IncomingMessage) => boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A small MCP server that answers in plain JSON and lets a test write anything in its place. */
export interface RawMcpServer {
  readonly endpoint: string;
  readonly port: number;
  /** Standing streams, oldest first. */
  readonly streams: ServerResponse[];
  /** Messages by method; calls of tools as `tools/call NAME`. */
  readonly seen: { method: string; headers: IncomingMessage['headers'] }[];
  count(method: string): number;
  close(): Promise<void>;
}

export async function startRawMcpServer(options: RawMcpOptions = {}): Promise<RawMcpServer> {
  const streams: ServerResponse[] = [];
  const seen: RawMcpServer['seen'] = [];
  const sockets = new Set<Socket>();
  const handle: RequestListener = (request, response) => {
    if (request.method === 'GET') {
      if (options.get?.(response, request)) return;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      streams.push(response);
      return;
    }
    if (request.method === 'DELETE') {
      response.writeHead(204).end();
      return;
    }
    void take(request, response);
  };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const message = await readMessage(request);
    const tool = message.method === 'tools/call' ? ` ${message.params?.name}` : '';
    seen.push({ method: `${message.method}${tool}`, headers: request.headers });
    if (!options.post?.(message, response, request)) answer(message, response);
  };
  const server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}/mcp`,
    port,
    streams,
    seen,
    count: (method) => seen.filter((one) => one.method === method).length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** An answer in plain JSON. */
export function sendResult(message: Message, result: unknown, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'session-1' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
}

/** A fault notification as one server-sent event. */
export function faultEvent(data: unknown, logger = 'kubernetes/faults'): string {
  const message = { jsonrpc: '2.0', method: 'notifications/message', params: { data, level: 'warning', logger } };
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

/** A usable fault; its id and uid tell it from others. */
export function faultOf(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    subscriptionId: 'sub-1',
    cluster: 'test',
    faultId: id,
    faultType: 'PodCrash',
    severity: 'warning',
    resource: { apiVersion: 'v1', kind: 'Pod', name: `pod-${id}`, namespace: 'shop', uid: `uid-${id}` },
    context: 'Container crashed with exit code 2, reason: Error',
    timestamp: '2026-11-20T22:32:43Z',
    ...changes,
  };
}

function answer(message: Message, response: ServerResponse): void {
  if (message.id === undefined) {
    response.writeHead(202).end();
    return;
  }
  const text = (said: string): unknown => ({ content: [{ type: 'text', text: said }] });
  if (message.method === 'initialize') {
    const serverInfo = { name: 'raw', version: '0' };
    sendResult(
      message,
      { protocolVersion: '2025-11-25', capabilities: { logging: {}, tools: {} }, serverInfo },
      response,
    );
  } else if (message.params?.name === 'events_subscribe') {
    sendResult(message, text('# Created\n\n{"subscriptionId": "sub-1", "cluster": "test"}\n\nbye'), response);
  } else if (message.params?.name === 'events_list_subscriptions') {
    sendResult(message, text('{"subscriptions": [{"subscriptionId": "sub-1", "degraded": false}]}'), response);
  } else sendResult(message, message.method === 'tools/call' ? text('') : {}, response);
}

async function readMessage(request: IncomingMessage): Promise<Message> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message;
}
