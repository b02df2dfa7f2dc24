import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { ObjectRef } from '../../src/domain/fault.ts';
import type { Reception } from '../../src/domain/records.ts';
import { type FindOwner, findOwners } from '../../src/intake/find-owners.ts';
import type { OwnerAnswer } from '../../src/kube/owner.ts';
import { openTestStore } from '../storage/store-fixture.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { owner, signal, startOfTime } from '../support/signals.ts';

const { signal: never } = new AbortController();

/** Receptions of faults of these pods, as the store has them. */
async function receptions(...pods: string[]): Promise<readonly Reception[]> {
  const { store } = await openTestStore();
  await store.accept(
    pods.map((pod, index) => signal({ pod, faultId: `fault-${index}` })),
    startOfTime,
  );
  return store.unsettled(1000);
}

/** Look-ups that the test answers, by the name of their object. */
class LookUps {
  readonly asked: string[] = [];
  readonly open = new Map<string, { answer: (answer: OwnerAnswer) => void; fail: (error: Error) => void }>();
  readonly find: FindOwner = (_cluster, resource: ObjectRef) => {
    this.asked.push(resource.name);
    const { promise, resolve, reject } = Promise.withResolvers<OwnerAnswer>();
    this.open.set(resource.name, { answer: resolve, fail: reject });
    return promise;
  };
}

const certain = (name: string): OwnerAnswer => ({ owner: owner(name), node: 'n1' });

test('INT-2: each reception gets the owner of its object; an object is asked about once', async () => {
  const rows = await receptions('api-1', 'api-1', 'web-1');
  const lookUps = new LookUps();
  const clock = new ManualClock();
  const done = findOwners(rows, lookUps.find, { clock, limitMs: 1000, signal: never });
  await clock.advance(0);
  expect(lookUps.asked).toEqual(['api-1', 'web-1']);
  lookUps.open.get('api-1')?.answer(certain('api'));
  lookUps.open.get('web-1')?.answer(certain('web'));
  const answers = await done;
  expect(rows.map(({ seq }) => answers.get(seq)?.owner.name)).toEqual(['api', 'api', 'web']);
  expect(clock.timers).toBe(0);
});

test('at most eight look-ups go on at the same time', async () => {
  const rows = await receptions(...Array.from({ length: 20 }, (_, index) => `pod-${index}`));
  const lookUps = new LookUps();
  const clock = new ManualClock();
  const done = findOwners(rows, lookUps.find, { clock, limitMs: 1000, signal: never });
  await clock.advance(0);
  expect(lookUps.asked).toHaveLength(8);
  lookUps.open.get('pod-0')?.answer(certain('pod'));
  await clock.advance(0);
  expect(lookUps.asked).toHaveLength(9);
  await clock.advance(1000);
  expect((await done).size).toBe(20);
});

test('INT-2: what has no answer in time is guessed from its name; what had one keeps it', async () => {
  const rows = await receptions('api-7d9c4b5f6-x2x4z', 'web-1');
  const lookUps = new LookUps();
  const clock = new ManualClock();
  const done = findOwners(rows, lookUps.find, { clock, limitMs: 3000, signal: never });
  await clock.advance(0);
  lookUps.open.get('web-1')?.answer(certain('web'));
  await clock.advance(0);
  await clock.advance(3000);
  const answers = [...(await done).values()];
  expect(answers).toContainEqual({
    owner: { kind: 'Deployment', namespace: 'payments', name: 'api', certain: false },
    node: null,
  });
  expect(answers).toContainEqual(certain('web'));
});

test('INT-2: a look-up that fails costs its own object alone', async () => {
  const rows = await receptions('api-1', 'web-1');
  const lookUps = new LookUps();
  const clock = new ManualClock();
  const done = findOwners(rows, lookUps.find, { clock, limitMs: 3000, signal: never });
  await clock.advance(0);
  lookUps.open.get('api-1')?.fail(new Error('forbidden'));
  lookUps.open.get('web-1')?.answer(certain('web'));
  const answers = await done;
  expect(rows.map(({ seq }) => answers.get(seq)?.owner.certain)).toEqual([false, true]);
});

test('OPS-5: a stop ends the waiting at once and leaves nothing at its signal', async () => {
  const rows = await receptions('api-1', 'web-1');
  const clock = new ManualClock();
  const stop = new AbortController();
  const done = findOwners(rows, new LookUps().find, { clock, limitMs: 60_000, signal: stop.signal });
  await clock.advance(0);
  stop.abort(new Error('intake stops'));
  expect((await done).size).toBe(2);
  expect(clock.timers).toBe(0);
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});

test('a reception that is no fault has no owner', async () => {
  const [row] = await receptions('api-1');
  if (row === undefined) throw new Error('no reception');
  const clock = new ManualClock();
  const lookUps = new LookUps();
  const answers = await findOwners([{ ...row, signal: null }], lookUps.find, { clock, limitMs: 1000, signal: never });
  expect([answers.size, lookUps.asked.length]).toEqual([0, 0]);
});
