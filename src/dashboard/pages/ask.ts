import { type Question, type QuestionAnswer, questionText, TooManyQuestionsError } from '../../domain/question.ts';
import type { Incident } from '../../domain/records.ts';
import { html, type View } from '../../html/html.ts';
import { neverAborted } from '../../lib/abort.ts';
import { type Problem, ProblemError } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import type { DashboardOptions } from '../frame/options.ts';
import type { PageContext } from '../frame/page.ts';
import { answerBody } from '../parts/answer.ts';
import { askForm, type AskPlace, mostAfter } from '../parts/ask-form.ts';
import { incidentPath } from '../parts/incident-row.ts';

export type Answered =
  | { readonly kind: 'none' }
  | { readonly kind: 'answer'; readonly answer: QuestionAnswer }
  | { readonly kind: 'problem'; readonly status: 429 | 503; readonly problem: Problem };

/**
 * `/i/ID/ask?q=`: a question about an incident and its answer, by rules: looking at a page costs nothing and starts
 * nothing. It stays as it is: asking again is a new question. `after=` are the questions before it, newest first.
 */
export const askPage: Page = async (context, options, params) => {
  const detail = await options.reader.incident(params['id'] ?? '');
  if (detail === null) return null;
  const { incident } = detail;
  const text = questionText(context.query.get('q') ?? '');
  const after = context.query.getAll('after').slice(0, mostAfter).map(questionText);
  const answered = await byRules(options.questions, incident, { text, after });
  return {
    title: questionTitle(text, incident),
    ...(answered.kind === 'problem' && { status: answered.status }),
    main: html`<article class="incident">
      ${questionHead(text, incident)} ${answered.kind === 'none' ? null : answerPart(answered, incident.id)}
      <section aria-label="Ask">
        ${askForm(askPlace(incident, context, options), text, text === '' ? [] : [text, ...after])}
      </section>
    </article>`,
  };
};

/** Where a question about an incident is asked, by who looks at the page. */
export function askPlace(
  { id, cluster }: Pick<Incident, 'id' | 'cluster'>,
  { viewer, csrf }: Pick<PageContext, 'viewer' | 'csrf'>,
  { agents }: Pick<DashboardOptions, 'agents'>,
): AskPlace {
  return { incidentId: id, agent: viewer.mayAct ? agents.agentOf(cluster) : null, csrf };
}

/** What rules answer to what was asked after other questions, newest first; or why they cannot now. */
export async function byRules(
  questions: DashboardOptions['questions'],
  { id: incidentId }: Pick<Incident, 'id'>,
  { text, after = [], askedAt }: Pick<Question, 'text' | 'after' | 'askedAt'>,
): Promise<Answered> {
  if (text === '') return { kind: 'none' };
  try {
    const when = askedAt === undefined ? {} : { askedAt };
    const asked = { incidentId, text, by: 'a page', mayAct: false, ...(after.length > 0 && { after }), ...when };
    const answer = await questions.answer(asked, neverAborted);
    return { kind: 'answer', answer };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const status = error instanceof TooManyQuestionsError ? 429 : 503;
    return { kind: 'problem', status, problem: error.toProblem() };
  }
}

export function questionTitle(text: string, { title }: Pick<Incident, 'title'>): string {
  return text === '' ? `Ask · ${oneLine(title, 200)}` : `${oneLine(text, 80)} · ${oneLine(title, 200)}`;
}

export function questionHead(text: string, { id, title }: Pick<Incident, 'id' | 'title'>): View {
  return html`<p class="place"><a href=${incidentPath(id)}>${oneLine(title, 300)}</a></p>
    <h1>${text === '' ? 'Ask about this incident' : oneLine(text, 300)}</h1>`;
}

export function answerPart(answered: Exclude<Answered, { kind: 'none' }>, incidentId: string): View {
  if (answered.kind === 'answer') {
    return html`<section class="answer" aria-label="Answer" role="status">
      ${answerBody(answered.answer, incidentId)}
    </section>`;
  }
  const { code, message, fix } = answered.problem;
  return html`<div class="banner" role="alert">
    <p>${oneLine(message, 500)}</p>
    <p>${oneLine(fix, 500)} <code>${code}</code></p>
  </div>`;
}
