import { expect, test } from 'vitest';
import { Turns } from '../../../src/lib/work/turns.ts';

test('STO-1: what was asked for first is done first, a failure holds nobody up, other keys do not wait', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take('a', async () => {
    await gate.promise;
    done.push('first');
    throw new Error('broken');
  });
  const second = turns.take('a', () => Promise.resolve(done.push('second')));
  expect(await turns.take('b', () => Promise.resolve('other'))).toBe('other');
  expect(done).toEqual([]);
  gate.resolve();
  await expect(first).rejects.toThrow('broken');
  expect(await second).toBe(2);
  expect(done).toEqual(['first', 'second']);
});
