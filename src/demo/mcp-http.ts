import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonErrorText } from './go-json-error.ts';
import { answerRpc, type RpcContext, type RpcMessage } from './push-rpc.ts';
import type { PushSession } from './push-session.ts';

export interface McpEndpoint extends RpcContext {
  readonly apiKey: string | null;
  /** JSON-RPC messages by method. */
  readonly methods: Map<string, number>;
  /** True: a stream that its client closed is believed to stand. */
  keepDeadStreams: boolean;
}

const maxBodyBytes = 4 * 1024 * 1024;
const eventStream = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
};

/** Answers one HTTP request of MCP's Streamable HTTP transport. */
export async function handleMcp(
  endpoint: McpEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request).catch(() => null);
  if (body === null) return plain(response, 413, 'request body too large');
  if (request.url?.split('?')[0] !== '/mcp') return plain(response, 404, '404 page not found');
  if (endpoint.apiKey !== null && request.headers.authorization !== `Bearer ${endpoint.apiKey}`) {
    return plain(response, 401, 'Unauthorized');
  }
  const missing = missingAccept(request);
  if (missing) return plain(response, 400, missing);
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? endpoint.hub.sessions.get(id) : undefined;
  if (id !== undefined && !session) return plain(response, 404, 'session not found');
  if (request.method === 'POST') return post(endpoint, session ?? null, body, response);
  if (request.method === 'GET') return openStream(endpoint, session ?? null, response);
  if (request.method === 'DELETE') return endSession(endpoint, session ?? null, response);
  response.setHeader('allow', 'GET, POST, DELETE');
  return plain(response, 405, 'Method Not Allowed');
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
    });
    request.on('error', reject);
    request.on('end', () => {
      if (size > maxBodyBytes) reject(new Error('too large'));
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

function missingAccept(request: IncomingMessage): string | null {
  const accept = request.headers.accept ?? '';
  const accepts = (type: string, family: string): boolean =>
    accept.includes(type) || accept.includes('*/*') || accept.includes(family);
  const stream = accepts('text/event-stream', 'text/*');
  if (request.method === 'GET' && !stream) return "Accept must contain 'text/event-stream' for GET requests";
  if (request.method === 'POST' && !(stream && accepts('application/json', 'application/*'))) {
    return "Accept must contain both 'application/json' and 'text/event-stream'";
  }
  return null;
}

async function post(
  endpoint: McpEndpoint,
  session: PushSession | null,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const parsed = parseMessage(body);
  if (typeof parsed === 'string') return plain(response, 400, `malformed payload: ${parsed}`);
  count(endpoint, parsed);
  if (parsed.id === undefined) {
    response.writeHead(202).end();
    return;
  }
  const opened = parsed.method === 'initialize' && !session ? endpoint.hub.open() : null;
  const answer = await answerRpc(endpoint, session, parsed);
  if (response.destroyed) return;
  response.writeHead(200, { ...eventStream, ...(opened && { 'mcp-session-id': opened.id }) });
  response.end(`event: message\ndata: ${answer}\n\n`);
}

/** The message, or the server's words for what is wrong with it. */
function parseMessage(body: string): RpcMessage | string {
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

function count(endpoint: McpEndpoint, message: RpcMessage): void {
  const key = message.method === 'tools/call' ? `tools/call ${String(message.params['name'])}` : message.method;
  // Bounded: a hostile client could name tools without end.
  if (endpoint.methods.size < 200) endpoint.methods.set(key, (endpoint.methods.get(key) ?? 0) + 1);
}

function openStream(endpoint: McpEndpoint, session: PushSession | null, response: ServerResponse): void {
  if (!session) return plain(response, 405, 'GET requires an active session');
  if (!session.attach(response)) return plain(response, 409, 'stream ID conflicts with ongoing stream');
  response.on('close', () => {
    if (!endpoint.keepDeadStreams) session.detach(response);
  });
  response.writeHead(200, eventStream);
  response.flushHeaders();
}

function endSession(endpoint: McpEndpoint, session: PushSession | null, response: ServerResponse): void {
  if (!session) return plain(response, 400, 'Bad Request: DELETE requires an Mcp-Session-Id header');
  endpoint.hub.end(session);
  response.writeHead(204).end();
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
