import type { AgentQuestion } from '../../domain/question.ts';
import { html, type View } from '../../html/html.ts';
import { timeTag } from '../../html/time.ts';
import { spokenDuration } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import { answerBody } from '../parts/answer.ts';
import { askForm } from '../parts/ask-form.ts';
import { answerPart, askPlace, byRules, questionHead, questionTitle } from './ask.ts';

/** `/i/ID/asked/ASK`: a question to an agent, its answer when it is there, and what rules answer meanwhile. */
export const askedPage: Page = async (context, options, params) => {
  const id = params['id'] ?? '';
  const [detail, questions] = await Promise.all([options.reader.incident(id), options.history.agentQuestions(id)]);
  const question = questions.find((one) => one.id === params['ask']);
  if (detail === null || question === undefined) return null;
  const { incident } = detail;
  const rules = await byRules(options.questions, incident, question.text);
  const rulesPart = rules.kind === 'none' ? null : answerPart(rules, id);
  return {
    title: questionTitle(question.text, incident),
    live: question.endedAt === null ? ['question'] : [],
    main: html`<article class="incident">
      ${questionHead(question.text, incident)}
      <p class="meta">Asked by ${oneLine(question.by, 100)} ${timeTag(question.askedAt, context.now)}</p>
      ${agentPart(question, context.now, context.path)}
      ${
        question.answer === null
          ? html`<h2>Meanwhile, by rules</h2>
              ${rulesPart}`
          : html`<details>
              <summary>What rules answer</summary>
              ${rulesPart}
            </details>`
      }
      <section aria-label="Ask">${askForm(askPlace(incident, context, options), '')}</section>
    </article>`,
  };
};

function agentPart(question: AgentQuestion, now: number, path: string): View {
  const { agent, model, answer, askedAt, endedAt, until, error, usage, incidentId } = question;
  if (endedAt === null) {
    const left = until > now ? `${spokenDuration(until - now)} more at most` : 'its time is over';
    return html`<section class="answer" aria-label="Answer" role="status">
      <p>${oneLine(agent, 60)} reads what is kept of the incident, ${left}. The answer appears here.</p>
      <p class="meta"><a href=${path}>Look again</a></p>
    </section>`;
  }
  if (answer === null) {
    return html`<div class="banner" role="status">
      <p>${oneLine(error ?? `${agent} gave no answer`, 500)}.</p>
    </div>`;
  }
  const took = { model, durationMs: endedAt - askedAt, usd: usage?.usd ?? null };
  return html`<section class="answer" aria-label="Answer" role="status">
    ${answerBody({ ...answer, by: agent, took }, incidentId)}
  </section>`;
}
