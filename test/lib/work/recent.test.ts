import { expect, test } from 'vitest';
import { recent } from '../../../src/lib/work/recent.ts';

function world(answers: (number | Error)[]) {
  const clock = { time: 1000, now: () => clock.time };
  const left = [...answers];
  const ask = recent(
    async () => {
      const next = left.shift();
      if (next === undefined || next instanceof Error) throw next ?? new Error('asked too often');
      return next;
    },
    500,
    clock,
  );
  return { clock, ask };
}

test('who asks within the time gets the same answer, also while it is being found', async () => {
  const { clock, ask } = world([1, 2, 3]);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  clock.time += 499;
  expect(await ask()).toBe(1);
  clock.time += 1;
  expect(await ask()).toBe(2);
  // A clock that was set back does not keep it for ever.
  clock.time -= 10_000;
  expect(await ask()).toBe(3);
});

test('a failure is told and not kept', async () => {
  const { ask } = world([new Error('not now'), 7]);
  await expect(ask()).rejects.toThrow('not now');
  expect(await ask()).toBe(7);
});
