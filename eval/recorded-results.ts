import type { Result, SetResults } from './evaluate.ts';
import { calibration, type Calibration, type Figures, costs, figures, figuresBy } from './summary.ts';

/** `eval/results.json`: figures only, the same for the same code. */
export interface RecordedResults {
  readonly sets: Readonly<Record<string, RecordedSet>>;
  /** Over all sets. */
  readonly calibration: Calibration;
}

interface RecordedSet {
  readonly all: Figures;
  readonly by_category: Readonly<Record<string, Figures>>;
  readonly by_difficulty: Readonly<Record<string, Figures>>;
  readonly by_kind: Readonly<Record<string, Figures>>;
  /** Of each recording what is right about its answer. */
  readonly scenarios: Readonly<Record<string, readonly string[]>>;
}

/** The collector's own limit. */
const maxApiCalls = 60;
/** Of causes of high confidence so many have to be right, as a share of 1. */
const leastHighRight = 0.98;

export function recordedResults(sets: readonly SetResults[]): RecordedResults {
  return {
    sets: Object.fromEntries(sets.map(({ set, results }) => [set ?? '', recordedSet(results)])),
    calibration: calibration(figures(sets.flatMap(({ results }) => results))),
  };
}

function recordedSet(results: readonly Result[]): RecordedSet {
  return {
    all: figures(results),
    by_category: figuresBy(results, 'category'),
    by_difficulty: figuresBy(results, 'difficulty'),
    by_kind: figuresBy(results, 'kind'),
    scenarios: Object.fromEntries(results.map((result) => [result.truth.id, rightAbout(result)])),
  };
}

/** One sentence for each figure of these sets that is worse than the recorded one; empty when none is. */
export function fallen(sets: readonly SetResults[], recorded: RecordedResults): string[] {
  const now = recordedResults(sets);
  const { api_calls_max: calls } = costs(sets.flatMap(({ results }) => results));
  return [
    ...Object.entries(now.sets).flatMap(([name, set]) => {
      const before = recorded.sets[name];
      if (!before) return [`set ${name}: no figures of it are recorded`];
      return fallenIn(set, before).map((sentence) => `${name}: ${sentence}`);
    }),
    ...lessCalibrated(now, recorded),
    ...(calls > maxApiCalls ? [`${calls} API calls for one recording, over the limit of ${maxApiCalls}`] : []),
  ];
}

function fallenIn(now: RecordedSet, before: RecordedSet): string[] {
  const groups = (name: 'by_category' | 'by_difficulty' | 'by_kind'): string[] =>
    Object.entries(before[name]).flatMap(([group, it]) =>
      worse(`${name.replace('by_', '')} ${group}`, now[name][group], it),
    );
  return [
    ...worse('all', now.all, before.all),
    ...groups('by_category'),
    ...groups('by_difficulty'),
    ...groups('by_kind'),
    ...Object.entries(before.scenarios).flatMap(([id, words]) => {
      const lost = words.filter((word) => !now.scenarios[id]?.includes(word));
      return lost.length > 0 ? [`${id}: no longer ${lost.join(', ')}`] : [];
    }),
  ];
}

/** The share over all sets: once it is what it has to be, it stays there. */
function lessCalibrated(now: RecordedResults, before: RecordedResults): string[] {
  if (Object.keys(now.sets).length < Object.keys(before.sets).length) return [];
  const { high_right_share: share } = now.calibration;
  const was = before.calibration.high_right_share;
  if (share === null || was === null || was < leastHighRight || share >= leastHighRight) return [];
  return [`calibration: ${share} of the causes of high confidence are right, at least ${leastHighRight} have to be`];
}

const lowerIsBetter = new Set<keyof Figures>([
  'forbidden_claims',
  'wrong_claims',
  'false_flags',
  'high_wrong',
  'start_missed',
]);
/** Neither more nor fewer of these is better by itself. */
const neutral = new Set<keyof Figures>(['high_claims', 'no_cause']);

function worse(group: string, now: Figures | undefined, before: Figures): string[] {
  return (Object.keys(before) as (keyof Figures)[]).flatMap((key) => {
    const value = now?.[key] ?? 0;
    const fell = !neutral.has(key) && (lowerIsBetter.has(key) ? value > before[key] : value < before[key]);
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
