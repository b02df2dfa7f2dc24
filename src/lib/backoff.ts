export interface BackoffPolicy {
  /** First delay, milliseconds. */
  readonly initialMs: number;
  /** Ceiling of the delay before jitter, milliseconds. */
  readonly maxMs: number;
}

/**
 * Delay before attempt `attempt` (0 is the first retry): doubling up to the ceiling, with "equal jitter": between half
 * and all of it, so that many clients that failed together do not come back together.
 */
export function backoffDelay(policy: BackoffPolicy, attempt: number, random: () => number = Math.random): number {
  const full = Math.min(policy.maxMs, policy.initialMs * 2 ** Math.min(Math.max(attempt, 0), 30));
  return Math.round(full / 2 + (full / 2) * random());
}

/** Up to a tenth less than `ms`: what began together in many places should not stay together. */
export function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (0.9 + 0.1 * random()));
}
