import type { IncomingMessage, ServerResponse } from 'node:http';
import { countMessage, type McpEndpoint, parseMessage, plain } from './mcp-endpoint.ts';
import { handleSse } from './mcp-sse.ts';
import { answerRpc } from './push-rpc.ts';
import type { PushSession } from './push-session.ts';

const maxBodyBytes = 4 * 1024 * 1024;
const eventStream = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
};

/** Answers one HTTP request: MCP's Streamable HTTP at /mcp, the older HTTP+SSE at /sse and /message. */
export async function handleMcp(
  endpoint: McpEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request).catch(() => null);
  if (body === null) return plain(response, 413, 'request body too large');
  if (endpoint.apiKey !== null && request.headers.authorization !== `Bearer ${endpoint.apiKey}`) {
    return plain(response, 401, 'Unauthorized');
  }
  const path = request.url?.split('?')[0];
  if (path === '/sse' || path === '/message') return handleSse(endpoint, request, response, body);
  if (path !== '/mcp' || !endpoint.streamable) return plain(response, 404, '404 page not found');
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
  countMessage(endpoint, parsed);
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
