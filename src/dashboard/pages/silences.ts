import { html, type View } from '../../html/html.ts';
import { momentTag, timeTag } from '../../html/time.ts';
import type { Silence } from '../../domain/fault.ts';
import { matcherText } from '../../domain/silence/matchers.ts';
import { fitsSilenceFilter, type SilenceFilter } from '../../domain/silence/silence-filter.ts';
import { type SilenceState, silenceState, silenceStates } from '../../domain/silence/silences.ts';
import { oneLine } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import type { PageContext } from '../frame/page.ts';
import { actForm } from '../parts/act-form.ts';

/** Of those that have ended, the newest: beside others, and where they are asked for. */
const maxEnded = 20;
const maxAskedEnded = 200;
const durations = ['1h', '4h', '1d', '7d'] as const;

/** `/silences?matchers=&state=&cluster=&author=&q=`: what nobody is told of, and until when; to end one, and to make one. */
export const silencesPage: Page = async (context, { reader }) => {
  const { now, viewer, query } = context;
  const asked = readFilter(query);
  const all = (await reader.silences()).filter((silence) => fitsSilenceFilter(silence, asked, now));
  const ended = all.filter((silence) => silenceState(silence, now) === 'ended');
  const held = all.filter((silence) => silenceState(silence, now) !== 'ended').sort((a, b) => endOf(a) - endOf(b));
  return {
    title: 'Silences',
    section: 'Silences',
    live: ['silence'],
    main: html`<h1>Silences</h1>
      <p class="meta">
        Of faults that fit one nobody is told. What still stands when it ends is told then.${' '}
        <a href="/not-told?outcome=muted">What they held back</a>.
      </p>
      ${filterForm(asked)} ${heldList(held, asked, context)}
      ${viewer.mayAct ? newForm(context, query.get('matchers') ?? '') : null} ${endedList(ended, asked, context)}`,
  };
};

function readFilter(query: URLSearchParams): SilenceFilter {
  const text = (name: string, most: number): string => oneLine(query.get(name) ?? '', most);
  const state = silenceStates.find((one) => one === query.get('state'));
  return { state, cluster: text('cluster', 63), author: text('author', 100), text: text('q', 200) };
}

function isFiltered({ state, cluster, author, text }: SilenceFilter): boolean {
  return state !== undefined || cluster !== '' || author !== '' || text !== '';
}

const stateNames: Readonly<Record<SilenceState, string>> = {
  active: 'hold now',
  pending: 'begin later',
  ended: 'have ended',
};

function filterForm({ state, cluster, author, text }: SilenceFilter) {
  const names = [...silenceStates].map(
    (one) => html`<option value=${one} selected=${one === state}>${stateNames[one]}</option>`,
  );
  return html`<form class="filters" method="get" action="/silences">
    <label>
      Those that
      <select name="state">
        <option value="">are kept</option>
        ${names}
      </select>
    </label>
    <label
      >May concern cluster <input name="cluster" value=${cluster} maxlength="63" autocomplete="off" spellcheck="false"
    /></label>
    <label>By whom <input name="author" value=${author} maxlength="100" autocomplete="off" spellcheck="false" /></label>
    <label>Words <input name="q" value=${text} maxlength="200" autocomplete="off" spellcheck="false" /></label>
    <button>Show</button>
  </form>`;
}

function heldList(held: readonly Silence[], asked: SilenceFilter, context: PageContext): View {
  if (held.length > 0) return list(held, context);
  if (asked.state === 'ended') return null;
  return isFiltered(asked)
    ? html`<p class="empty" role="status">
        <b>No silence that has not ended fits.</b><a href="/silences">Show all</a>
      </p>`
    : html`<p class="empty"><b>Nothing is silenced.</b></p>`;
}

function endOf({ endsAt }: Silence): number {
  return endsAt ?? Infinity;
}

function list(silences: readonly Silence[], context: PageContext) {
  return html`<ol class="rows">
    ${silences.map((silence) => row(silence, context))}
  </ol>`;
}

function row(silence: Silence, { now, viewer, csrf }: PageContext) {
  const { id, source, matchers, startsAt, endsAt, author, comment, endedBy } = silence;
  const state = silenceState(silence, now);
  const text = matchers.map(matcherText).join(', ');
  const begins = state === 'pending' ? html`from ${momentTag(startsAt)} ` : null;
  const ends = endsAt === null ? 'as long as it stands in the configuration' : html`until ${momentTag(endsAt)}`;
  const by = endedBy === null ? null : ` · ended by ${oneLine(endedBy, 100)}`;
  const mayEnd = viewer.mayAct && state !== 'ended' && source === 'api';
  return html`<li class="row silence-row" data-row>
    <div>
      <code class="object">${oneLine(text, 1000)}</code>
      <p class="cause">${oneLine(comment, 500)}</p>
      <p class="meta">${begins}${ends}${by}</p>
    </div>
    <div class="place">${source === 'api' ? oneLine(author, 100) : 'configuration'}</div>
    <div class="since">${endsAt === null ? null : timeTag(endsAt, now)}</div>
    <div class="acts">${mayEnd ? endForm(id, text, csrf) : null}</div>
  </li>`;
}

function endForm(id: string, text: string, csrf: string) {
  const action = `/silences/${encodeURIComponent(id)}/end`;
  return actForm({ action, label: 'End now', csrf, back: '/silences', about: oneLine(text, 200) });
}

function newForm({ csrf }: PageContext, matchers: string) {
  return html`<section class="section" aria-labelledby="new-silence">
    <h2 id="new-silence">Silence something</h2>
    <form class="fields" method="post" action="/silences">
      <input type="hidden" name="csrf" value=${csrf} />
      <input type="hidden" name="back" value="/silences" />
      <div class="field">
        <label for="matchers">What: all of these have to fit</label>
        <textarea
          id="matchers"
          name="matchers"
          rows="3"
          required
          maxlength="2000"
          spellcheck="false"
          aria-describedby="matchers-hint"
        >
${matchers.slice(0, 2000)}</textarea>
        <small id="matchers-hint">
          One a line, such as <code>cluster=prod-eu</code>, <code>namespace=~"dev-.*"</code>,${' '}
          <code>severity!=critical</code>. Names: cluster, environment, namespace, kind, name, owner, fault_type,
          family, severity, and labels of clusters.
        </small>
      </div>
      <div class="field">
        <label for="duration">For how long</label>
        <input id="duration" name="duration" value="2h" required list="durations" autocomplete="off" />
        <datalist id="durations">${durations.map((duration) => html`<option value=${duration}></option>`)}</datalist>
      </div>
      <div class="field">
        <label for="comment">Why</label>
        <input id="comment" name="comment" required maxlength="500" autocomplete="off" />
      </div>
      <button class="main">Silence</button>
    </form>
  </section>`;
}

function endedList(ended: readonly Silence[], asked: SilenceFilter, context: PageContext): View {
  const isAsked = asked.state === 'ended';
  if (ended.length === 0) {
    return isAsked ? html`<p class="empty" role="status"><b>No silence that has ended fits.</b></p>` : null;
  }
  const newest = [...ended].sort((a, b) => endOf(b) - endOf(a)).slice(0, isAsked ? maxAskedEnded : maxEnded);
  return html`<details class="section" open=${isAsked}>
    <summary>Ended: the newest ${newest.length}</summary>
    ${list(newest, context)}
  </details>`;
}
