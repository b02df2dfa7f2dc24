import type { Result } from './evaluate.ts';
import { costs, figures, figuresBy } from './summary.ts';

/** What `-o json` prints: one object. */
export function jsonOutput(results: readonly Result[]): object {
  return {
    scenarios: results.map(({ truth, answer, scores, apiCalls, ms }) => ({
      id: truth.id,
      verdict: answer.verdict,
      report: answer.markdown,
      flagged_instructions: answer.flaggedInstructions,
      api_calls: apiCalls,
      ms: Math.round(ms),
      scores,
    })),
    summary: {
      ...figures(results),
      ...costs(results),
      by_category: figuresBy(results, 'category'),
      by_difficulty: figuresBy(results, 'difficulty'),
    },
  };
}
