import { html, later, type View } from '../../html/html.ts';
import { timeTag } from '../../html/time.ts';
import { type Found, searchWords } from '../../domain/history.ts';
import type { Page } from '../../domain/state-store.ts';
import { oneLine, plural } from '../../lib/text.ts';
import type { Page as DashboardPage } from '../frame/handlers.ts';
import { faultsOverTime } from '../parts/faults-over-time.ts';
import { incidentPath } from '../parts/incident-row.ts';
import { pager } from '../parts/pager.ts';

/** Results of one page. */
const rows = 100;
/** Without words the page shows how much came in so long. */
const hours = 7 * 24;

/** `/search?q=&before=`: everything that is kept of incidents and faults, by any words of it. */
export const searchPage: DashboardPage = async ({ query, now }, { history }) => {
  const text = (query.get('q') ?? '').slice(0, 500);
  const words = searchWords(text);
  const before = query.get('before') ?? '';
  const found =
    words.length === 0 ? null : await history.search({ text, limit: rows, ...(before !== '' && { before }) });
  return {
    title: words.length === 0 ? 'Search' : `Search: ${oneLine(text, 80)}`,
    section: 'Search',
    main: html`<h1>Search</h1>
      ${searchForm(text)}
      ${found === null ? await faultsOverTime(history, { now, hours, cluster: null }) : results(found, { words, now, isFirst: before === '' })}
      ${found === null ? null : pager({ path: '/search', query, name: 'before', next: found.next })}`,
  };
};

function searchForm(text: string) {
  return html`<form class="search" role="search" method="get" action="/search">
    <label for="q">Words of a cause, an object, a cluster, a label or an id</label>
    <div>
      <input id="q" name="q" type="search" value=${text} maxlength="500" autocomplete="off" aria-describedby="q-hint" />
      <button class="main">Search</button>
    </div>
    <small id="q-hint">Each word has to be in it, also as a part of a word. ${'"two words"'} are one.</small>
  </form>`;
}

interface Looks {
  readonly words: readonly string[];
  readonly now: number;
  readonly isFirst: boolean;
}

function results({ items, next }: Page<Found>, { words, now, isFirst }: Looks): View {
  if (items.length === 0) return nothing(isFirst, next !== null);
  const which = isFirst ? 'The newest' : 'The next';
  const said =
    isFirst && next === null ? plural(items.length, 'result') : `${which} ${items.length}; another word leaves fewer.`;
  return html`<p class="meta" role="status">${said}</p>
    <ol class="rows">
      ${items.map((one) => later(() => row(one, words, now)))}
    </ol>`;
}

/** `more`: there are rows that were not looked at for this page. */
function nothing(isFirst: boolean, more: boolean): View {
  if (more) return html`<p class="empty" role="status"><b>None of these rows has all words.</b>Older ones may.</p>`;
  const said = isFirst ? 'Nothing that is kept has all of these words.' : 'Nothing older has all of these words.';
  return html`<p class="empty" role="status"><b>${said}</b>What is older than storage.retention is not kept.</p>`;
}

function row({ kind, cluster, title, excerpt, at, incidentId }: Found, words: readonly string[], now: number) {
  const untold = `/not-told?cluster=${encodeURIComponent(cluster)}`;
  const address = incidentId === null ? untold : incidentPath(incidentId);
  return html`<li class="row found-row" data-row>
    <span class="chip">${kind}</span>
    <div>
      <a class="object" href=${address}>${marked(oneLine(title, 200), words)}</a>
      <p class="cause">${marked(oneLine(excerpt, 300), words)}</p>
    </div>
    <div class="place"><b>${marked(cluster, words)}</b></div>
    <div class="since">${timeTag(at, now)}</div>
  </li>`;
}

/** The text with the words that were searched for marked, the longest where several begin. */
function marked(text: string, words: readonly string[]): View[] {
  const lower = text.toLowerCase();
  // Lower case of some letters is longer: places would not be those of the text.
  if (lower.length !== text.length) return [text];
  const parts: View[] = [];
  let from = 0;
  for (let at = 0; at < text.length;) {
    const length = Math.max(0, ...words.filter((word) => lower.startsWith(word, at)).map((word) => word.length));
    if (length === 0) {
      at += 1;
      continue;
    }
    parts.push(text.slice(from, at), html`<mark>${text.slice(at, at + length)}</mark>`);
    at += length;
    from = at;
  }
  return [...parts, text.slice(from)];
}
