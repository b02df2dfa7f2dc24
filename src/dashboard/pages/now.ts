import { html } from '../../html/html.ts';
import { ageTag } from '../../html/time.ts';
import { isLive } from '../../domain/incident.ts';
import type { Incident } from '../../domain/records.ts';
import { oneLine } from '../../lib/text.ts';
import { causeLine } from '../parts/incident-state.ts';
import { severityMark } from '../parts/severity.ts';
import type { PageContext } from '../frame/page.ts';
import { actForm } from '../parts/act-form.ts';
import type { Page } from '../frame/handlers.ts';

/** What stands now. */
export const nowPage: Page = async (context, { reader }) => {
  const { items } = await reader.incidents({ limit: 200 });
  const standing = items.map(({ incident }) => incident).filter(({ status }) => isLive(status));
  return {
    title: 'Now',
    section: 'Now',
    live: ['incident', 'connection', 'silence'],
    main: html`<h1>Now</h1>
      <ol class="rows">
        ${standing.map((incident) => row(incident, context))}
      </ol>`,
  };
};

function row(incident: Incident, { now, csrf, path, viewer }: PageContext) {
  const address = `/i/${encodeURIComponent(incident.id)}`;
  return html`<li class="row" data-row data-incident=${incident.id}>
    ${severityMark(incident.severity)}
    <div>
      <a class="object" href=${address}>${oneLine(incident.title, 200)}</a>
      <p class="cause">${causeLine(incident, now)}</p>
    </div>
    <div class="place"><b>${incident.cluster}</b></div>
    <div class="since">${ageTag(incident.openedAt, now)}</div>
    <div class="acts">
      ${viewer.mayAct && !incident.acknowledged ? actForm({ action: `${address}/ack`, label: 'Acknowledge', csrf, back: path, keyShortcut: 'a', about: oneLine(incident.title, 200) }) : null}
    </div>
  </li>`;
}
