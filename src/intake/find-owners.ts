import pLimit from 'p-limit';
import type { ObjectRef } from '../domain/fault.ts';
import type { Reception } from '../domain/records.ts';
import { guessOwner, type OwnerAnswer } from '../kube/owner.ts';
import { untilAborted } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import { timeLimit } from '../lib/time-limit.ts';

/** Root owner and node of an object of a cluster. */
export type FindOwner = (cluster: string, resource: ObjectRef, signal: AbortSignal) => Promise<OwnerAnswer>;

const maxConcurrent = 8;

/**
 * Owners of the objects of some receptions of one cluster, by `seq`. All of them together take at most `limitMs`
 * milliseconds: what has no answer by then is guessed from its name, so that a slow API holds no fault up.
 */
export async function findOwners(
  receptions: readonly Reception[],
  findOwner: FindOwner,
  { clock, limitMs, signal }: { clock: Clock; limitMs: number; signal: AbortSignal },
): Promise<Map<number, OwnerAnswer>> {
  const bounded = timeLimit(clock, limitMs, signal);
  const limit = pLimit(maxConcurrent);
  const byObject = new Map<string, Promise<OwnerAnswer>>();
  const answers = new Map<number, OwnerAnswer>();
  try {
    await Promise.all(
      receptions.map(async ({ seq, cluster, signal: fault }) => {
        if (fault === null) return;
        const { kind, namespace, name, uid } = fault.resource;
        const key = JSON.stringify([kind, namespace, name, uid]);
        const found = byObject.get(key) ?? limit(() => orGuess(findOwner, cluster, fault.resource, bounded.signal));
        byObject.set(key, found);
        answers.set(seq, await found);
      }),
    );
    return answers;
  } finally {
    bounded.letGo();
  }
}

/** The answer, or the guess as soon as the time is over, whether the lookup listens to its signal or not. */
async function orGuess(
  findOwner: FindOwner,
  cluster: string,
  resource: ObjectRef,
  signal: AbortSignal,
): Promise<OwnerAnswer> {
  if (signal.aborted) return guessOwner(resource);
  try {
    return await untilAborted(findOwner(cluster, resource, signal), signal);
  } catch {
    return guessOwner(resource);
  }
}
