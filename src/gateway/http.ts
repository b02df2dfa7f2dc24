import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Also those that wait for being taken: a connect to a unix socket fails at once when there is no room. */
export const maxConnections = 1024;

export interface HttpListeners {
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** What Node would answer by itself, off the record; null for bytes that are no request. False: it gets no answer. */
  readonly onUnheard: (request: IncomingMessage | null) => boolean;
}

/** An HTTP server with bounds for whoever means ill, which hears of everything that comes. */
export function createHttpServer({ onRequest, onUnheard }: HttpListeners): Server {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 15_000,
    connectionsCheckingInterval: 1000,
    // Looked at with the request, so that it is on record.
    requireHostHeader: false,
    insecureHTTPParser: false,
  });
  server.maxConnections = maxConnections;
  server.on('request', onRequest);
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    onUnheard(request);
    socket.destroy();
  });
  server.on('checkExpectation', (request, response) => {
    if (!onUnheard(request)) {
      request.socket.destroy();
      return;
    }
    response.writeHead(417, { connection: 'close', 'content-length': 0 });
    response.end();
  });
  server.on('clientError', (_error, socket) => {
    if (onUnheard(null) && socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

/** Resolves when the answer is out, or nobody takes it any more. */
export function finished(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('finish', () => resolve());
    response.once('close', () => resolve());
  });
}
