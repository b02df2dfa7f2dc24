import type { SetResults } from './evaluate.ts';
import { calibration, costs, figures, figuresBy } from './summary.ts';

/** What `-o json` prints: one object. */
export function jsonOutput(sets: readonly SetResults[]): object {
  const results = sets.flatMap((one) => one.results);
  const all = figures(results);
  return {
    scenarios: sets.flatMap(({ set, results: ofSet }) =>
      ofSet.map(({ truth, answer, scores, apiCalls, ms }) => ({
        id: truth.id,
        ...(set === null ? {} : { set }),
        verdict: answer.verdict,
        report: answer.markdown,
        flagged_instructions: answer.flaggedInstructions,
        api_calls: apiCalls,
        ms: Math.round(ms),
        scores,
      })),
    ),
    summary: {
      ...all,
      ...calibration(all),
      ...costs(results),
      by_set: Object.fromEntries(sets.flatMap(({ set, results: ofSet }) => (set ? [[set, figures(ofSet)]] : []))),
      by_category: figuresBy(results, 'category'),
      by_difficulty: figuresBy(results, 'difficulty'),
      by_kind: figuresBy(results, 'kind'),
    },
  };
}
