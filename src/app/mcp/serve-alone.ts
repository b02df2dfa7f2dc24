import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { access } from '../../health/access/access.ts';
import { portUnusable } from '../../health/errors.ts';
import { type Clock, delay } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { ProblemError, errorText } from '../../lib/problem.ts';
import type { DaemonMcp } from './daemon-mcp.ts';

export interface ServeAloneOptions {
  readonly mcp: Pick<DaemonMcp, 'serve' | 'idle'>;
  /** After it is said not to be ready, how long requests still come, ms. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** For the metrics; null for none. */
  readonly token: string | null;
}

export interface ServingAlone {
  readonly url: string;
  /** Not ready first, then calls that run get `withinMs` to end. */
  stop(withinMs: number): Promise<void>;
}

/** An HTTP server with the MCP server, health and metrics, and nothing else. @throws ProblemError for the port */
export async function serveAlone(options: ServeAloneOptions): Promise<ServingAlone> {
  const { host, port } = options;
  const guard = access(() => ({ host, token: options.token, publicUrl: null }));
  let stopping = false;
  const plain = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const path = request.url ?? '';
    if (path === '/health/live') return send(response, 200, 'live');
    if (path === '/health/ready') return send(response, stopping ? 503 : 200, stopping ? 'not ready' : 'ready');
    if (path !== '/metrics') return false;
    if (!guard.isAuthorized(request.headers)) return send(response, 401, 'this needs the token');
    response.writeHead(200, { 'content-type': options.registry.contentType });
    response.end(await options.registry.metrics());
    return true;
  };
  const server = createServer({ requestTimeout: 30_000, keepAliveTimeout: 10_000 }, (request, response) => {
    // What is asked of a server that stops goes to another one the next time.
    if (stopping) response.setHeader('connection', 'close');
    const answered = plain(request, response).then((done) => (done ? undefined : options.mcp.serve(request, response)));
    answered.catch((error: unknown) => {
      options.logger.error({ err: errorText(error) }, 'the MCP server failed to answer');
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    throw new ProblemError(portUnusable, `cannot listen on ${host}:${port}: ${errorText(error)}`, { cause: error });
  });
  const { port: bound, family, address } = server.address() as AddressInfo;
  const name = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${name}:${bound}`,
    stop: async (withinMs) => {
      const until = options.clock.monotonic() + withinMs;
      stopping = true;
      // A load balancer looks at readiness before it sends the next request elsewhere.
      await delay(options.clock, Math.min(options.drainMs, withinMs));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const left = Math.max(0, until - options.clock.monotonic());
      await Promise.race([options.mcp.idle(), delay(options.clock, left)]);
      // What is open now is a stream of somebody who listens, or late.
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, status: number, text: string): true {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: text }));
  return true;
}
