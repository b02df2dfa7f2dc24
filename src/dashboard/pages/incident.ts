import { incidentSilence } from '../../domain/silence/incident-silence.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { html, type View } from '../../html/html.ts';
import { momentTag } from '../../html/time.ts';
import { encodedPath } from '../../lib/http/encoded-path.ts';
import { oneLine } from '../../lib/text.ts';
import { incidentReport, type IncidentReport } from '../../report/model/incident-report.ts';
import { readKept } from '../../report/model/kept.ts';
import { glancePart } from '../../report/page/glance.ts';
import { incidentSections, sectionList } from '../../report/page/incident-sections.ts';
import { silenceSpans } from '../acts/answer-acts.ts';
import type { Page } from '../frame/handlers.ts';
import type { DashboardOptions } from '../frame/options.ts';
import type { PageContext } from '../frame/page.ts';
import { actForm, type ActFormOptions } from '../parts/act-form.ts';
import { askedList, askForm } from '../parts/ask-form.ts';
import { askPlace } from './ask.ts';
import { commandBlock } from '../parts/command.ts';
import { clusterPath } from '../parts/fleet.ts';
import { incidentPath } from '../parts/incident-row.ts';
import { severityMark } from '../parts/severity.ts';

/** `/i/ID`: what, where, why, since when, what to do, who has it; below everything that is known of it. */
export const incidentPage: Page = async (context, options, params) => {
  const detail = await options.reader.incident(params['id'] ?? '');
  if (detail === null) return null;
  const [report, asked] = await Promise.all([
    reportOf(detail, options, context.now),
    options.history.agentQuestions(detail.incident.id),
  ]);
  const ask = html`<section id="ask" aria-label="Ask">
      ${askForm(askPlace(detail.incident, context, options), '')}
    </section>
    ${askedList(asked, context.now)}`;
  return {
    title: `${oneLine(report.what, 100)} · ${oneLine(report.object, 200)}`,
    live: ['incident', 'silence', 'question'],
    main: html`<article class="incident" data-incident=${report.incident.id}>
      ${headPart(report)} ${glancePart(report, { command: commandBlock, takeIt: acknowledgePart(report, context) })}
      ${actsPart(report, context)} ${problemsPart(report)} ${belowPart(report, context, ask)}
    </article>`,
  };
};

async function reportOf(detail: IncidentDetail, options: DashboardOptions, now: number): Promise<IncidentReport> {
  const { history: past, artifacts, silences } = options;
  const { id, cluster, openedAt } = detail.incident;
  const [history, kept, all] = await Promise.all([
    past.incidentHistory(id),
    readKept({ artifacts, cluster, incidentId: id, since: openedAt }),
    silences.silences(),
  ]);
  return incidentReport({ detail, history, artifacts: kept, silence: incidentSilence(all, detail, now), now });
}

function headPart({ incident, what, object, cluster, status }: IncidentReport) {
  return html`<div class="head">
    <p class="kicker">
      ${severityMark(incident.severity)} <span>${oneLine(what, 200)}</span>
      <span class=${`state ${stateClass(status.state)}`}>${status.word}</span>
    </p>
    <h1>${oneLine(object, 300)}</h1>
    <p class="place">in cluster <a href=${clusterPath(incident.cluster)}>${oneLine(cluster, 200)}</a></p>
  </div>`;
}

function stateClass(state: IncidentReport['status']['state']): string {
  if (state === 'resolved' || state === 'no_fault') return 'good';
  if (state === 'failed') return 'bad';
  return state === 'skipped' || state === 'waiting' || state === 'investigating' ? 'off' : 'middling';
}

type Acting = Pick<PageContext, 'csrf' | 'path' | 'viewer'>;

function acknowledgePart({ incident, inHand, status }: IncidentReport, { viewer, csrf, path }: Acting): View {
  if (!viewer.mayAct || inHand !== null || status.hasEnded) return null;
  return actForm({
    action: `${incidentPath(incident.id)}/ack`,
    label: 'Acknowledge',
    csrf,
    back: path,
    keyShortcut: 'a',
    explainedBy: explanationId('Acknowledge'),
    inputs: commentInput('Acknowledge', 'what is being done'),
  });
}

/** What each act does, for who has not done it before. */
const explanations = {
  Acknowledge: 'your name stands beside it, so that others see who has it in hand.',
  Silence: 'nobody is told of it, nor of new faults of the same object, for that long.',
  'Run again': 'another investigation of the cluster as it is now, unless one goes on already.',
  Resolve:
    'it is over. Nobody is told of its faults again until they have cleared; one that comes back soon (intake.reopen_window) opens it again.',
};
type Explained = keyof typeof explanations;

function explanationId(act: Explained): string {
  return `explained-${act.toLowerCase().replace(' ', '-')}`;
}

