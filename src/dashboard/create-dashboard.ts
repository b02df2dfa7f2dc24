import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PageGate } from '../domain/people/viewer.ts';
import { cookieValue, expireCookie, setCookie } from '../lib/http/cookies.ts';
import { localPath } from '../lib/http/local-path.ts';
import { PacedTurns } from '../lib/work/paced-turns.ts';
import type { Act, Page, Params } from './frame/handlers.ts';
import type { DashboardOptions } from './frame/options.ts';
import { type AskedPage, contextOf, createRenderer, type Refusal, type Renderer, saidCookie } from './renderer.ts';
import { fileRoutes } from './file-routes.ts';
import { acts, pages } from './routes.ts';
import { fieldsOf, send, signInRoutes } from './sign-in-routes.ts';

export interface Dashboard {
  /** Adds its addresses. All but those with `config.open` are for who may read: the server sees to that. */
  routes(app: FastifyInstance, gate: PageGate): void;
  /** A refusal as a page. */
  refusal(asked: AskedPage, gate: PageGate, refusal: Refusal): Promise<string>;
}

/** Bytes of a form: its longest field is a comment. */
const formLimit = 16 * 1024;

/**
 * While faults come in, pages take a twentieth of the time of the daemon together: who reads much waits, faults do not.
 * Without, one follows the other at once.
 */
const restAfterPage = 19;
/** A fault that came so long ago is the last one, ms. */
const faultsEndMs = 5000;
/** So many pages wait for their turn; who comes then is told to come again, seconds. */
const maxWaiting = 20;
const comeAgainS = 2;

/** The pages for people, rendered here, with forms for what they do. */
export function createDashboard(options: DashboardOptions): Dashboard {
  const renderer = createRenderer(options);
  const turns = pageTurns(options);
  return {
    refusal: (asked, gate, refusal) => renderer.refusal(asked, gate, refusal),
    routes: (app, gate) => {
      assetRoute(app, renderer);
      void app.register(async (scope) => {
        acceptForms(scope);
        signInRoutes(scope, gate, renderer);
        fileRoutes(scope, { options, gate, renderer, nothingThere });
        for (const [path, load] of Object.entries(pages)) {
          scope.get<{ Params: Params }>(path, (request, reply) =>
            show(request, reply, { load, gate, renderer, options, turns }),
          );
        }
        for (const [path, load] of Object.entries(acts)) {
          scope.post<{ Params: Params }>(path, { config: { form: true } }, (request, reply) =>
            carryOut(request, reply, { load, gate, renderer, options }),
          );
        }
      });
    },
  };
}

function pageTurns({ events, clock }: Pick<DashboardOptions, 'events' | 'clock'>): PacedTurns {
  let lastFault = -Infinity;
  events.on('store:changed', (changes) => {
    if (changes.some(({ type }) => type === 'fault')) lastFault = clock.monotonic();
  });
  const rest = (): number => (clock.monotonic() - lastFault < faultsEndMs ? restAfterPage : 0);
  return new PacedTurns({ rest, maxRestMs: 1000, holdMs: 100, maxWaiting }, clock);
}

interface Serving<Loaded> {
  readonly load: () => Promise<Loaded>;
  readonly gate: PageGate;
  readonly renderer: Renderer;
  readonly options: DashboardOptions;
}

type PageRequest = FastifyRequest<{ Params: Params }>;

type ShowingPages = Serving<Page> & { readonly turns: PacedTurns };

async function show(request: PageRequest, reply: FastifyReply, serving: ShowingPages): Promise<FastifyReply> {
  const { options, renderer, turns } = serving;
  if (request.routeOptions.url === '/' && !/\btext\/html\b/.test(request.headers.accept ?? '')) {
    return reply.send(overview(options));
  }
  const end = await turns.take();
  if (end === null) return send(reply.header('retry-after', comeAgainS), 503, await renderer.bare(tooManyReaders));
  try {
    return await showPage(request, reply, serving);
  } finally {
    end();
  }
}

async function showPage(request: PageRequest, reply: FastifyReply, serving: ShowingPages): Promise<FastifyReply> {
  const { load, gate, renderer, options } = serving;
  const visit = await gate.visit(request);
  const make = await load();
  const view = await make(contextOf(request, visit, options), options, request.params);
  if (view === null) return send(reply, 404, await renderer.refusal(request, gate, nothingThere));
  const shown = await renderer.page(request, visit, view);
  const seen = cookieValue(request.headers.cookie, saidCookie) === null ? [] : [expireCookie(saidCookie)];
  return send(withCookies(reply, [...visit.cookies, ...seen]), view.status ?? 200, shown);
}

/** `/` for a program: where the rest is. */
function overview({ version, publicUrl }: DashboardOptions): object {
  const links = { health: '/health/clusters', incidents: '/api/incidents', events: '/api/events', metrics: '/metrics' };
  return { name: 'nightcrier', version, public_url: publicUrl(), links };
}

async function carryOut(request: PageRequest, reply: FastifyReply, serving: Serving<Act>): Promise<FastifyReply> {
  const { load, gate, renderer, options } = serving;
  const fields = fieldsOf(request);
  const allowed = await gate.act(request, fields);
  if (allowed.kind === 'nameless') return send(reply, 200, await renderer.who(request, gate, fields));
  const { by, cookies } = allowed;
  const act = await load();
  const answer = await act({ by, fields, params: request.params, now: options.clock.now() }, options);
  if (answer.kind !== 'done') {
    const refusal = answer.kind === 'unknown' ? nothingThere : answer;
    return send(withCookies(reply, cookies), refusal.status, await renderer.refusal(request, gate, refusal));
  }
  const said = setCookie(saidCookie, answer.said, { maxAge: 60 });
  const next = answer.to ?? localPath(fields.get('back'));
  return withCookies(reply, [...cookies, said]).redirect(next, 303);
}

const nothingThere: Refusal = {
  status: 404,
  problem: {
    code: 'NC-HEALTH-004',
    message: 'There is no such thing here.',
    fix: 'It may be older than storage.retention. Search shows what is kept.',
  },
};

const tooManyReaders: Refusal = {
  status: 503,
  problem: {
    code: 'NC-HEALTH-033',
    message: 'Many pages are asked for while faults come in, and faults go first.',
    fix: 'Load it again in a moment.',
  },
};

/** What pages load; open to all, for the page on which people sign in. */
function assetRoute(app: FastifyInstance, renderer: Renderer): void {
  app.get<{ Params: { name: string } }>('/assets/:name', { config: { open: true } }, async (request, reply) => {
    const asset = (await renderer.assets()).get(request.params.name);
    if (asset === null) return reply.callNotFound();
    const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    return reply
      .type(asset.type)
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
      .headers(zipped ? { 'content-encoding': 'gzip' } : {})
      .send(zipped ? asset.gzip : asset.content);
  });
}

/** Forms are understood by these addresses alone. */
function acceptForms(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: formLimit },
    async (_request: FastifyRequest, body: string) => new URLSearchParams(body),
  );
}

function withCookies(reply: FastifyReply, cookies: readonly string[]): FastifyReply {
  return cookies.length === 0 ? reply : reply.header('set-cookie', [...cookies]);
}
