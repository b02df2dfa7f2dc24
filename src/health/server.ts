import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { dayOf } from '../domain/decide/budget.ts';
import { clustersJson } from '../domain/wire/cluster.ts';
import { localPath } from '../lib/http/local-path.ts';
import { pageHeaders } from '../lib/http/page-headers.ts';
import { errorText, ProblemError } from '../lib/problem.ts';
import { Guard } from './access/page-gate.ts';
import { createSessions } from './access/sessions.ts';
import { isSlackRoute, slackRoutes } from './access/slack-routes.ts';
import { TryLimit } from './access/try-limit.ts';
import { routeKind, wantsPage } from './access/wants-page.ts';
import { alertRoutes, isAlertRoute } from './alert-routes.ts';
import { apiRoutes } from './api-routes.ts';
import { asRefusal, badRequest, HttpProblem, portUnusable, unknownRoute } from './errors.ts';
import { EventStream } from './event-stream.ts';
import type { HealthServerOptions } from './health-server-options.ts';
import { historyRoutes } from './history-routes.ts';
import { type HealthMetrics, healthMetrics } from './metrics.ts';
import { isMcpRoute, mcpRoutes } from './mcp-routes.ts';
import { askRoutes, orderRoutes } from './order-routes.ts';
import { reportRoutes } from './reports.ts';
import { silenceRoutes } from './silence-routes.ts';

export interface HealthServer {
  /** Starts to listen; gives the address that people use. @throws ProblemError when the port cannot be used */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Ends every request and stream, and frees the port. */
  stop(): Promise<void>;
}

/** The HTTP server: health, read API, events, metrics and reports (docs/formats.md, HTTP). */
export function createHealthServer(options: HealthServerOptions): HealthServer {
  const { host, port, events, clock, registry } = options;
  const metrics = healthMetrics(registry, options.build);
  const stream = new EventStream({
    events,
    clock,
    metrics,
    maxClients: 100,
    maxBacklog: 1024 * 1024,
    heartbeatMs: 15_000,
  });
  const app = Fastify(fastifyOptions);
  const guard = guardOf(options);
  hooks(app, guard, metrics);
  problems(app, options, guard);
  healthRoutes(app, guard, options);
  apiRoutes(app, { ...options, stream, mayRead: (asked) => guard.mayRead(asked) });
  silenceRoutes(app, options);
  orderRoutes(app, options);
  askRoutes(app, { ...options, mayChange: (asked) => guard.mayChange(asked) });
  historyRoutes(app, options);
  reportRoutes(app, options);
  alertRoutes(app, options);
  mcpRoutes(app, options);
  slackRoutes(app, options);
  options.pages?.routes(app, guard);
  return {
    start: async () => {
      try {
        await app.listen({ host, port });
      } catch (error) {
        throw new ProblemError(portUnusable, `cannot listen on ${host}:${port}: ${errorText(error)}`, { cause: error });
      }
      const { port: bound } = app.server.address() as AddressInfo;
      return { url: `http://${urlHost(host)}:${bound}`, port: bound };
    },
    stop: async () => {
      stream.close();
      await app.close();
    },
  };
}

const fastifyOptions = {
  logger: false,
  frameworkErrors: badAddress,
  bodyLimit: 16 * 1024,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  forceCloseConnections: true,
  routerOptions: { maxParamLength: 1000 },
  // No route has a schema, zod reads what comes in: the compilers of Fastify would only cost time at the start.
  schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
} as const;

/** Who is let in, by the settings of the moment. */
function guardOf(options: HealthServerOptions): Guard {
  const { host, clock } = options;
  return new Guard({
    settings: () => ({ host, token: options.token(), publicUrl: options.publicUrl(), ...options.people() }),
    sessions: createSessions(options.sessionKey, options.endedSessions),
    tries: new TryLimit({ each: 5, all: 100, windowMs: 60_000 }),
    knownTries: new TryLimit({ each: 5, all: 100, windowMs: 60_000 }),
    now: () => clock.now(),
  });
}