/** What a person says with an act: it stands beside it from then on. */
function commentInput(act: Explained, placeholder: string): View {
  const id = `comment-${explanationId(act)}`;
  return html`<label for=${id} class="unseen">${act}: comment</label>
    <input id=${id} name="comment" maxlength="500" size="18" autocomplete="off" placeholder=${placeholder} />`;
}

/** The same folded away: to act without a word takes one press still, and nothing of it needs a script. */
function foldedComment(act: Explained, placeholder: string): View {
  return html`<details class="comment">
    <summary><span class="unseen">${act} </span>with a comment</summary>
    ${commentInput(act, placeholder)}
  </details>`;
}

function actsPart(report: IncidentReport, { viewer, csrf, path: back }: Acting): View {
  const { incident, inHand, silence, status } = report;
  if (!viewer.mayAct || status.hasEnded) return null;
  const address = incidentPath(incident.id);
  const form = (label: Explained, act: string, more: Pick<ActFormOptions, 'keyShortcut' | 'inputs' | 'folded'>): View =>
    actForm({ action: `${address}/${act}`, label, csrf, back, explainedBy: explanationId(label), ...more });
  const offered: readonly Explained[] = [
    ...(inHand === null ? (['Acknowledge'] as const) : []),
    ...(silence === null ? (['Silence'] as const) : []),
    'Run again',
    'Resolve',
  ];
  const spans = html`<label for="silence-for" class="unseen">Silence for</label>
    <select id="silence-for" name="duration">
      ${silenceSpans.map(([value, words]) => html`<option value=${value}>${words}</option>`)}
    </select>`;
  return html`<div class="acts" role="group" aria-label="Acts">
    ${
      silence === null
        ? form('Silence', 'silence', { keyShortcut: 's', inputs: spans, folded: foldedComment('Silence', 'why') })
        : html`<a class="button" href="/silences">Its silence</a>`
    }
    ${form('Run again', 'rerun', { keyShortcut: 'r', folded: foldedComment('Run again', 'why') })}
    ${form('Resolve', 'resolve', { folded: foldedComment('Resolve', 'how it came to be over') })}
    <ul class="meta">
      ${offered.map((label) => html`<li id=${explanationId(label)}><b>${label}</b>: ${explanations[label]}</li>`)}
    </ul>
  </div>`;
}

/** What could not be read of it: the rest is shown all the same. */
function problemsPart({ problems }: IncidentReport): View {
  if (problems.length === 0) return null;
  return html`<div class="banner" role="alert">
    ${problems.map((problem) => html`<p>${oneLine(problem, 500)}</p>`)}
    <p>What stands here comes from the state of the daemon alone.</p>
  </div>`;
}

/** The files come last. */
function belowPart(report: IncidentReport, context: PageContext, ask: View): View {
  const address = incidentPath(report.incident.id);
  const stored = new Set(report.files.map(({ path }) => path));
  const sections = incidentSections(report, {
    file: (path) => (stored.has(path) ? `${address}/files/${encodedPath(path)}` : null),
    incident: incidentPath,
    command: commandBlock,
  });
  const last = sections.filter(({ id }) => id === 'files');
  return html`${sectionList(sections.filter(({ id }) => id !== 'files'))} ${ask}
    ${feedbackPart(report, context)}${sectionList(last)}
    <p class="meta">Incident <code>${report.incident.id}</code></p>`;
}

/** Also where the report cannot be read: the cause stands above, and what people said of it is kept apart from it. */
function feedbackPart({ incident, answer, feedback }: IncidentReport, acting: Acting): View {
  const hasAnswer = answer !== null || incident.cause !== null;
  if (!hasAnswer && feedback.length === 0) return null;
  const { viewer, csrf, path: back } = acting;
  const action = `${incidentPath(incident.id)}/feedback`;
  const instead = html`<div class="field">
    <label for="instead">What was it instead?</label>
    <input id="instead" name="comment" maxlength="2000" autocomplete="off" />
  </div>`;
  return html`<section id="feedback" aria-labelledby="feedback-title">
    <h2 id="feedback-title">Was this answer right?</h2>
    <ul class="moments">
      ${feedback.map(
        ({ at, by, rating, comment }) =>
          html`<li>
            ${momentTag(at)}
            <span><b>${oneLine(by, 200)}</b>: ${rating}${comment === '' ? '' : `, ${oneLine(comment, 2000)}`}</span>
          </li>`,
      )}
    </ul>
    ${
      viewer.mayAct && hasAnswer
        ? html`${actForm({ action, label: 'Right', csrf, back, fields: { rating: 'right' } })}
          ${actForm({ action, label: 'Wrong cause', csrf, back, fields: { rating: 'wrong' }, inputs: instead })}`
        : feedback.length > 0
          ? null
          : html`<p class="meta">Nobody has said yet.</p>`
    }
  </section>`;
}
