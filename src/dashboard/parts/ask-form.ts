import type { EarlierQuestion } from '../../domain/history.ts';
import { type AgentQuestion, longestQuestion } from '../../domain/question.ts';
import { html, type View } from '../../html/html.ts';
import { timeTag } from '../../html/time.ts';
import { oneLine, printable } from '../../lib/text.ts';
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

/** So many questions before one are carried in its address. */
export const mostAfter = 5;

/**
 * Where a question about an incident is asked; with `text` the page of what rules answer to it, asked after those of `after`,
 * newest first.
 */
export function askPath(incidentId: string, text?: string, after: readonly string[] = []): string {
  const path = `${incidentPath(incidentId)}/ask`;
  if (text === undefined) return path;
  const before = after.slice(0, mostAfter).map((one) => `&after=${encodeURIComponent(one)}`);
  return `${path}?q=${encodeURIComponent(text)}${before.join('')}`;
}

/** The page of a question to an agent. */
export function askedPath({ id, incidentId }: Pick<AgentQuestion, 'id' | 'incidentId'>): string {
  return `${incidentPath(incidentId)}/asked/${encodeURIComponent(id)}`;
}

/**
 * A question about an incident; its answer is a page that can be linked. One to an agent costs money: a form that is sent.
 * `after`: what was asked before, newest first, which rules are told of by the address; an agent knows it.
 */
export function askForm({ incidentId, agent, csrf }: AskPlace, text: string, after: readonly string[] = []) {
  const action = askPath(incidentId);
  return html`<form class="search" method=${agent === null ? 'get' : 'post'} action=${action}>
      ${agent === null ? after.slice(0, mostAfter).map((one) => html`<input type="hidden" name="after" value=${printable(one)} />`) : html`<input type="hidden" name="csrf" value=${csrf} />`}
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
    <p class="meta">
      ${agent === null ? null : html`<span>At once, by rules: </span>`}${usual.map((one) => html`<a href=${askPath(incidentId, one)}>${one}</a> `)}
    </p>`;
}

function hint(agent: string | null): string {
  if (agent === null) return 'In English. What is kept of the incident answers; nothing is changed.';
  return `${oneLine(agent, 60)} answers, and rules meanwhile, from what is kept of the incident; nothing is changed.`;
}

const shownEarlier = 5;

/** What was asked before a question, as links to what was answered. */
export function askedEarlier(earlier: readonly EarlierQuestion[], incidentId: string): View {
  if (earlier.length === 0) return null;
  return html`<p class="meta">
    <span>Asked before: </span>${earlier.slice(0, shownEarlier).map(({ id, text, hasPage }) => {
      const to = hasPage ? askedPath({ id, incidentId }) : askPath(incidentId, text);
      return html`<a href=${to}>${oneLine(text, 80)}</a> `;
    })}
  </p>`;
}

/** What agents were asked before, newest first. */
export function askedList(questions: readonly AgentQuestion[], now: number): View {
  if (questions.length === 0) return null;
  return html`<section id="asked" aria-labelledby="asked-title">
    <h2 id="asked-title">Asked before</h2>
    <ul class="moments">
      ${questions.map(
        (question) =>
          html`<li>
            ${timeTag(question.askedAt, now)}
            <div>${askedBefore(question)}</div>
          </li>`,
      )}
    </ul>
  </section>`;
}

function askedBefore(question: AgentQuestion): View {
  const { text, by, answer, error } = question;
  const said = answer?.text.split('\n').slice(0, 3).join(' ') ?? error ?? 'The agent is at it.';
  return html`<a href=${askedPath(question)}>${oneLine(text, 200)}</a>
    <p>${oneLine(said, 300)}</p>
    <p class="meta">${`asked by ${oneLine(by, 100)}`}</p>`;
}
