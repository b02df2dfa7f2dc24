import type { Asked, PageGate, Visit } from '../domain/people/viewer.ts';
import type { StandingProblem } from '../domain/wire/cluster.ts';
import { cookieValue } from '../lib/http/cookies.ts';
import { errorText, type Problem } from '../lib/problem.ts';
import { createLoopTurns } from '../lib/work/loop-turns.ts';
import { once } from '../lib/work/once.ts';
import type { Assets } from './frame/assets.ts';
import type { DashboardOptions } from './frame/options.ts';
import type { PageContext, PageView } from './frame/page.ts';
import type { SignInPage } from './pages/sign-in.ts';

export interface AskedPage extends Asked {
  /** Path and query. */
  readonly url: string;
}

export interface Refusal {
  readonly status: number;
  readonly problem: Problem;
}

/** What an act did, shown once on the page after it. */
export const saidCookie = 'nightcrier_said';

/** Puts pages into the frame; what renders them is loaded when the first is asked for. */
export interface Renderer {
  assets(): Promise<Assets>;
  page(asked: AskedPage, visit: Visit, view: PageView): Promise<string>;
  /** A refusal as a small page that tells nothing of what there is. */
  bare(refusal: Refusal): Promise<string>;
  /** A refusal as a page. */
  refusal(asked: AskedPage, gate: PageGate, refusal: Refusal): Promise<string>;
  signIn(page: SignInPage): Promise<string>;
  /** The question for a name before an act; `fields`: of the act. */
  who(asked: AskedPage, gate: PageGate, fields: URLSearchParams): Promise<string>;
}

export function createRenderer(options: DashboardOptions): Renderer {
  const frame = once(async () => {
    const [{ loadAssets }, { page, barePage }] = await Promise.all([
      import('./frame/assets.ts'),
      import('./frame/page.ts'),
    ]);
    return { assets: await loadAssets(), page, barePage };
  });
  const turn = createLoopTurns();
  const renderer: Renderer = {
    assets: async () => (await frame()).assets,
    page: async (asked, visit, view) => {
      const [{ assets, page }, problems] = await Promise.all([frame(), currentProblems(options)]);
      const said = cookieValue(asked.headers.cookie, saidCookie);
      const context = contextOf(asked, visit, options);
      // Faults that come while many pages are read wait for one page at most.
      await turn();
      return page({ context, view, assets: assets.urls, problems, said, version: options.version });
    },
    bare: async (refusal) => {
      const [{ assets, barePage }, { refusalView }] = await Promise.all([frame(), import('./pages/refusal.ts')]);
      return barePage({ ...refusalView(refusal), assets: assets.urls });
    },
    refusal: async (asked, gate, refusal) => {
      // Who is not let in is told nothing of what there is, at addresses that are open to all neither.
      const isRefused = refusal.status === 401 || refusal.status === 403;
      if (isRefused || !(await gate.mayRead(asked))) return renderer.bare(refusal);
      const { refusalView } = await import('./pages/refusal.ts');
      return renderer.page(asked, await gate.visit(asked), refusalView(refusal));
    },
    signIn: async (page) => {
      const [{ assets, barePage }, { signInView }] = await Promise.all([frame(), import('./pages/sign-in.ts')]);
      return barePage({ ...signInView(page), assets: assets.urls });
    },
    who: async (asked, gate, fields) => {
      const { whoView } = await import('./pages/sign-in.ts');
      return renderer.page(asked, await gate.visit(asked), whoView(asked.url, fields));
    },
  };
  return renderer;
}

/** What a page is told of the request. */
export function contextOf({ url }: AskedPage, { viewer, csrf }: Visit, { clock }: DashboardOptions): PageContext {
  const at = url.indexOf('?');
  const query = new URLSearchParams(at === -1 ? '' : url.slice(at));
  return { viewer, csrf, path: url, query, now: clock.now() };
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
