import { type AgentQuestion, longestQuestion } from '../../domain/question.ts';
import type { Incident } from '../../domain/records.ts';
import { html, type View } from '../../html/html.ts';
import { timeTag } from '../../html/time.ts';
import { oneLine, printable } from '../../lib/text.ts';
import type { DashboardOptions } from '../frame/options.ts';
import type { PageContext } from '../frame/page.ts';
import { incidentPath } from './incident-row.ts';

/** What people ask most: one click each. */
const usual = ['Why?', 'What changed?', 'What does the log say?', 'What to do?', 'Could it be something else?'];

/** Where a question is asked. */
export interface AskPlace {
  readonly incidentId: string;
  /** Who answers for the one that looks at the page; null: the rules. */
  readonly agent: string | null;
  readonly csrf: string;
}

export function askPlace(
  { id, cluster }: Pick<Incident, 'id' | 'cluster'>,
  { viewer, csrf }: Pick<PageContext, 'viewer' | 'csrf'>,
  { agents }: Pick<DashboardOptions, 'agents'>,
): AskPlace {
  return { incidentId: id, agent: viewer.mayAct ? agents.agentOf(cluster) : null, csrf };
}

/** A question about an incident; its answer is a page that can be linked. One to an agent costs money: a form that is sent. */
export function askForm({ incidentId, agent, csrf }: AskPlace, text: string) {
  const action = `${incidentPath(incidentId)}/ask`;
  return html`<form class="search" method=${agent === null ? 'get' : 'post'} action=${action}>
      ${agent === null ? null : html`<input type="hidden" name="csrf" value=${csrf} />`}
      <label for="question">Ask about this incident</label>
      <div>
        <input
          id="question"
          name="q"
          value=${printable(text)}
          maxlength=${longestQuestion}
          autocomplete="off"
          aria-describedby="question-hint"
        />
        <button class="main">Ask</button>
      </div>
      <small id="question-hint">${hint(agent)}</small>
    </form>
    <p class="meta">${usual.map((one) => html`<a href=${`${action}?q=${encodeURIComponent(one)}`}>${one}</a> `)}</p>`;
}

function hint(agent: string | null): string {
  if (agent === null) return 'In English. What is kept of the incident answers; nothing is changed.';
  return `${oneLine(agent, 60)} answers, and rules meanwhile, from what is kept of the incident; nothing is changed.`;
}

/** What agents were asked before, newest first. */
export function askedList(questions: readonly AgentQuestion[], now: number): View {
  if (questions.length === 0) return null;
  return html`<h2>Asked before</h2>
    <ul class="moments">
      ${questions.map(
        ({ id, incidentId, text, by, askedAt, endedAt, answer, error }) =>
          html`<li>
            ${timeTag(endedAt ?? askedAt, now)}
            <span>
              <a href=${`${incidentPath(incidentId)}/asked/${encodeURIComponent(id)}`}>${oneLine(text, 200)}</a>
              ${oneLine(answer?.text.split('\n')[0] ?? error ?? 'The agent is at it.', 200)} Asked by
              ${oneLine(by, 100)}.
            </span>
          </li>`,
      )}
    </ul>`;
}
