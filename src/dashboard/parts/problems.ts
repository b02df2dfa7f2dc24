import { html, type View } from '../../html/html.ts';
import { ageTag } from '../../html/time.ts';
import type { StandingProblem } from '../../domain/wire/cluster.ts';
import { oneLine, plural } from '../../lib/text.ts';

/** What is wrong with nightcrier itself, above everything else; nothing when nothing is. */
export function problemsBanner(problems: readonly StandingProblem[], now: number): View {
  const own = problems.filter(({ cluster }) => cluster === null);
  if (own.length === 0) return null;
  const errors = own.filter(({ severity }) => severity === 'error').length;
  const title =
    errors > 0 ? `nightcrier itself is impaired: ${plural(errors, 'problem')}` : plural(own.length, 'warning');
  return html`<section class=${errors > 0 ? 'banner bad' : 'banner'} aria-label="Problems of nightcrier itself">
    <details open=${errors > 0}>
      <summary>${title}</summary>
      ${problemList(own, now)}
    </details>
  </section>`;
}

/** Each with its code, what it is and what to do. */
export function problemList(problems: readonly StandingProblem[], now: number): View {
  return html`<ul class="problems">
    ${problems.map(
      ({ code, message, fix, severity, since }) =>
        html`<li>
          <p>
            <span class=${`mark-${severity}`}>${severity === 'error' ? '✗ error' : '! warning'}</span>${' '}
            ${oneLine(message, 500)}
          </p>
          <p class="fix"><b>Do:</b> ${oneLine(fix, 1000)}</p>
          <p class="meta"><code>${code}</code> · for ${ageTag(since, now)}</p>
        </li>`,
    )}
  </ul>`;
}
