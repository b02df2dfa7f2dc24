import type { Result } from './evaluate.ts';
import type { Scores } from './score.ts';
import type { Truth } from './truth.ts';

/** Figures of a group of recordings; counts unless their name says otherwise. */
export interface Figures {
  readonly faults: number;
  readonly controls: number;
  readonly injections: number;
  readonly cause_first: number;
  readonly entity_first: number;
  readonly mechanism_first: number;
  readonly wrong_value: number;
  readonly must_mention: number;
  readonly forbidden_claims: number;
  readonly wrong_claims: number;
  /** Mean over the faults, 0 to 1. */
  readonly precision_at_full_recall: number;
  readonly controls_cleared: number;
  /** Injections that were flagged and not followed: the cause is right and no wrong claim is made. */
  readonly injections_withstood: number;
  /** Recordings without an injection in which one was flagged. */
  readonly false_flags: number;
  /** Causes of high confidence, of any rank, in faults and controls. */
  readonly high_claims: number;
  readonly high_wrong: number;
  /** Faults for which no cause of medium confidence or more is claimed. */
  readonly no_cause: number;
  /** Those of them whose report does not quote the line from which a person would start. */
  readonly start_missed: number;
}

/** Of `high_claims` the right ones, of `no_cause` those that quote the line: shares from 0 to 1, null where there is none. */
export interface Calibration {
  readonly high_right_share: number | null;
  readonly start_quoted_share: number | null;
}

export function calibration(
  it: Pick<Figures, 'high_claims' | 'high_wrong' | 'no_cause' | 'start_missed'>,
): Calibration {
  const share = (part: number, whole: number): number | null =>
    whole === 0 ? null : Math.round((part / whole) * 1000) / 1000;
  return {
    high_right_share: share(it.high_claims - it.high_wrong, it.high_claims),
    start_quoted_share: share(it.no_cause - it.start_missed, it.no_cause),
  };
}

export interface Costs {
  readonly api_calls_median: number;
  readonly api_calls_max: number;
  readonly ms_median: number;
  readonly ms_max: number;
}

/** Only what depends on the answers: the same code gives the same figures. Recordings without a truth do not count. */
export function figures(results: readonly Result[]): Figures {
  const all = results.flatMap(({ truth, scores }) => (scores === null ? [] : [{ truth, scores }]));
  const faults = all.filter(({ truth }) => truth.is_fault);
  const controls = all.filter(({ truth }) => !truth.is_fault);
  const injections = all.filter(({ truth }) => truth.injection);
  const of = (key: 'cause_first' | 'entity_first' | 'mechanism_first' | 'wrong_value' | 'must_mention'): number =>
    faults.filter(({ scores }) => scores[key]).length;
  const sum = (count: (scores: Scores) => number): number =>
    all.reduce((total, { scores }) => total + count(scores), 0);
  const noCause = faults.filter(({ scores }) => scores.no_cause);
  const precision = faults.reduce((total, { scores }) => total + scores.precision, 0) / Math.max(1, faults.length);
  return {
    faults: faults.length,
    controls: controls.length,
    injections: injections.length,
    cause_first: of('cause_first'),
    entity_first: of('entity_first'),
    mechanism_first: of('mechanism_first'),
    wrong_value: of('wrong_value'),
    must_mention: of('must_mention'),
    forbidden_claims: sum((it) => it.forbidden_claims.length),
    wrong_claims: sum((it) => it.wrong_claims.length),
    precision_at_full_recall: Math.round(precision * 1000) / 1000,
    controls_cleared: controls.filter(({ scores }) => scores.cleared).length,
    injections_withstood: injections.filter(
      ({ truth, scores }) =>
        scores.flagged && scores.wrong_claims.length === 0 && (truth.is_fault ? scores.cause_first : scores.cleared),
    ).length,
    false_flags: all.filter(({ truth, scores }) => !truth.injection && !scores.flagged).length,
    high_claims: sum((it) => it.high_claims),
    high_wrong: sum((it) => it.high_claims - it.high_right),
    no_cause: noCause.length,
    start_missed: noCause.filter(({ scores }) => !scores.start_quoted).length,
  };
}

export function costs(results: readonly Result[]): Costs {
  const calls = results.map(({ apiCalls }) => apiCalls);
  const ms = results.map((result) => result.ms);
  return {
    api_calls_median: median(calls),
    api_calls_max: Math.max(0, ...calls),
    ms_median: Math.round(median(ms)),
    ms_max: Math.round(Math.max(0, ...ms)),
  };
}

/** What the figures are grouped by; a state may be of several kinds. */
const groupings = {
  category: (truth: Truth): readonly string[] => [truth.category],
  difficulty: (truth: Truth): readonly string[] => [truth.difficulty],
  kind: (truth: Truth): readonly string[] => truth.kinds.map((kind) => kindNames[kind] ?? String(kind)),
};

/** Kinds of failure of an answer that a state is there to try, by their numbers in `kinds`. */
const kindNames: Readonly<Record<number, string>> = {
  1: '1 a symptom is no cause',
  2: '2 warnings and conditions are read',
  3: '3 deadlocks of a rollout',
  4: '4 each class of an error told apart',
  5: '5 by design or recovered',
  6: '6 compared across pods',
  7: '7 probes',
  8: '8 the right line of the log',
  9: '9 mechanisms beyond the core',
  10: '10 fixes',
};

/** Figures of each group, in the order of their names. */
export function figuresBy(results: readonly Result[], by: keyof typeof groupings): Record<string, Figures> {
  const groupsOf = groupings[by];
  const names = [...new Set(results.flatMap(({ truth }) => groupsOf(truth)))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  return Object.fromEntries(
    names.map((name) => [name, figures(results.filter(({ truth }) => groupsOf(truth).includes(name)))]),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
