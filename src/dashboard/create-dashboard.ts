import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Asked, PageGate, Visit } from '../domain/viewer.ts';
import type { StandingProblem } from '../domain/wire/cluster.ts';
import { cookieValue, expireCookie, setCookie } from '../lib/http/cookies.ts';
import { localPath } from '../lib/http/local-path.ts';
import { pageHeaders } from '../lib/http/page-headers.ts';
import { errorText, type Problem } from '../lib/problem.ts';
import type { Assets } from './frame/assets.ts';
import type { PageContext, PageView } from './frame/page.ts';
import type { DashboardOptions } from './frame/options.ts';
import type { Act, Page, Params } from './frame/handlers.ts';
import { acts, pages } from './routes.ts';

export interface Dashboard {
  /** Adds its addresses. All but those with `config.open` are for who may read: the server sees to that. */
  routes(app: FastifyInstance, gate: PageGate): void;
  /** A refusal as a page. */
  refusal(asked: AskedPage, gate: PageGate, refusal: Refusal): Promise<string>;
}

export interface AskedPage extends Asked {
  /** Path and query. */
  readonly url: string;
}

export interface Refusal {
  readonly status: number;
  readonly problem: Problem;
}

/** Bytes of a form: its longest field is a comment. */
const formLimit = 16 * 1024;
/** What an act did, shown once on the page after it. */
const saidCookie = 'nightcrier_said';

/** The pages for people, rendered here, with forms for what they do; what renders them is loaded when one is asked for. */
export function createDashboard(options: DashboardOptions): Dashboard {
  const renderer = createRenderer(options);
  return {
    refusal: (asked, gate, refusal) => renderer.refusal(asked, gate, refusal),
    routes: (app, gate) => {
      assetRoute(app, () => renderer.assets());
      void app.register(async (scope) => {
        acceptForms(scope);
        for (const [path, load] of Object.entries(pages)) {
          scope.get<{ Params: Params }>(path, (request, reply) =>
            show(request, reply, { load, gate, renderer, options }),
          );
        }
        for (const [path, load] of Object.entries(acts)) {
          scope.post<{ Params: Params }>(path, (request, reply) =>
            carryOut(request, reply, { load, gate, renderer, options }),
          );
        }
      });
    },
  };
}

interface Renderer {
  assets(): Promise<Assets>;
  page(asked: AskedPage, visit: Visit, view: PageView): Promise<string>;
  refusal(asked: AskedPage, gate: PageGate, refusal: Refusal): Promise<string>;
}

interface Serving<Loaded> {
  readonly load: () => Promise<Loaded>;
  readonly gate: PageGate;
  readonly renderer: Renderer;
  readonly options: DashboardOptions;
}

type PageRequest = FastifyRequest<{ Params: Params }>;

async function show(request: PageRequest, reply: FastifyReply, serving: Serving<Page>): Promise<FastifyReply> {
  const { load, gate, renderer, options } = serving;
  const visit = await gate.visit(request);
  const make = await load();
  const view = await make(contextOf(request, visit, options), options, request.params);
  if (view === null) return send(reply, 404, await renderer.refusal(request, gate, nothingThere));
  const shown = await renderer.page(request, visit, view);
  const seen = cookieValue(request.headers.cookie, saidCookie) === null ? [] : [expireCookie(saidCookie)];
  return send(withCookies(reply, [...visit.cookies, ...seen]), view.status ?? 200, shown);
}

async function carryOut(request: PageRequest, reply: FastifyReply, serving: Serving<Act>): Promise<FastifyReply> {
  const { load, gate, renderer, options } = serving;
  const fields = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  const { by, cookies } = await gate.act(request, fields);
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

function createRenderer(options: DashboardOptions): Renderer {
  const frame = once(async () => {
    const [{ loadAssets }, { page, barePage }] = await Promise.all([
      import('./frame/assets.ts'),
      import('./frame/page.ts'),
    ]);
    return { assets: await loadAssets(), page, barePage };
  });
  const renderer: Renderer = {
    assets: async () => (await frame()).assets,
    page: async (asked, visit, view) => {
      const [{ assets, page }, problems] = await Promise.all([frame(), currentProblems(options)]);
      const said = cookieValue(asked.headers.cookie, saidCookie);
      const context = contextOf(asked, visit, options);
      return page({ context, view, assets: assets.urls, problems, said, version: options.version });
    },
    refusal: async (asked, gate, refusal) => {
      const [{ assets, barePage }, { refusalView }] = await Promise.all([frame(), import('./pages/refusal.ts')]);
      const view = refusalView(refusal);
      // Who is not let in is told nothing of what there is.
      if (refusal.status === 401 || refusal.status === 403) return barePage({ ...view, assets: assets.urls });
      return renderer.page(asked, await gate.visit(asked), view);
    },
  };
  return renderer;
}

/** What is wrong is shown beside what was asked for, never in place of it. */
async function currentProblems({ problems, log }: DashboardOptions): Promise<readonly StandingProblem[]> {
  try {
    return await problems();
  } catch (error) {
    log.warn({ err: errorText(error) }, 'problems cannot be shown');
    return [];
  }
}

function contextOf({ url }: AskedPage, { viewer, csrf }: Visit, { clock }: DashboardOptions): PageContext {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : url.slice(at));
  return { viewer, csrf, path: url, query, now: clock.now() };
}

/** What pages load; open to all, for the page on which people sign in. */
function assetRoute(app: FastifyInstance, assets: () => Promise<Assets>): void {
  app.get<{ Params: { name: string } }>('/assets/:name', { config: { open: true } }, async (request, reply) => {
    const asset = (await assets()).get(request.params.name);
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

function send(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').headers(pageHeaders).send(page);
}

/** The same promise for every caller; after a failure the next one tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
