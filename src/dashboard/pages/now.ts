import { html } from '../../html/html.ts';
import { ageTag } from '../../html/time.ts';
import type { StandingIncident } from '../../domain/history.ts';
import { oneLine } from '../../lib/text.ts';
import { causeLine } from '../parts/incident-state.ts';
import { severityMark } from '../parts/severity.ts';
import type { PageContext } from '../frame/page.ts';
import { actForm } from '../parts/act-form.ts';
import type { Page } from '../frame/handlers.ts';

/** What stands now. */
export const nowPage: Page = async (context, { history }) => {
  const { items } = await history.standing({ limit: 100 });
  return {
    title: 'Now',
    section: 'Now',
    live: ['incident', 'connection', 'silence'],
    main: html`<h1>Now</h1>
      <ol class="rows">
        ${items.map((standing) => row(standing, context))}
      </ol>`,
  };
};

function row({ incident, since }: StandingIncident, { now, csrf, path, viewer }: PageContext) {
  const address = `/i/${encodeURIComponent(incident.id)}`;
  return html`<li class="row" data-row data-incident=${incident.id}>
    ${severityMark(incident.severity)}
    <div>
      <a class="object" href=${address}>${oneLine(incident.title, 200)}</a>
      <p class="cause">${causeLine(incident, now)}</p>
    </div>
    <div class="place"><b>${incident.cluster}</b></div>
    <div class="since">${ageTag(since, now)}</div>
    <div class="acts">
      ${viewer.mayAct && !incident.acknowledged ? actForm({ action: `${address}/ack`, label: 'Acknowledge', csrf, back: path, keyShortcut: 'a', about: oneLine(incident.title, 200) }) : null}
    </div>
  </li>`;
}
