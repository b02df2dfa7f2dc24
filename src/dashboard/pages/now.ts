import { html, later, type View } from '../../html/html.ts';
import { severities, type Severity } from '../../domain/fault.ts';
import type { StandingCount, StandingIncident } from '../../domain/history.ts';
import { plural } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import type { PageContext } from '../frame/page.ts';
import { faultsOverTime } from '../parts/faults-over-time.ts';
import { type FleetMember, fleetOf, fleetStrip } from '../parts/fleet.ts';
import { incidentRow } from '../parts/incident-row.ts';
import { pager } from '../parts/pager.ts';

const perPage = 100;

/** What stands now, worst first, and how the clusters are. */
export const nowPage: Page = async (context, { history, directory }) => {
  const { now, query } = context;
  const filter = filterOf(query);
  const after = query.get('after');
  const asked = { ...filter, limit: perPage, at: now, ...(after === null ? {} : { after }) };
  const [{ items, next }, counts, picture] = await Promise.all([
    history.standing(asked),
    history.standingCounts(),
    faultsOverTime(history, { now, hours: 24, cluster: filter.cluster ?? null }),
  ]);
  const members = fleetOf(directory.statuses(), counts);
  return {
    title: title(counts),
    section: 'Now',
    live: ['incident', 'connection', 'silence'],
    main: html`<div class="heading">
        <h1>Now</h1>
        ${figures(counts)}
      </div>
      ${members.length === 0 ? null : fleetStrip(members)} ${filters(filter)} ${list(items, context, members)}
      ${pager({ path: '/', query, name: 'after', next })} ${picture}`,
  };
};

interface Filter {
  readonly cluster?: string;
  readonly severity?: Severity;
}

function filterOf(query: URLSearchParams): Filter {
  const cluster = query.get('cluster')?.trim().slice(0, 63) ?? '';
  const severity = severities.find((one) => one === query.get('severity'));
  return { ...(cluster === '' ? {} : { cluster }), ...(severity === undefined ? {} : { severity }) };
}

/** What a tab says while another one is looked at. */
function title(counts: readonly StandingCount[]): string {
  const count = counts.reduce((sum, one) => sum + one.count, 0);
  return count === 0 ? 'Now' : `(${count}) Now`;
}

function figures(standing: readonly StandingCount[]) {
  const worst = severities.toReversed();
  const counts = worst.map((severity) => ({
    severity,
    count: standing.filter((one) => one.severity === severity).reduce((sum, one) => sum + one.count, 0),
  }));
  return html`<p class="figures">
    ${counts
      .filter(({ count }) => count > 0)
      .map(
        ({ severity, count }) =>
          html`<a class=${severity === 'critical' ? 'loud' : undefined} href=${`/?severity=${severity}`}
            ><b>${count}</b> ${severity}</a
          >`,
      )}
  </p>`;
}

function filters({ cluster, severity }: Filter) {
  return html`<form class="filters" method="get" action="/" role="search" aria-label="Filter what stands">
    <label>Cluster <input name="cluster" value=${cluster ?? ''} maxlength="63" autocomplete="off" /></label>
    <label>
      Severity
      <select name="severity">
        <option value="">all</option>
        ${severities.toReversed().map((one) => html`<option value=${one} selected=${one === severity}>${one}</option>`)}
      </select>
    </label>
    <button>Filter</button>
    ${cluster === undefined && severity === undefined ? null : html`<a href="/">Show all</a>`}
  </form>`;
}

function list(items: readonly StandingIncident[], context: PageContext, members: readonly FleetMember[]): View {
  if (items.length === 0) return nothing(context.query, members);
  return html`<ol class="rows" aria-label="What stands, worst first">
    ${items.map((standing) => later(() => incidentRow(standing, context)))}
  </ol>`;
}

/** Nothing stands: what that is worth depends on who is heard. */
function nothing(query: URLSearchParams, members: readonly FleetMember[]) {
  if ([...query.values()].some((value) => value !== '')) {
    return html`<p class="empty"><b>Nothing stands that fits.</b> <a href="/">Show all</a></p>`;
  }
  const blind = members.filter(({ group }) => group === 'blind').length;
  const heard = plural(members.length - blind, 'cluster');
  return html`<p class="empty">
    <b>${blind === 0 ? 'Nothing stands.' : 'Nothing stands, as far as can be seen.'}</b>
    ${blind === 0 ? `${heard} connected.` : `${heard} connected, ${blind} not: what is wrong there is not known.`}
  </p>`;
}
