import { expect, test } from 'vitest';
import { createLoopTurns } from '../../../src/lib/work/loop-turns.ts';

test('between two pieces of work the event loop looks at what came meanwhile', async () => {
  const rounds: (() => void)[] = [];
  const turn = createLoopTurns((call) => rounds.push(call));
  const done: string[] = [];
  const all = Promise.all(['a', 'b', 'c'].map(async (name) => (await turn(), done.push(name))));
  const seen: string[][] = [];
  for (let round = 0; round < 4; round += 1) {
    for (const call of rounds.splice(0)) call();
    await new Promise((resolve) => setImmediate(resolve));
    seen.push([...done]);
  }
  // What asked first is first, and never two in one round.
  expect(seen).toEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']]);
  await all;
});

test('a piece that fails keeps nobody from its turn', async () => {
  const turn = createLoopTurns();
  const broken = turn().then(() => {
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
  await turn();
});
