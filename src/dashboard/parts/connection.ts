import type { ClusterStatus, ConnectionChange } from '../../domain/cluster-status.ts';
import { outagesOf } from './outages.ts';
import { html, type View } from '../../html/html.ts';
import { momentTag, timeTag } from '../../html/time.ts';
import { spokenDuration } from '../../lib/format.ts';
import { oneLine, plural } from '../../lib/text.ts';

/** So far back outages are summed up, days. */
const lookBackDays = 7;
/** The newest so many changes are listed. */
const maxRows = 50;

/** How the connection of a cluster went: how often it was lost and for how long, then its changes, newest first. */
export function connectionSection(status: ClusterStatus, changes: readonly ConnectionChange[], now: number): View {
  const { reconnects, retryAt } = status;
  return html`<section aria-labelledby="connection">
    <h2 id="connection">Connection</h2>
    ${outagesLine(changes, now)}
    <p class="meta">
      ${reconnects === 0 ? 'Never made anew' : `Made anew ${plural(reconnects, 'time')}`} since the daemon
      began${retryAt === null ? '.' : html`; the next attempt is ${timeTag(retryAt, now)}.`}
    </p>
    ${
      changes.length === 0
        ? null
        : html`<table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">State</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              ${changes.slice(0, maxRows).map(changeRow)}
            </tbody>
          </table>`
    }
  </section>`;
}

function outagesLine(changes: readonly ConnectionChange[], now: number): View {
  const outages = outagesOf(changes, now - lookBackDays * 86_400_000, now);
  if (outages === null) return null;
  const { count, totalMs, ongoing, since } = outages;
  const lost = count === 0 ? 'Never lost' : `Lost ${plural(count, 'time')}, ${spokenDuration(totalMs)} in all`;
  return html`<p>${lost} since ${momentTag(since)}${ongoing ? ', and it is lost now' : null}.</p>`;
}

function changeRow({ at, state, source, error, atStart }: ConnectionChange): View {
  const began = atStart ? 'nightcrier started' : null;
  return html`<tr>
    <td class="short" data-label="When">${momentTag(at)}</td>
    <td class="short" data-label="State">${state}${state === 'active' ? `, by ${source}` : null}</td>
    <td data-label="Why">
      ${error === null ? began : html`${oneLine(error.message, 300)} <code>${error.code}</code>`}
    </td>
  </tr>`;
}
