import { longestQuestion } from '../../domain/question.ts';
import { html } from '../../html/html.ts';
import { printable } from '../../lib/text.ts';
import { incidentPath } from './incident-row.ts';

/** What people ask most: one click each. */
const usual = ['Why?', 'What changed?', 'What does the log say?', 'What to do?', 'Could it be something else?'];

/** A question about an incident; its answer is a page that can be linked. */
export function askForm(incidentId: string, text: string) {
  const action = `${incidentPath(incidentId)}/ask`;
  return html`<form class="search" method="get" action=${action}>
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
      <small id="question-hint">In English. What is kept of the incident answers; nothing is changed.</small>
    </form>
    <p class="meta">${usual.map((one) => html`<a href=${`${action}?q=${encodeURIComponent(one)}`}>${one}</a> `)}</p>`;
}
