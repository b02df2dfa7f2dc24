import { html, htmlDocument, type View } from '../../html/html.ts';
import type { Viewer } from '../../domain/people/viewer.ts';
import type { StandingProblem } from '../../domain/wire/cluster.ts';
import { problemsBanner } from '../parts/problems.ts';
import { actForm } from '../parts/act-form.ts';
import type { AssetUrls } from './assets.ts';

export const sections = ['Now', 'Clusters', 'Not told', 'Silences', 'Search'] as const;
export type Section = (typeof sections)[number];

const addresses: Record<Section, string> = {
  Now: '/',
  Clusters: '/clusters',
  'Not told': '/not-told',
  Silences: '/silences',
  Search: '/search',
};

/** Who asks for a page, and how. */
export interface PageContext {
  readonly viewer: Viewer;
  /** Comes back with each act (`actForm`). */
  readonly csrf: string;
  /** Path and query: where an act goes back to. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Ms since the epoch. */
  readonly now: number;
}

/** What a page shows between header and footer. */
export interface PageView {
  readonly title: string;
  readonly main: View;
  /** Where it is in the navigation; nothing: nowhere. */
  readonly section?: Section;
  /** Events of `GET /api/events` after which the page is fetched again; none: it stays as it is. */
  readonly live?: readonly string[];
  /** HTTP status, 200 without it. */
  readonly status?: number;
}

export interface PageFrame {
  readonly context: PageContext;
  readonly view: PageView;
  readonly assets: AssetUrls;
  /** What is wrong with nightcrier itself. */
  readonly problems: readonly StandingProblem[];
  /** What the act before it did, one sentence. */
  readonly said: string | null;
  readonly version: string;
}

/** A whole page: header with the navigation, what is wrong with nightcrier itself, what the page shows, footer. */
export function page({ context, view, assets, problems, said, version }: PageFrame): string {
  return htmlDocument({
    head: head(view.title, assets),
    body: html`<body data-live=${(view.live ?? []).join(' ')}>
      <a class="skip" href="#main">Skip to the content</a>
      ${header(context, view.section)}
      <div id="notices">
        ${problemsBanner(problems, context.now)}${said === null ? null : html`<p class="said" role="status">${said}</p>`}
      </div>
      <main id="main" tabindex="-1">${view.main}</main>
      <p id="announcer" class="unseen" role="status" aria-live="polite"></p>
      <footer>
        <span>nightcrier ${version}</span>
        <span id="live" data-state="off">as of ${new Date(context.now).toISOString().slice(11, 19)} UTC</span>
        <button id="help-button" type="button" class="quiet" hidden>Keyboard</button>
      </footer>
      ${helpDialog()}
    </body>`,
  });
}

/** The same for who is not let in yet, or met a refusal: no navigation, nothing of what there is. */
export function barePage({ title, main, assets }: { title: string; main: View; assets: AssetUrls }): string {
  return htmlDocument({
    head: head(title, assets),
    body: html`<body class="bare">
      <main id="main">${main}</main>
    </body>`,
  });
}

function head(title: string, assets: AssetUrls) {
  return html`<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title} · nightcrier</title>
    <link rel="icon" href=${assets.icon} />
    <link rel="stylesheet" href=${assets.style} />
    <script defer src=${assets.morph}></script>
    <script defer src=${assets.script}></script>
    <script defer src=${assets.keys}></script>`;
}

function header({ viewer, csrf }: PageContext, current: Section | undefined) {
  return html`<header>
    <a class="brand" href="/">${mark()}<span>nightcrier</span></a>
    <nav aria-label="Pages">
      <ul>
        ${sections.map(
          (section) =>
            html`<li>
              <a href=${addresses[section]} aria-current=${section === current ? 'page' : undefined}>${section}</a>
            </li>`,
        )}
      </ul>
    </nav>
    ${viewerPart(viewer, csrf)}
  </header>`;
}

function viewerPart(viewer: Viewer, csrf: string): View {
  const readOnly = viewer.mayAct ? null : html`<span class="role">read only</span>`;
  if (viewer.name === null) return html`<div class="viewer">${readOnly}</div>`;
  return html`<div class="viewer">
    <span class="name">${viewer.name}</span>
    ${readOnly}
    ${viewer.signedIn ? actForm({ action: '/sign-out', label: 'Sign out', csrf, back: '/', quiet: true }) : null}
  </div>`;
}

/** A lantern: the mark of the project, decoration beside its name. */
function mark() {
  return html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M9 3h6M12 3v3M8 9h8l1 9H7z M9.5 21h5" />
    <circle class="flame" cx="12" cy="13.5" r="2" />
  </svg>`;
}

/** Keys, and what they do; a `data-key` on a part of a page names the one that reaches it. */
const keys: readonly (readonly [string, string])[] = [
  ['j / k', 'next, previous row'],
  ['Enter', 'open the row'],
  ['a', 'acknowledge'],
  ['s', 'silence'],
  ['r', 'run again'],
  ['/', 'search'],
  ['g then n', 'Now'],
  ['g then c', 'Clusters'],
  ['g then t', 'Not told'],
  ['g then s', 'Silences'],
  ['?', 'this list'],
];

/** The list of keys, opened by the script alone: without it there are none. */
function helpDialog() {
  return html`<dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keyboard</h2>
    <dl class="keys">
      ${keys.map(
        ([key, meaning]) =>
          html`<div>
            <dt><kbd>${key}</kbd></dt>
            <dd>${meaning}</dd>
          </div>`,
      )}
    </dl>
    <p>
      <label><input id="keys-on" type="checkbox" checked /> Use single keys</label>
    </p>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}
