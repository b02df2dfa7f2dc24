import type { ClusterStatus, ConnectionSpan } from '../../domain/cluster-status.ts';
import { outagesOf } from './outages.ts';
import { html, type View } from '../../html/html.ts';
import { momentTag, timeTag } from '../../html/time.ts';
import { spokenDuration } from '../../lib/format.ts';
import { oneLine, plural } from '../../lib/text.ts';

/** So far back outages are summed up, days. */
const lookBackDays = 7;
/** A restart, or a new way to the cluster, takes less, ms. */
const minUnknownMs = 60_000;
/** The newest so many spans are listed. */

const maxRows = 50;

/** How the connection of a cluster went: how often it was lost and for how long, then when it was heard and when not, newest first. */
export function connectionSection(status: ClusterStatus, spans: readonly ConnectionSpan[], now: number): View {
  const { reconnects, retryAt } = status;
  return html`<section aria-labelledby="connection">
    <h2 id="connection">Connection</h2>
    ${outagesLine(spans, now)}
    <p class="meta">
      ${reconnects === 0 ? 'Never made anew' : `Made anew ${plural(reconnects, 'time')}`} since the daemon
      began${retryAt === null ? '.' : html`; the next attempt is ${timeTag(retryAt, now)}.`}
    </p>
    ${
      spans.length === 0
        ? null
        : html`<table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">Until</th>
                <th scope="col">State</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              ${spans.slice(0, maxRows).map(spanRow)}
            </tbody>
          </table>`
    }
  </section>`;
}

function outagesLine(spans: readonly ConnectionSpan[], now: number): View {
  const outages = outagesOf(spans, now - lookBackDays * 86_400_000, now);
  if (outages === null) return null;
  const { count, totalMs, ongoing, unknownMs, since } = outages;
  const lost = `Not heard ${plural(count, 'time')}, ${spokenDuration(totalMs)} in all,`;
  const how = `${count === 0 ? 'Never lost' : lost} since `;
  const still = ongoing ? '; it is not heard now' : '';
  const away = `. Besides, for ${spokenDuration(unknownMs)} nightcrier did not run or was not connecting`;
  return html`<p>${how}${momentTag(since)}${still}${unknownMs < minUnknownMs ? '' : away}.</p>`;
}

function spanRow({ from, until, state, source, error }: ConnectionSpan): View {
  return html`<tr>
    <td class="short" data-label="From">${momentTag(from)}</td>
    <td class="short" data-label="Until">${until === null ? 'now' : momentTag(until)}</td>
    <td class="short" data-label="State">${state === 'active' ? `heard, by ${source}` : 'not heard'}</td>
    <td data-label="Why">${error === null ? null : html`${oneLine(error.message, 300)} <code>${error.code}</code>`}</td>
  </tr>`;
}
