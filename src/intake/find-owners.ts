import pLimit from 'p-limit';
import type { ObjectRef } from '../domain/fault.ts';
import type { Reception } from '../domain/records.ts';
import { guessOwner, type OwnerAnswer } from '../kube/owner.ts';
import type { Clock } from '../lib/clock.ts';

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
  const controller = new AbortController();
  const bounded = AbortSignal.any([signal, controller.signal]);
  const timer = clock.setTimer(() => controller.abort(new Error('owner lookup took too long')), limitMs);
  const limit = pLimit(maxConcurrent);
  const byObject = new Map<string, Promise<OwnerAnswer>>();
  const answers = new Map<number, OwnerAnswer>();
  try {
    await Promise.all(
      receptions.map(async ({ seq, cluster, signal: fault }) => {
        if (fault === null) return;
        const { kind, namespace, name, uid } = fault.resource;
        const key = JSON.stringify([kind, namespace, name, uid]);
        const found = byObject.get(key) ?? limit(() => orGuess(findOwner, cluster, fault.resource, bounded));
        byObject.set(key, found);
        answers.set(seq, await found);
      }),
    );
    return answers;
  } finally {
    timer.cancel();
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
  const aborted = Promise.withResolvers<OwnerAnswer>();
  const onAbort = (): void => aborted.resolve(guessOwner(resource));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([findOwner(cluster, resource, signal), aborted.promise]);
  } catch {
    return guessOwner(resource);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
