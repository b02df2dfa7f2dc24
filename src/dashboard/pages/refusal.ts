import { html } from '../../html/html.ts';
import type { Problem } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import type { PageView } from '../frame/page.ts';

/** Why something was not done or shown, and what to do. */
export function refusalView({ status, problem }: { status: number; problem: Problem }): PageView {
  const { code, message, fix } = problem;
  return {
    title: titles[status] ?? (status >= 500 ? 'This did not work' : 'This is not done'),
    status,
    main: html`<div class="refusal">
      <h1>${titles[status] ?? (status >= 500 ? 'This did not work' : 'This is not done')}</h1>
      <p>${oneLine(message, 500)}</p>
      <p>${oneLine(fix, 1000)}</p>
      <p class="meta"><code>${code}</code></p>
      <p>${status === 401 ? html`<a href="/sign-in">Sign in</a>` : html`<a href="/">To what stands now</a>`}</p>
    </div>`,
  };
}

const titles: Record<number, string> = {
  401: 'Sign in first',
  403: 'This is not allowed',
  404: 'Nothing here',
  429: 'Too many tries',
};
