import { isAskedBefore } from '../../domain/history.ts';
import { agentAnswer, type AgentQuestion } from '../../domain/question.ts';
import { html, type View } from '../../html/html.ts';
import { timeTag } from '../../html/time.ts';
import { spokenDuration } from '../../lib/format.ts';
import { oneLine } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import { answerBody } from '../parts/answer.ts';
import { askedEarlier, askForm, askPath } from '../parts/ask-form.ts';
import { type Answered, answerPart, askPlace, byRules, questionHead, questionTitle } from './ask.ts';

/** `/i/ID/asked/ASK`: a question to an agent, its answer when it is there, and what rules answer meanwhile. */
export const askedPage: Page = async (context, options, params) => {
  const id = params['id'] ?? '';
  const [detail, question, kept] = await Promise.all([
    options.reader.incident(id),
    options.history.agentQuestion(params['ask'] ?? ''),
    options.history.earlierQuestions(id),
  ]);
  if (detail === null || question?.incidentId !== id) return null;
  const { incident } = detail;
  const { text, writtenAt: askedAt = question.askedAt } = question;
  const earlier = kept.filter((one) => isAskedBefore(one, { askedAt, id: question.heard }));
  const after = earlier.filter(({ person }) => person === question.person).map((one) => one.text);
  const rules = question.answer === null ? await byRules(options.questions, incident, { text, after, askedAt }) : null;
  return {
    title: questionTitle(text, incident),
    live: question.endedAt === null ? ['question'] : [],
    main: html`<article class="incident">
      ${questionHead(text, incident)}
      <p class="meta">Asked by ${oneLine(question.by, 100)} ${timeTag(askedAt, context.now)}</p>
      ${askedEarlier(earlier, id)} ${agentPart(question, context.now, context.path)}
      ${rulesPart(rules, question, after)}
      <section aria-label="Ask">${askForm(askPlace(incident, context, options), '')}</section>
    </article>`,
  };
};

/** Beside an answer of the agent, that of the rules is one click away. */
function rulesPart(
  rules: Answered | null,
  { incidentId, text, endedAt }: AgentQuestion,
  after: readonly string[],
): View {
  if (rules === null) {
    return html`<p class="meta"><a href=${askPath(incidentId, text, after)}>What rules answer</a></p>`;
  }
  // Nobody needs a long list of what can be asked in the time in which the agent answers.
  const isOfNoUse = endedAt === null && rules.kind === 'answer' && rules.answer.understood === false;
  return rules.kind === 'none' || isOfNoUse
    ? null
    : html`<h2>By rules</h2>
        ${answerPart(rules, incidentId)}`;
}

function agentPart(question: AgentQuestion, now: number, path: string): View {
  const { agent, endedAt, until, error, incidentId } = question;
  if (endedAt === null) {
    const left = until > now ? `${spokenDuration(until - now)} more at most` : 'and its time is over';
    return html`<section class="answer" aria-label="Answer" role="status">
      <p>${oneLine(agent, 60)} reads what is kept of the incident, ${left}. The answer appears here.</p>
      <p class="meta"><a href=${path}>Look again</a></p>
    </section>`;
  }
  const answer = agentAnswer(question);
  if (answer === null) {
    return html`<div class="banner" role="status">
      <p>${oneLine(error ?? `${agent} gave no answer`, 500)}.</p>
    </div>`;
  }
  return html`<section class="answer" aria-label="Answer" role="status">${answerBody(answer, incidentId)}</section>`;
}
