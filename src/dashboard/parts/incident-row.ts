import { html, type View } from '../../html/html.ts';
import { ageTag, timeTag } from '../../html/time.ts';
import type { StandingIncident } from '../../domain/history.ts';
import type { Incident } from '../../domain/records.ts';
import { impactShort } from '../../domain/verdict/impact-words.ts';
import type { Viewer } from '../../domain/people/viewer.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { actForm } from './act-form.ts';
import { clusterPath } from './fleet.ts';
import { causeLine, stateWords } from './incident-state.ts';
import { severityMark } from './severity.ts';

/** Of the page that it is on. */
export interface RowContext {
  readonly viewer: Pick<Viewer, 'mayAct'>;
  readonly csrf: string;
  readonly path: string;
  readonly now: number;
}

/** What stands, as a line of a list: what, why, where, since when, how often, who has it, and what can be done. */
export function incidentRow(standing: StandingIncident, context: RowContext) {
  const { incident, since } = standing;
  const { now } = context;
  return html`<li class="row" data-row data-incident=${incident.id} key=${incident.id} id=${incident.id}>
    ${severityMark(incident.severity)}
    <div>
      <a class="object" href=${incidentPath(incident.id)}>${oneLine(incident.title, 200)}</a>
      <p class="cause">${causeLine(incident, now)}</p>
      ${notes(standing, now)}
    </div>
    <div class="place">
      <a href=${clusterPath(incident.cluster)}>${incident.cluster}</a>
      ${incident.environment === null ? null : html` <span>${oneLine(incident.environment, 60)}</span>`}
    </div>
    <div class="since">${ageTag(since, now)}</div>
    <div class="acts">${acts(incident, context)}</div>
  </li>`;
}

export function incidentPath(id: string): string {
  return `/i/${encodeURIComponent(id)}`;
}

/** What is known beside the cause, each only where it says something. */
function notes({ incident, faults, mutedUntil }: StandingIncident, now: number): View {
  const { acknowledged, storm, fleet, reopened, status, cause } = incident;
  const said: View[] = [
    impactNote(incident, now),
    acknowledged
      ? html`<b>${oneLine(acknowledged.by, 60)}</b> has it in hand for ${ageTag(acknowledged.at, now)}`
      : null,
    cause === null ? null : status === 'reported' ? null : stateWords(incident, now),
    faults > 1 ? plural(faults, 'fault') : null,
    reopened > 0 ? `reopened ${plural(reopened, 'time')}` : null,
    storm === undefined ? null : `stands for ${plural(storm.members, 'incident')}`,
    fleet === undefined ? null : 'the same in other clusters',
    mutedUntil === null ? null : mutedWords(mutedUntil, now),
  ].filter((one) => one !== null);
  if (said.length === 0) return null;
  return html`<p class="meta">${said.map((one, at) => html`${at === 0 ? null : ' · '}<span>${one}</span>`)}</p>`;
}

/** What still serves, and how long ago that was read. */
function impactNote({ impact }: Incident, now: number): View {
  const short = impact ? impactShort(impact) : null;
  if (!impact || short === null) return null;
  return impact.at === null ? short : html`${short}, read ${timeTag(impact.at, now)}`;
}

function mutedWords(until: number, now: number): View {
  return Number.isFinite(until) ? html`silenced, ends ${timeTag(until, now)}` : 'silenced without an end';
}

function acts({ id, title, acknowledged }: Incident, { viewer, csrf, path }: RowContext): View {
  if (!viewer.mayAct || acknowledged) return null;
  const about = oneLine(title, 200);
  return actForm({
    action: `${incidentPath(id)}/ack`,
    label: 'Acknowledge',
    csrf,
    back: path,
    keyShortcut: 'a',
    about,
  });
}
