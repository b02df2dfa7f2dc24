import { quote, say } from '../../../report/answer-lines.ts';
import { confidenceWords, shortConfidence } from '../../../domain/verdict/confidence.ts';
import type { Cause, Verdict } from '../../../domain/verdict/verdict.ts';
import { saidOf } from '../../../domain/history.ts';
import type { Run } from '../../../domain/records.ts';
import { plural } from '../../../lib/text.ts';
import { entityText } from '../../model/entities.ts';
import type { PartOf, QuestionView } from '../view/view.ts';
import { describe, inQuestion, wouldShow } from '../view/would-show.ts';
import { type AnswerPart } from '../view/words.ts';

const maxCauses = 3;

/** Why: the cause as it was told, how sure it is, the line that it rests on, and what else counts. */
export const cause: PartOf = (view) => {
  const { verdict } = view.kept;
  return verdict === null ? fromRows(view) : fromVerdict(view, verdict);
};

function fromVerdict(view: QuestionView, verdict: Verdict): AnswerPart {
  const [first, ...others] = ranked(verdict);
  if (first === undefined) return withoutCause(view, verdict);
  // A name alone tells nobody anything.
  const ref = first.evidence.find(({ quote: text }) => text.length >= 12) ?? first.evidence[0];
  const chain = view.analysis?.ranking.causes[0]?.chain ?? [];
  return {
    lines: [
      say(first.statement),
      say(`${confidenceWords[first.confidence]}.`),
      ...(ref === undefined ? [] : [say(`It rests on ${ref.file}:`), ...quote(ref.quote, 3)]),
      ...chain.map((edge) => say(`On the way: ${entityText(edge.from)} fails to reach ${entityText(edge.via)}.`)),
      ...others
        .slice(0, maxCauses - 1)
        .map((one) => say(`Also: ${one.statement} (${shortConfidence[one.confidence]})`)),
      ...answeredBy(view),
    ],
    sources: ['verdict.json', ...(ref === undefined ? [] : [ref.file])],
  };
}

const ranked = ({ causes }: Verdict): readonly Cause[] => causes.toSorted((a, b) => a.rank - b.rank);

function withoutCause(view: QuestionView, verdict: Verdict): AnswerPart {
  const open = verdict.missing.slice(0, 4).map((text) => say(`Open: ${text}`));
  return { lines: [say(verdict.summary), ...open, ...answeredBy(view)], sources: ['verdict.json'] };
}

function fromRows(view: QuestionView): AnswerPart {
  const { kept } = view;
  const { incident, runs } = kept.detail;
  const last = lastAnswered(runs);
  if (incident.cause === null) {
    const why = runs.at(-1)?.status ?? 'not investigated';
    return {
      lines: [
        say(`No cause is known: the incident is ${incident.status}, its investigation is ${why}.`),
        ...wouldShow(view, inQuestion(view).map(describe)),
      ],
      sources: ['incident'],
    };
  }
  const evidence = last?.result?.summary?.evidence ?? [];
  return {
    lines: [
      say(incident.cause),
      ...(incident.confidence === null ? [] : [say(`${confidenceWords[incident.confidence]}.`)]),
      ...evidence.slice(0, 3).map((text) => say(`From the report: ${text}`)),
      'The evidence itself is not kept any more.',
      ...wouldShow(view, inQuestion(view).map(describe)),
    ],
    sources: ['incident'],
  };
}

/** The newest run that has an answer. */
export function lastAnswered(runs: readonly Run[]): Run | undefined {
  return runs.findLast(({ result }) => result !== null && result.outcome !== 'failed');
}

function answeredBy({ kept }: QuestionView): readonly string[] {
  const result = lastAnswered(kept.detail.runs)?.result;
  if (result === undefined || result === null) return [];
  const who = result.outcome === 'fallback' || result.agent === 'builtin' ? 'the built-in rules' : result.agent;
  const { claims = 0, claimsBacked = 0 } = result.summary ?? {};
  const unfound = claims - claimsBacked;
  const held = unfound === 0 ? '' : `; ${unfound} of ${plural(claims, 'claim')} not found in the evidence`;
  const said = (kept.history?.feedback ?? []).slice(0, 3).map((one) => say(saidOf(one, kept.detail.runs)));
  return [say(`Found by ${who}${held}.`), ...said];
}

/** How it is known: what each cause rests on, word for word. */
export const evidence: PartOf = (view) => {
  const { verdict } = view.kept;
  const causes = verdict === null ? [] : ranked(verdict).slice(0, maxCauses);
  if (verdict === null || causes.length === 0) return cause(view);
  const missing = verdict.missing.slice(0, 5).map((text) => say(`Not seen, or not explained: ${text}`));
  return {
    lines: [
      ...causes.flatMap((one) => [
        say(`${one.statement} (${shortConfidence[one.confidence]}; ${plural(one.evidence.length, 'quote')})`),
        ...one.evidence.slice(0, 5).flatMap(({ file, quote: text }) => [say(file), ...quote(text, 3)]),
      ]),
      ...answeredBy(view),
      ...missing,
    ],
    sources: ['verdict.json', ...new Set(causes.flatMap((one) => one.evidence.slice(0, 5).map(({ file }) => file)))],
  };
};
