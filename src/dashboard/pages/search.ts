import { html, later, type View } from '../../html/html.ts';
import { timeTag } from '../../html/time.ts';
import { type Found, searchWords } from '../../domain/history.ts';
import { oneLine, plural } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import { faultsOverTime } from '../parts/faults-over-time.ts';
import { incidentPath } from '../parts/incident-row.ts';

/** Results of one page: who wants others adds a word. */
const most = 100;
/** Without words the page shows how much came in so long. */
const hours = 7 * 24;

/** `/search?q=`: everything that is kept of incidents and faults, by any words of it. */
export const searchPage: Page = async ({ query, now }, { history }) => {
  const text = (query.get('q') ?? '').slice(0, 500);
  const words = searchWords(text);
  const found = words.length === 0 ? [] : await history.search({ text, limit: most });
  return {
    title: words.length === 0 ? 'Search' : `Search: ${oneLine(text, 80)}`,
    section: 'Search',
    main: html`<h1>Search</h1>
      ${searchForm(text)}
      ${words.length === 0 ? await faultsOverTime(history, { now, hours, cluster: null }) : results(found, words, now)}`,
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

function results(found: readonly Found[], words: readonly string[], now: number): View {
  if (found.length === 0) {
    return html`<p class="empty" role="status">
      <b>Nothing that is kept has all of these words.</b>What is older than storage.retention is not kept.
    </p>`;
  }
  const said =
    found.length === most ? `The ${most} newest; another word leaves fewer.` : plural(found.length, 'result');
  return html`<p class="meta" role="status">${said}</p>
    <ol class="rows">
      ${found.map((one) => later(() => row(one, words, now)))}
    </ol>`;
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
