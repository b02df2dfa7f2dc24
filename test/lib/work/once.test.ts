import { expect, test } from 'vitest';
import { once } from '../../../src/lib/work/once.ts';

/** Gives these one after the other, and rejects with those that are errors. */
function giving(answers: (number | Error)[]): () => Promise<number> {
  const left = [...answers];
  return once(async () => {
    const next = left.shift();
    if (next === undefined || next instanceof Error) throw next ?? new Error('made too often');
    return next;
  });
}

test('it is made once, also for those who ask while it is being made', async () => {
  const give = giving([1, 2]);
  expect(await Promise.all([give(), give()])).toEqual([1, 1]);
  expect(await give()).toBe(1);
});

test('a failure is told to all who waited for it, and not kept', async () => {
  const give = giving([new Error('not now'), 7]);
  const asked = await Promise.allSettled([give(), give()]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await give()).toBe(7);
});

test('it is made with the arguments of who asks first, after a failure of who asks next', async () => {
  let failing = true;
  const give = once(async (name: string) => {
    if (failing) throw new Error(`not for ${name}`);
    return name;
  });
  await expect(give('first')).rejects.toThrow('not for first');
  failing = false;
  expect([await give('second'), await give('third')]).toEqual(['second', 'second']);
});
