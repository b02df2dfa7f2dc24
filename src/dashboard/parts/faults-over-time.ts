import { html, type View } from '../../html/html.ts';
import { momentTag } from '../../html/time.ts';
import type { FaultRate, HistoryReader } from '../../domain/history.ts';
import { spokenDuration } from '../../lib/format.ts';
import { plural } from '../../lib/text.ts';
import { clusterPath } from './fleet.ts';

/** Bars of a picture. */
const bars = 48;
/** Clusters with a colour of their own; what others received is one more. */
const coloured = 5;

export interface FaultsOverTime {
  /** Ms since the epoch. */
  readonly now: number;
  /** How far back it goes. */
  readonly hours: number;
  /** One alone; null: all. */
  readonly cluster: string | null;
}

/** Faults received over time by cluster: a picture, what it shows in a sentence, and the same as a table. */
export async function faultsOverTime(
  history: Pick<HistoryReader, 'faultRates'>,
  { now, hours, cluster }: FaultsOverTime,
): Promise<View> {
  const stretchMs = Math.ceil((hours * 3_600_000) / bars);
  const since = (Math.floor(now / stretchMs) + 1 - bars) * stretchMs;
  const query = { since, stretchMs, clusters: coloured, ...(cluster !== null && { cluster }) };
  const span = hours < 48 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
  return faultChart(await history.faultRates(query), { since, stretchMs, span });
}

interface Axis {
  readonly since: number;
  readonly stretchMs: number;
  /** `24 hours`. */
  readonly span: string;
}

interface Series {
  readonly name: string;
  readonly style: string;
  readonly total: number;
}

interface Bar {
  readonly from: number;
  readonly total: number;
  /** In the order of the series. */
  readonly counts: readonly number[];
}

function faultChart(rates: readonly FaultRate[], axis: Axis): View {
  const heading = html`<h2 id="faults-title">Faults in the last ${axis.span}</h2>`;
  const series = seriesOf(rates);
  if (series.length === 0) {
    return html`<section class="section" aria-labelledby="faults-title">
      ${heading}
      <p class="empty">No fault was received.</p>
    </section>`;
  }
  const shown = barsOf(rates, series, axis);
  const most = Math.max(...shown.map(({ total }) => total));
  return html`<section class="section" aria-labelledby="faults-title">
    ${heading}
    <figure class="chart">
      <svg
        viewBox="0 0 ${bars * 10} 100"
        preserveAspectRatio="none"
        role="img"
        aria-labelledby="chart-title chart-text"
      >
        <title id="chart-title">Faults in the last ${axis.span} by cluster</title>
        <desc id="chart-text">${inWords(shown, series)}</desc>
        ${shown.map((bar, at) => barShape(bar, { at, most, series }))}
      </svg>
      <p class="chart-axis">
        ${momentTag(axis.since)}<span>most: ${most} in ${spokenDuration(axis.stretchMs)}</span>
        <span>now</span>
      </p>
      <figcaption>${legend(series)}</figcaption>
    </figure>
    ${asTable(shown, series)}
  </section>`;
}

/** Clusters by what they received, the most first; those that are not told apart are last. */
function seriesOf(rates: readonly FaultRate[]): Series[] {
  const totals = new Map<string, number>();
  for (const { cluster, count } of rates) totals.set(cluster, (totals.get(cluster) ?? 0) + count);
  return [...totals]
    .sort(([a, inA], [b, inB]) => Number(a === '') - Number(b === '') || inB - inA || (a < b ? -1 : 1))
    .map(([name, total], at) => ({ name, total, style: name === '' ? 'others' : `series-${(at % coloured) + 1}` }));
}

function barsOf(rates: readonly FaultRate[], series: readonly Series[], { since, stretchMs }: Axis): Bar[] {
  const counted = new Map<string, number>();
  for (const { cluster, from, count } of rates) {
    // The store may have made stretches longer than what was asked for.
    const key = `${Math.floor((from - since) / stretchMs)} ${cluster}`;
    counted.set(key, (counted.get(key) ?? 0) + count);
  }
  return Array.from({ length: bars }, (_, at) => {
    const counts = series.map(({ name }) => counted.get(`${at} ${name}`) ?? 0);
    return { from: since + at * stretchMs, counts, total: counts.reduce((sum, count) => sum + count, 0) };
  });
}

interface Place {
  readonly at: number;
  readonly most: number;
  readonly series: readonly Series[];
}

/** One bar, its pieces one above the other; one fault beside thousands is still seen. */
function barShape({ from, total, counts }: Bar, { at, most, series }: Place) {
  const heights = counts.map((count) => (count === 0 ? 0 : Math.max(1.5, (count / most) * 100)));
  const tall = heights.reduce((sum, height) => sum + height, 0);
  const scale = tall > 100 ? 100 / tall : 1;
  let top = 100;
  const pieces = heights.map((height, index) => {
    if (height === 0) return null;
    top -= height * scale;
    const place = { x: at * 10 + 1, y: rounded(top), width: 8, height: rounded(height * scale) };
    return html`<rect class=${series[index]?.style} ...${place} />`;
  });
  const utc = new Date(from).toISOString();
  const words = `${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC: ${plural(total, 'fault')}`;
  return html`<g>
    <title>${words}</title>
    <rect class="ground" x=${at * 10} y="0" width="10" height="100" />
    ${pieces}
  </g>`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** What the picture shows, for who does not see it. */
function inWords(shown: readonly Bar[], series: readonly Series[]): string {
  const total = series.reduce((sum, one) => sum + one.total, 0);
  const peak = shown.reduce((most, bar) => (bar.total > most.total ? bar : most));
  const clusters = series.map((one) => `${nameOf(one)} ${one.total}`).join(', ');
  const at = new Date(peak.from).toISOString();
  return `${plural(total, 'fault')}: ${clusters}. Most at ${at.slice(0, 10)} ${at.slice(11, 16)} UTC: ${peak.total}.`;
}

function legend(series: readonly Series[]) {
  return html`<ul class="legend">
    ${series.map(
      (one) =>
        html`<li>
          <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
            <rect class=${one.style} width="10" height="10" />
          </svg>
          ${clusterLink(one)} <b>${one.total}</b>
        </li>`,
    )}
  </ul>`;
}

function asTable(shown: readonly Bar[], series: readonly Series[]) {
  const some = shown.filter(({ total }) => total > 0);
  return html`<details class="chart-table">
    <summary>As a table</summary>
    <div class="table-wrap">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">All</th>
            ${series.map((one) => html`<th scope="col">${nameOf(one)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${some.map(
            ({ from, total, counts }) =>
              html`<tr>
                <th scope="row">${momentTag(from)}</th>
                <td data-label="All">${total}</td>
                ${counts.map((count, at) => html`<td data-label=${nameOf(series[at])}>${count}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function nameOf(series: Series | undefined): string {
  return series === undefined || series.name === '' ? 'other clusters' : series.name;
}

function clusterLink(series: Series): View {
  if (series.name === '') return nameOf(series);
  return html`<a href=${clusterPath(series.name)}>${series.name}</a>`;
}
