import { expect, test } from 'vitest';
import { Background } from '../../../src/lib/work/background.ts';

test('work begins after the call has returned, is counted, and its failure is told', async () => {
  const background = new Background();
  const done: string[] = [];
  background.run(
    async () => void done.push('one'),
    () => {},
  );
  background.run(
    () => Promise.reject(new Error('no')),
    (error) => done.push(String(error)),
  );
  expect([done, background.size]).toEqual([[], 2]);
  await background.idle();
  expect([done.sort(), background.size]).toEqual([['Error: no', 'one'], 0]);
});

test('a stop waits as long as it may, then cuts off; nothing is begun after it', async () => {
  const background = new Background();
  const ended = Promise.withResolvers<string>();
  background.run(
    (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(ended.resolve('cut off')))),
    () => {},
  );
  await background.stop(AbortSignal.abort());
  expect(await ended.promise).toBe('cut off');
  background.run(
    () => Promise.reject(new Error('begun')),
    () => expect.unreachable(),
  );
  await background.idle();
});
