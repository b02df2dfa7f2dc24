import { html, type View } from '../../html/html.ts';
import { momentTag, timeTag } from '../../html/time.ts';
import { spokenDuration } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import { impactWords } from '../../domain/verdict/impact-words.ts';
import { confidenceWords } from '../../domain/verdict/confidence.ts';
import { toldStep } from '../model/answer-report.ts';
import type { Impact } from '../../domain/verdict/impact.ts';
import { saidOf } from '../../domain/history.ts';
import type { IncidentReport } from '../model/incident-report.ts';
import { latestResult } from '../model/status.ts';
import { causePart, type CommandBlock, stepItem, whichCluster } from './answer-parts.ts';

export interface GlanceOptions {
  readonly command: CommandBlock;
  /** What a person can do about who has it; null where nobody can act. */
  readonly takeIt: View;
}

/** What must be clear in ten seconds: whom it hurts, why, since when, who has it, what to do; before it stand what and where. */
export function glancePart(report: IncidentReport, { command, takeIt }: GlanceOptions) {
  return html`<dl class="glance">
    ${report.impact === null ? null : row('Impact', 'impact', impactPart(report.impact, report))}
    ${row('Why', 'why', whyPart(report))} ${row('Since', 'since', sincePart(report))}
    ${row('Who has it', 'who', whoPart(report, takeIt))}
    ${report.status.hasEnded ? null : row('What to do', 'do', doPart(report, command))}
  </dl>`;
}

function row(title: string, name: string, view: View) {
  return html`<div class=${name}>
    <dt>${title}</dt>
    <dd>${view}</dd>
  </div>`;
}

/** Whether it still serves, and when that was read: it may be otherwise now. */
function impactPart(impact: Impact, { object, now }: IncidentReport): View {
  const read = impact.at === null ? null : html` <span class="meta">Read ${timeTag(impact.at, now)}.</span>`;
  return html`<p>${oneLine(impactWords(impact, object), 800)}${read}</p>`;
}

function whyPart(report: IncidentReport): View {
  const { answer, incident, status, groupWords, answeredBy } = report;
  const group = groupWords === null ? null : html`<p>${oneLine(groupWords, 800)}</p>`;
  const by = answeredBy === null ? null : `Found by ${oneLine(answeredBy, 400)}.`;
  // The store of reports may not answer, or be emptied: the cause is kept apart from it.
  if (answer === null && incident.cause !== null)
    return html`${group}
      <p class="cause">${oneLine(incident.cause, 1000)}</p>
      ${incident.confidence === null ? null : html`<p class="confidence">${confidenceWords[incident.confidence]}.</p>`}
      ${by === null ? null : html`<p class="meta">${by}</p>`}${saidPart(report)}`;
  if (answer === null)
    return html`${group}
      <p class="cause">${oneLine(status.words, 1000)}</p>
      ${saidPart(report)}`;
  return html`${group}${causePart(answer, by)}${saidPart(report)}`;
}

/** What a person said last of the answer stands beside it. */
function saidPart({ feedback: [last], runs }: IncidentReport): View {
  if (last === undefined) return null;
  return html`<p><b>${oneLine(saidOf(last, runs), 800)}</b></p>`;
}

function sincePart({ since, incident, lastsMs, often, now, status }: IncidentReport): View {
  const lasts = spokenDuration(lastsMs);
  const phrases = often.map((phrase) => oneLine(phrase, 200)).join(', ');
  const more =
    phrases === '' ? null : html`<p class="meta">${`${phrases.charAt(0).toUpperCase()}${phrases.slice(1)}`}.</p>`;
  if (incident.resolvedAt === null)
    return html`<p>${momentTag(since)}, for <b>${lasts}</b></p>
      ${more}`;
  const end = html`<p><b>${oneLine(status.words, 900)}</b> ${timeTag(incident.resolvedAt, now)}</p>`;
  return html`<p>${momentTag(since)}, for <b>${lasts}</b></p>
    ${end}${more}`;
}

function doPart(report: IncidentReport, command: CommandBlock): View {
  const { answer } = report;
  if (answer === null) return doWithoutReport(report, command);
  const [first] = answer.steps;
  if (first === undefined)
    return html`<p>${answer.isFault ? 'Nothing is proposed: no cause is shown.' : 'Nothing.'}</p>`;
  return html`${askFirst(report)}${stepItem(first, command)}${whichCluster([first], answer.cluster)}`;
}

/** Who has it may be doing something else than what is proposed. */
function askFirst({ inHand }: IncidentReport): View {
  return inHand === null ? null : html`<p>Ask ${oneLine(inHand.by, 100)} first, who has it in hand.</p>`;
}

function doWithoutReport({ status, runs, incident }: IncidentReport, command: CommandBlock): View {
  if (status.state === 'failed') return html`<p>Run it again, or look yourself.</p>`;
  const [told] = latestResult(runs)?.summary?.nextSteps ?? [];
  if (told !== undefined) {
    const step = toldStep(told);
    return html`${stepItem(step, command)}${whichCluster([step], incident.cluster)}`;
  }
  const waits = status.state === 'waiting' || status.state === 'investigating';
  return html`<p>${waits ? 'Wait for the answer.' : 'Nothing is proposed.'}</p>`;
}

function whoPart({ inHand, silence, now, status }: IncidentReport, takeIt: View): View {
  const muted = silence === null ? null : silencedPart(silence);
  if (inHand === null)
    return html`<p>${status.hasEnded ? 'Nobody had it.' : 'Nobody yet.'}</p>
      ${takeIt}${muted}`;
  const said = inHand.comment === '' ? null : html`: ${oneLine(inHand.comment, 300)}`;
  return html`<p><b>${oneLine(inHand.by, 200)}</b>, ${timeTag(inHand.at, now)}${said}</p>
    ${takeIt}${muted}`;
}

function silencedPart({ author, endsAt }: NonNullable<IncidentReport['silence']>) {
  const until = endsAt === null ? ', without an end' : html` until ${momentTag(endsAt)}`;
  return html`<p class="meta">${`Silenced by ${oneLine(author, 200)}`}${until}: nobody is told.</p>`;
}
