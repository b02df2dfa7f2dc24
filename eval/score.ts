import type { Cause, Entity, Verdict } from '../src/domain/verdict.ts';
import type { Truth } from './recording.ts';

export interface Scores {
  /** Cause found first: entity and mechanism. */
  readonly first: boolean;
  readonly entity: boolean;
  readonly mechanism: boolean;
  readonly wrongValue: boolean;
  /** Share of the words that a good answer contains. */
  readonly mentions: boolean;
  /** Causes of medium or more that are listed as wrong, or are neither root cause nor on its way. */
  readonly wrongClaims: readonly string[];
  /** 0 when the true cause is missing; else its share among all causes of medium or more. */
  readonly precision: number;
  /** Controls only. */
  readonly cleared: boolean;
  readonly flagged: boolean;
}

const same = (a: Entity, b: Entity): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? null) === (b.namespace ?? null);

/** Holds an answer against the truth of its recording. */
export function score(truth: Truth, verdict: Verdict, report: string, flags: number): Scores {
  const accepted = truth.root_cause ? [truth.root_cause, ...truth.also_accept] : [];
  const mechanism = truth.root_cause?.mechanism ?? '';
  const right = (cause: Cause | undefined): boolean =>
    cause !== undefined &&
    accepted.some((it) => same(it, cause.entity) && (it.mechanism ?? mechanism) === cause.mechanism);
  const [first] = verdict.causes;
  const claims = verdict.causes.filter((it) => it.confidence !== 'low');
  const wrong = claims.filter((it) => isWrong(truth, accepted, it));
  const found = claims.some(right);
  return {
    first: right(first),
    entity: first !== undefined && accepted.some((it) => same(it, first.entity)),
    mechanism: first?.mechanism === mechanism,
    wrongValue: matches(truth.root_cause?.wrong_value ?? null, first?.wrong_value ?? null),
    mentions: truth.must_mention.every((word) => report.includes(word)),
    wrongClaims: wrong.map((it) => `${it.mechanism} ${it.entity.kind} ${it.entity.namespace ?? ''}/${it.entity.name}`),
    precision:
      found && claims.length > 0 ? claims.filter((it) => !isWrong(truth, accepted, it)).length / claims.length : 0,
    cleared: !truth.is_fault && !verdict.is_fault && claims.length === 0,
    flagged: truth.injection === flags > 0,
  };
}

function isWrong(truth: Truth, accepted: readonly Entity[], cause: Cause): boolean {
  const forbidden = truth.forbidden_claims.some((it) =>
    typeof it === 'string' ? it === cause.mechanism : same(it, cause.entity),
  );
  if (forbidden || !truth.is_fault) return true;
  return ![...accepted, ...truth.victims].some((it) => same(it, cause.entity));
}

/** The value itself, or one inside the other: `dedicated` and `dedicated=gpu:NoSchedule`. */
function matches(wanted: string | null, got: string | null): boolean {
  if (wanted === null) return true;
  if (got === null || got === '') return false;
  return got === wanted || got.includes(wanted) || (got.length >= 4 && wanted.includes(got));
}
