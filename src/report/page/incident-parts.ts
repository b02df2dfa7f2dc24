import type { Incident, Run } from '../../domain/records.ts';
import { html, type View } from '../../html/html.ts';
import { momentTag, timeTag } from '../../html/time.ts';
import { fileSize, spokenDuration, spokenUsd } from '../../lib/format.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { fileWords } from '../evidence/file-words.ts';
import type { IncidentReport, RelatedLine } from '../model/incident-report.ts';
import type { Moment } from '../model/people-moments.ts';
import { answeredBy } from '../model/timeline.ts';
import type { FileLink } from './evidence-part.ts';

/** Gives the address of the page of an incident; null where there is none. */
export type IncidentLink = (id: string) => string | null;

const maxMoments = 60;
const maxFirst = 10;

/** What stays of what is left out: what people did, and that it ended or was opened again. */
const staying: ReadonlySet<Moment['kind']> = new Set(['person', 'incident', 'end']);

/** What happened, from the first fault to the end, the oldest first. */
export function timelinePart(moments: readonly Moment[]): View {
  const over = Math.max(0, moments.length - maxMoments);
  const between = moments.slice(maxFirst, maxFirst + over);
  const kept = between.filter(({ kind }) => staying.has(kind)).slice(-maxMoments);
  const shown = [...moments.slice(0, maxFirst), ...kept, ...moments.slice(maxFirst + over)];
  const cut = moments.length - shown.length;
  return html`<ol class="moments">
      ${shown.map(({ at, kind, words }) => {
        return html`<li class=${`moment-${kind}`}>${momentTag(at)} <span>${oneLine(words, 1000)}</span></li>`;
      })}
    </ol>
    ${cut > 0 ? html`<p class="meta">${plural(cut, 'moment')} between are not shown.</p>` : null}`;
}

/** What belongs to it: members, the same elsewhere, the same object before, others at the same time. */
export function relatedPart(report: IncidentReport, link: IncidentLink): View {
  const { members, elsewhere, sameObject, around, now } = report;
  const row = (incident: Incident): View =>
    html`<li>
      ${linked(incident.id, incident.title, link)} · ${incident.status} ·${' '}
      ${timeTag(incident.openedAt, now)}${incident.cause === null ? null : html`<br /><i>${oneLine(incident.cause, 300)}</i>`}
    </li>`;
  const groups: readonly (readonly [string, View])[] = [
    [`Members of the storm (${members.length})`, members.length === 0 ? null : lines(members, link)],
    ['The same in other clusters', elsewhere.length === 0 ? null : lines(elsewhere, link)],
    ['This object, before and after', sameObject.length === 0 ? null : html`${sameObject.map(row)}`],
    ['In this cluster at the same time', around.length === 0 ? null : html`${around.map(row)}`],
  ];
  const shown = groups.filter(([, items]) => items !== null);
  if (shown.length === 0) return null;
  return html`${shown.map(([title, items]) => {
    return html`<h3>${title}</h3>
      <ul class="related">
        ${items}
      </ul>`;
  })}`;
}

const maxLines = 100;

function lines(related: readonly RelatedLine[], link: IncidentLink): View {
  const rest = related.length - maxLines;
  return html`${related.slice(0, maxLines).map(({ incidentId, words }) => {
    return html`<li>${linked(incidentId, words, link)}</li>`;
  })}${rest > 0 ? html`<li>and ${rest} more</li>` : null}`;
}

function linked(id: string | null, words: string, link: IncidentLink): View {
  const href = id === null ? null : link(id);
  const shown = oneLine(words, 300);
  return href === null ? shown : html`<a href=${href}>${shown}</a>`;
}

/** The investigations, newest first: who, how long, what it cost. */
export function runsPart(runs: readonly Run[]): View {
  if (runs.length === 0) return html`<p>None yet.</p>`;
  return html`<div class="table-wrap">
    <table>
      <thead>
        <tr>
          ${['Asked for', 'By', 'Ended', 'Took', 'Cost'].map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${runs.slice(0, 50).map(runRow)}
      </tbody>
    </table>
  </div>`;
}

const triggers: Readonly<Record<Run['trigger'], string>> = {
  fault: 'by the fault',
  reopened: 'it was opened again',
  manual: 'by a person',
  new_evidence: 'new evidence',
};

function runRow(run: Run): View {
  const { result, createdAt, endedAt, trigger, requestedBy, status } = run;
  const asked = requestedBy ? `by ${oneLine(requestedBy, 100)}` : triggers[trigger];
  return html`<tr>
    <td data-label="Asked for">${momentTag(createdAt)} ${asked}</td>
    <td data-label="By">
      ${result === null ? status : oneLine(answeredBy(result), 300)}${
        result?.error ? html`<br /><i>${oneLine(result.error, 300)}</i>` : null
      }
    </td>
    <td data-label="Ended">${endedAt === null ? '–' : momentTag(endedAt)}</td>
    <td data-label="Took">${result === null ? '–' : spokenDuration(result.durationMs)}</td>
    <td data-label="Cost">${costWords(run)}</td>
  </tr>`;
}

/** `$0.42, 12,300 tokens`; no model costs nothing. */
function costWords({ result }: Run): string {
  if (result === null) return '–';
  const { tokens = null, usd = null } = result.usage ?? {};
  const money = usd === null ? [] : [spokenUsd(usd)];
  const count = tokens === null ? [] : [`${(tokens.input + tokens.output).toLocaleString('en')} tokens`];
  const all = [...money, ...count].join(', ');
  if (all !== '') return all;
  return result.agent === 'builtin' ? 'no model' : 'not counted';
}

const maxMessages = 50;

/** What was sent to whom, and what did not get there; nothing where nothing was to be sent. */
export function messagesPart(messages: readonly Moment[]): View {
  if (messages.length === 0) return null;
  const cut = messages.length - maxMessages;
  return html`<ul class="moments">
      ${messages.slice(-maxMessages).map(({ at, words }) => html`<li>${momentTag(at)} <span>${oneLine(words, 500)}</span></li>`)}
    </ul>
    ${cut > 0 ? html`<p class="meta">${plural(cut, 'earlier message')} not shown.</p>` : null}`;
}

/** Shown of the stored files; the rest is in the index that is stored with them. */
const maxFiles = 200;

/** The stored files, by what they hold: the report first, then evidence. */
export function filesPart({ files }: IncidentReport, link: FileLink): View {
  if (files.length === 0) return null;
  const sorted = files.toSorted((a, b) => Number(a.path.includes('/')) - Number(b.path.includes('/')));
  const rest = files.length - maxFiles;
  return html`<details open=${files.length <= 12}>
    <summary>${plural(files.length, 'file')}</summary>
    <ul class="files">
      ${sorted.slice(0, maxFiles).map(({ path, bytes }) => {
        const href = link(path);
        const words = fileWords(path);
        return html`<li>
          ${href === null ? words : html`<a href=${href}>${words}</a>`} <small>${fileSize(bytes)}</small>
        </li>`;
      })}${rest > 0 ? html`<li>and ${plural(rest, 'more file')}</li>` : null}
    </ul>
  </details>`;
}
