import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that knows only the older transport (HTTP with SSE): GET /sse names /message, which takes the POSTs. */
export interface SseMcpServer {
  readonly origin: string;
  readonly streams: ServerResponse[];
  readonly methods: string[];
  send(message: unknown): void;
  close(): Promise<void>;
}

export async function startSseMcpServer(postAddress = '/message?sessionId=1', toolText = ''): Promise<SseMcpServer> {
  const streams: ServerResponse[] = [];
  const methods: string[] = [];
  const send = (message: unknown): void => {
    for (const stream of streams) stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString()) as {
      id?: number;
      method: string;
      params?: { name?: string };
    };
    methods.push(message.method);
    response.writeHead(202).end('Accepted');
    if (message.id === undefined) return;
    const text = (said: string) => ({ content: [{ type: 'text', text: said }] });
    const serverInfo = { name: 'older', version: '0' };
    let result: unknown = message.method === 'tools/call' ? text(toolText) : {};
    if (message.method === 'initialize') result = { protocolVersion: '2024-11-05', capabilities: {}, serverInfo };
    if (message.params?.name === 'events_subscribe') result = text('{"subscriptionId": "sub-1", "cluster": ""}');
    send({ jsonrpc: '2.0', id: message.id, result });
  };
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/sse') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: endpoint\ndata: ${postAddress}\n\n`);
      streams.push(response);
      response.on('close', () => streams.splice(streams.indexOf(response), 1));
    } else if (request.method === 'POST' && request.url?.startsWith('/message')) void take(request, response);
    else response.writeHead(404).end('not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    methods,
    send,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
