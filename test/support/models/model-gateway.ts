import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { ModelSpend, RunBudget } from '../../../src/domain/agent-gateway.ts';
import { gatewaySchema } from '../../../src/gateway/config.ts';
import {
  createModelRoute,
  type ModelExchange,
  type ModelRouteOptions,
  type ModelRun,
} from '../../../src/gateway/models/model-route.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { tempDir } from '../temp-dir.ts';

export interface ModelGateway {
  /** Where an agent finds it: a port on 127.0.0.1 that is carried to a unix socket, as in the container. */
  readonly url: string;
  readonly spends: ModelSpend[];
  readonly exchanges: ModelExchange[];
  /** Lines of the log, as JSON. */
  readonly log: string[];
  /** When all requests that have come are answered, or given up. */
  settled(): Promise<unknown>;
  /** Ends the run. */
  end(): void;
}

export interface ModelGatewayOptions {
  /** `gateway.models` of the configuration. */
  readonly models: object;
  readonly budget?: Partial<RunBudget>;
  readonly secrets?: readonly string[];
  /** What is at `/mcp`; nothing without it. */
  readonly tools?: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly proxy?: ModelRouteOptions['proxy'];
  readonly limits?: NonNullable<ModelRouteOptions['limits']>;
}

/** The way to models of one run; ends with the test. */
export async function startModelGateway(options: ModelGatewayOptions): Promise<ModelGateway> {
  const spends: ModelSpend[] = [];
  const exchanges: ModelExchange[] = [];
  const log: string[] = [];
  const over = new AbortController();
  const sum = (of: (spend: ModelSpend) => number): number => spends.reduce((total, spend) => total + of(spend), 0);
  const run: ModelRun = {
    budget: { usd: null, tokens: null, ...options.budget },
    spentUsd: () => sum(({ usd }) => usd ?? 0),
    spentTokens: () => sum(({ tokens }) => tokens.input + tokens.output),
    redact: createRedactor({ secrets: options.secrets ?? [] }),
    onSpend: (spend) => spends.push(spend),
    signal: over.signal,
  };
  const write = (fields: object, message: string): void => void log.push(JSON.stringify({ ...fields, message }));
  const logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  const config = gatewaySchema.parse({ models: options.models }).models;
  const route = createModelRoute({
    config: () => config,
    proxy: options.proxy ?? {},
    logger,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const handled: Promise<unknown>[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/mcp') {
      const { tools } = options;
      void (tools === undefined ? response.writeHead(404).end() : tools(request, response));
      return;
    }
    handled.push(route.handle(request, response, run).then((exchange) => exchanges.push(exchange)));
  });
  const socket = path.join(tempDir(), 'gateway.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const forwarder = await startForwarder(socket);
  onTestFinished(async () => {
    over.abort();
    await forwarder.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await route.close();
  });
  return {
    url: forwarder.url,
    spends,
    exchanges,
    log,
    settled: () => Promise.all(handled),
    end: () => over.abort(new Error('the run has ended')),
  };
}

/** A port on 127.0.0.1 that is carried to a unix socket. */
async function startForwarder(socketPath: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createTcpServer((from) => {
    const to = keep(connect(socketPath));
    keep(from).pipe(to).pipe(from);
    from.on('close', () => to.destroy());
    to.on('close', () => from.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
