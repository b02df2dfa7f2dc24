import type { Impact } from '../../../domain/verdict/impact.ts';
import { impactWords } from '../../../domain/verdict/impact-words.ts';
import { say } from '../../../report/answer-lines.ts';
import { impactOf } from '../../impact/impact-of.ts';
import { findFocus } from '../../model/focus.ts';
import { focusHealth } from '../../rank/health.ts';
import type { PartOf, QuestionView } from '../view/view.ts';
import { type AnswerPart, nothing, when } from '../view/words.ts';

/** What it means for those who use what the question names, else what the incident is about, and when that was read. */
export const impact: PartOf = (view) => {
  const found = impactIn(view);
  if (found === null) return nothing;
  if (found.of === 'unknown') return view.named.entities.length > 0 ? nothing : unknown(found.why);
  const { now } = view.kept;
  const read = found.at === null ? '' : `When the evidence was read, ${when(found.at, now)}: `;
  return { lines: [say(`${read}${impactWords(found)}`)], sources: ['evidence'] };
};

const unknown = (why: string): AnswerPart => ({ lines: [say(`What still serves is not known: ${why}.`)], sources: [] });

/** Null where a question names pods, which tell of themselves, and where no evidence is kept. */
function impactIn({ analysis, named }: QuestionView): Impact | null {
  if (analysis === null || named.entities.some(({ kind }) => kind === 'Pod')) return null;
  if (named.entities.length === 0) return analysis.impact;
  const { view, graph, workloads, measured, impact: ofIncident } = analysis;
  const focus = findFocus(graph, workloads, named.entities);
  // What an alert measures is not known of what the question names either.
  return impactOf({ view, focus, isCut: false, health: focusHealth(view, focus), measured, at: ofIncident.at });
}