/** `/health/live` (`/livez`, `/healthz`), `/health/ready` (`/readyz`), `/health/clusters` and `/metrics`. */
function healthRoutes(app: FastifyInstance, guard: Guard, options: HealthServerOptions): void {
  const { directory, reader, registry, clock } = options;

  for (const path of livePaths) app.get(path, async () => ({ status: 'live' }));

  const ready = async (request: FastifyRequest, reply: FastifyReply) => {
    const reasons = options.notReady();
    const status = reasons.length === 0 ? 'ready' : 'not ready';
    reply.code(reasons.length === 0 ? 200 : 503);
    // Reasons name parts and places: only for who may see details.
    return (await guard.mayRead(request)) ? { status, reasons } : { status };
  };
  for (const path of readyPaths) app.get(path, ready);

  app.get('/health/clusters', async () => {
    const now = clock.now();
    const [counters, today, problems] = await Promise.all([
      reader.counters(),
      reader.spend({ since: dayOf(now).start }),
      options.problems(),
    ]);
    const slack = options.slack.state();
    return { ...clustersJson(directory.statuses(), { ...counters, today }, problems, now), slack };
  });

  app.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

/** What every answer says, whatever it is. */
const safeHeaders = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** An address that is none comes to no route and to no hook. */
function badAddress(_error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const { problem, status } = new HttpProblem(400, badRequest, 'the address is not one that can be read', {
    allowed: 'see the documentation of the HTTP API',
  });
  void reply.code(status).headers(safeHeaders).send({ error: problem });
}

/** With the names by which Kubernetes and its people know them. */
const livePaths = ['/health/live', '/livez', '/healthz'];
const readyPaths = ['/health/ready', '/readyz'];
const publicPaths = new Set([...livePaths, ...readyPaths]);

function hooks(app: FastifyInstance, guard: Guard, metrics: HealthMetrics): void {
  // A page of another site can send text/plain without asking first; JSON it cannot.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(safeHeaders);
    const { url } = request.routeOptions;
    // Alerts have a token of their own, the MCP server has keys, Slack signs.
    const kind = routeKind(request);
    const own = isAlertRoute(url) || isMcpRoute(url) || isSlackRoute(url);
    const open = publicPaths.has(url ?? '') || kind === 'open' || own;
    if (!open) await guard.check(request, kind === 'form' || kind === 'reads');
  });
  app.addHook('onResponse', async (request, reply) => {
    const handler = request.routeOptions.url ?? 'unknown';
    metrics.request(handler, request.method, reply.statusCode, reply.elapsedTime / 1000);
  });
}

/**
 * Every refusal and every failure is `{error: {code, message, fix}}`, or a page for people; what failed inside is in the
 * log alone.
 */
function problems(app: FastifyInstance, { log, pages }: HealthServerOptions, gate: Guard): void {
  app.setNotFoundHandler((request) => {
    throw new HttpProblem(
      404,
      unknownRoute,
      `there is no ${request.method} ${request.url.split('?')[0]?.slice(0, 200)}`,
    );
  });
  app.setErrorHandler(async (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const refusal = asRefusal(error);
    if (refusal.status >= 500) log.error({ err: errorText(error), route: request.routeOptions.url }, 'request failed');
    const page = pages !== null && wantsPage(request);
    if (page && refusal.status === 401 && request.method === 'GET') {
      return reply.redirect(`/sign-in?back=${encodeURIComponent(localPath(request.url))}`, 303);
    }
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
    reply.code(refusal.status);
    if (!page) return reply.send({ error: refusal.problem });
    const shown = await pages.refusal(request, gate, refusal);
    return reply.type('text/html; charset=utf-8').headers(pageHeaders).send(shown);
  });
}

/** An address that can be opened: all interfaces are reached by the loopback one. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function noCompiler(): never {
  throw new Error('a route has a schema: give the server its compilers back');
}
