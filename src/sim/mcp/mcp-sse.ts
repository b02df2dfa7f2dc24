import type { IncomingMessage, ServerResponse } from 'node:http';
import { countMessage, type McpEndpoint, parseMessage, plain } from './mcp-endpoint.ts';
import { answerRpc } from './push-rpc.ts';

/**
 * Answers one HTTP request of MCP's older HTTP+SSE transport: the stream is the session and brings every answer; what
 * the client says is posted to the address that the stream names first.
 */
export async function handleSse(
  endpoint: McpEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  if (request.method === 'GET') return openSession(endpoint, response);
  if (request.method !== 'POST') return plain(response, 405, 'Method Not Allowed');
  const id = new URL(request.url ?? '/', 'http://server').searchParams.get('sessionid') ?? '';
  const session = endpoint.hub.sessions.get(id);
  if (!session) return plain(response, 404, 'session not found');
  const message = parseMessage(body);
  if (typeof message === 'string') return plain(response, 400, 'failed to parse body');
  countMessage(endpoint, message);
  response.writeHead(202).end();
  if (message.id === undefined) return;
  session.write(await answerRpc(endpoint, session, message));
}

function openSession(endpoint: McpEndpoint, response: ServerResponse): void {
  const session = endpoint.hub.open();
  session.attach(response);
  response.on('close', () => endpoint.hub.end(session));
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
  });
  response.write(`event: endpoint\ndata: /sse?sessionid=${session.id}\n\n`);
}
