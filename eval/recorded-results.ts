import type { Result } from './evaluate.ts';
import { type Figures, costs, figures, figuresBy } from './summary.ts';

/** `eval/results.json`: figures only, the same for the same code. */
export interface RecordedResults {
  readonly all: Figures;
  readonly by_category: Readonly<Record<string, Figures>>;
  readonly by_difficulty: Readonly<Record<string, Figures>>;
  /** Of each recording what is right about its answer. */
  readonly scenarios: Readonly<Record<string, readonly string[]>>;
}

/** The collector's own limit. */
const maxApiCalls = 60;

export function recordedResults(results: readonly Result[]): RecordedResults {
  return {
    all: figures(results),
    by_category: figuresBy(results, 'category'),
    by_difficulty: figuresBy(results, 'difficulty'),
    scenarios: Object.fromEntries(results.map((result) => [result.truth.id, rightAbout(result)])),
  };
}

/** One sentence for each figure that is worse than the recorded one; empty when none is. */
export function fallen(results: readonly Result[], recorded: RecordedResults): string[] {
  const now = recordedResults(results);
  const { api_calls_max: calls } = costs(results);
  return [
    ...worse('all', now.all, recorded.all),
    ...Object.entries(recorded.by_category).flatMap(([name, it]) =>
      worse(`category ${name}`, now.by_category[name], it),
    ),
    ...Object.entries(recorded.by_difficulty).flatMap(([name, it]) => worse(name, now.by_difficulty[name], it)),
    ...Object.entries(recorded.scenarios).flatMap(([id, words]) => {
      const lost = words.filter((word) => !now.scenarios[id]?.includes(word));
      return lost.length > 0 ? [`${id}: no longer ${lost.join(', ')}`] : [];
    }),
    ...(calls > maxApiCalls ? [`${calls} API calls for one recording, over the limit of ${maxApiCalls}`] : []),
  ];
}

const lowerIsBetter = new Set<keyof Figures>(['forbidden_claims', 'wrong_claims', 'false_flags']);

function worse(group: string, now: Figures | undefined, before: Figures): string[] {
  return (Object.keys(before) as (keyof Figures)[]).flatMap((key) => {
    const value = now?.[key] ?? 0;
    const fell = lowerIsBetter.has(key) ? value > before[key] : value < before[key];
    return fell ? [`${group}: ${key} is ${value}, was ${before[key]}`] : [];
  });
}

function rightAbout({ truth, scores }: Result): string[] {
  if (scores === null) return [];
  const { cause_first, wrong_value, must_mention, cleared, flagged, wrong_claims } = scores;
  const words = truth.is_fault ? { cause_first, wrong_value, must_mention } : { cleared };
  const facts = { ...words, flags: flagged, no_wrong_claim: wrong_claims.length === 0 };
  return Object.entries(facts)
    .filter(([, good]) => good)
    .map(([word]) => word);
}
