import { html, type View } from '../../html/html.ts';
import { timeTag } from '../../html/time.ts';
import type { Counters } from '../../domain/records.ts';
import type { StandingProblem } from '../../domain/wire/cluster.ts';
import { oneLine, plural } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import { clusterGroups, clusterMark, clusterPath, connectionWords, type FleetMember, fleetOf } from '../parts/fleet.ts';
import { pager } from '../parts/pager.ts';

const perPage = 100;
/** Characters of a filter: each word of it is looked for in every cluster. */
const longestFilter = 200;

/** All clusters, what is not well first. */
export const clustersPage: Page = async ({ query, now }, { directory, reader, problems }) => {
  const [counters, standing] = await Promise.all([reader.counters(), problems()]);
  const members = fleetOf(directory.statuses(), counters);
  const fitting = sorted(members.filter((member) => fits(member, query)));
  const from = Math.max(0, Math.floor(Number(query.get('from') ?? 0)) || 0);
  const shown = fitting.slice(from, from + perPage);
  const next = from + perPage < fitting.length ? String(from + perPage) : null;
  return {
    title: 'Clusters',
    section: 'Clusters',
    live: ['connection', 'incident'],
    main: html`<div class="heading">
        <h1>Clusters</h1>
        <p class="figures">
          <span><b>${fitting.length}</b> of ${plural(members.length, 'cluster')}</span>
        </p>
      </div>
      ${filters(query)}
      ${
        shown.length === 0
          ? html`<p class="empty"><b>No cluster fits.</b> <a href="/clusters">Show all</a></p>`
          : html`<ul class="rows">
              ${shown.map((member) => row(member, { counters, problems: standing, now }))}
            </ul>`
      }
      ${pager({ path: '/clusters', query, name: 'from', next })}`,
  };
};

function fits({ status, group }: FleetMember, query: URLSearchParams): boolean {
  const wanted = query.get('is') ?? '';
  if (wanted !== '' && group !== wanted) return false;
  const words = (query.get('q') ?? '').slice(0, longestFilter).toLowerCase().split(/\s+/);
  const labels = Object.entries(status.labels).map(([name, value]) => `${name}=${value}`);
  const text = [status.cluster, status.environment ?? '', ...labels].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

function sorted(members: readonly FleetMember[]): FleetMember[] {
  const rank = ({ group }: FleetMember): number => clusterGroups.indexOf(group);
  const names = new Intl.Collator('en', { numeric: true });
  return members.toSorted((a, b) => rank(a) - rank(b) || names.compare(a.status.cluster, b.status.cluster));
}

function filters(query: URLSearchParams) {
  const [text, is] = [(query.get('q') ?? '').slice(0, longestFilter), query.get('is') ?? ''];
  return html`<form class="filters" method="get" action="/clusters" role="search" aria-label="Filter clusters">
    <label>
      Name, environment or label
      <input type="search" name="q" value=${text} maxlength=${longestFilter} autocomplete="off" />
    </label>
    <label>
      State
      <select name="is">
        <option value="">all</option>
        ${clusterGroups.map((group) => html`<option value=${group} selected=${group === is}>${group}</option>`)}
      </select>
    </label>
    <button>Filter</button>
    ${text === '' && is === '' ? null : html`<a href="/clusters">Show all</a>`}
  </form>`;
}

interface Beside {
  readonly counters: Counters;
  readonly problems: readonly StandingProblem[];
  readonly now: number;
}

function row({ status, group }: FleetMember, { counters, problems, now }: Beside) {
  const { cluster, environment, lastEvent, source } = status;
  const own = problems.filter((problem) => problem.cluster === cluster);
  return html`<li class="row cluster-row" data-row key=${cluster}>
    <div class="cluster">
      <a class="object" href=${clusterPath(cluster)}>${cluster}</a>
      ${environment === null ? null : html`<p class="meta">${oneLine(environment, 60)}</p>`}
    </div>
    <div>${clusterMark(group)}</div>
    <div>
      <p>
        ${connectionWords(status, now)}${status.state === 'active' ? html` <span class="meta">by ${source}</span>` : null}
      </p>
      ${own.length === 0 ? null : html`<p class="cause">${oneLine(own[0]?.message ?? '', 200)}</p>`}
    </div>
    <div class="since">
      ${standingWords(cluster, counters)}
      <p class="meta">${lastEvent === null ? 'no fault yet' : html`last fault ${timeTag(lastEvent, now)}`}</p>
    </div>
  </li>`;
}

function standingWords(cluster: string, { liveIncidents }: Counters): View {
  const own = liveIncidents.filter((one) => one.cluster === cluster);
  if (own.length === 0) return 'nothing stands';
  const count = own.reduce((sum, one) => sum + one.count, 0);
  const critical = own.find(({ severity }) => severity === 'critical')?.count ?? 0;
  return html`<a href=${`/?cluster=${encodeURIComponent(cluster)}`}>${plural(count, 'incident')}</a>${
      critical === 0 ? null : html`, <b class="mark-error">${critical} critical</b>`
    }`;
}
