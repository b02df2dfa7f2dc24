import { longestQuestion, type QuestionAnswer, TooManyQuestionsError } from '../../domain/question.ts';
import { html, type View } from '../../html/html.ts';
import { type Problem, ProblemError } from '../../lib/problem.ts';
import { oneLine, printable } from '../../lib/text.ts';
import type { Page } from '../frame/handlers.ts';
import type { DashboardOptions } from '../frame/options.ts';
import { askForm } from '../parts/ask-form.ts';
import { commandBlock } from '../parts/command.ts';
import { incidentPath } from '../parts/incident-row.ts';

/** Waits as long as the answerer lets it. */
const never = new AbortController().signal;

type Answered =
  | { readonly kind: 'none' }
  | { readonly kind: 'answer'; readonly answer: QuestionAnswer }
  | { readonly kind: 'problem'; readonly status: 429 | 503; readonly problem: Problem };

/** `/i/ID/ask?q=`: a question about an incident and its answer. It stays as it is: asking again is a new question. */
export const askPage: Page = async ({ query, viewer }, { reader, questions }, params) => {
  const detail = await reader.incident(params['id'] ?? '');
  if (detail === null) return null;
  const { id, title } = detail.incident;
  const text = (query.get('q') ?? '').trim().slice(0, longestQuestion).toWellFormed();
  const answered = await answerTo(questions, { incidentId: id, text, by: viewer.name ?? 'somebody' });
  return {
    title: text === '' ? `Ask · ${oneLine(title, 200)}` : `${oneLine(text, 80)} · ${oneLine(title, 200)}`,
    ...(answered.kind === 'problem' && { status: answered.status }),
    main: html`<article class="incident">
      <p class="place"><a href=${incidentPath(id)}>${oneLine(title, 300)}</a></p>
      <h1>${text === '' ? 'Ask about this incident' : oneLine(text, 300)}</h1>
      ${answerPart(answered, id)}
      <section aria-label="Ask">${askForm(id, text)}</section>
    </article>`,
  };
};

async function answerTo(
  questions: DashboardOptions['questions'],
  question: Parameters<DashboardOptions['questions']['answer']>[0],
): Promise<Answered> {
  if (question.text === '') return { kind: 'none' };
  try {
    return { kind: 'answer', answer: await questions.answer(question, never) };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const status = error instanceof TooManyQuestionsError ? 429 : 503;
    return { kind: 'problem', status, problem: error.toProblem() };
  }
}

function answerPart(answered: Answered, id: string): View {
  if (answered.kind === 'none') return null;
  if (answered.kind === 'problem') {
    const { code, message, fix } = answered.problem;
    return html`<div class="banner" role="alert">
      <p>${oneLine(message, 500)}</p>
      <p>${oneLine(fix, 500)} <code>${code}</code></p>
    </div>`;
  }
  const { text, sources, by } = answered.answer;
  return html`<section class="answer" aria-label="Answer" role="status">
    ${blocksOf(text).map(blockPart)}
    <p class="meta">
      <span>${`Answered by ${oneLine(by, 100)}${sources.length === 0 ? '' : ' from '}`}</span>
      ${sources.map((one) => sourcePart(one, id))}
    </p>
  </section>`;
}

interface Block {
  readonly kind: 'quote' | 'command' | 'words';
  readonly lines: readonly string[];
}

/** Lines of a quote that follow each other are one; each command and each sentence stands alone. */
function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const kind = line.startsWith('> ') ? 'quote' : line.startsWith('$ ') ? 'command' : 'words';
    const last = blocks.at(-1);
    const shown = kind === 'words' ? line : line.slice(2);
    if (kind === 'quote' && last?.kind === 'quote') blocks[blocks.length - 1] = { kind, lines: [...last.lines, shown] };
    else blocks.push({ kind, lines: [shown] });
  }
  return blocks;
}

function blockPart({ kind, lines }: Block): View {
  const text = printable(lines.join('\n'));
  if (kind === 'command') return commandBlock(text);
  return kind === 'quote' ? html`<pre class="log" tabindex="0">${text}</pre>` : html`<p>${text}</p>`;
}

/** Files are linked, parts of the state are named. */
function sourcePart(source: string, id: string): View {
  const name = oneLine(source, 300);
  if (!/^evidence\/|\.json$/.test(source)) return html`<span>${name}</span> `;
  const path = source.split('/').map(encodeURIComponent).join('/');
  return html`<a href=${`${incidentPath(id)}/files/${path}`}>${name}</a> `;
}
