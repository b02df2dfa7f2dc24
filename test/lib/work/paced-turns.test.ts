import { expect, test } from 'vitest';
import { PacedTurns } from '../../../src/lib/work/paced-turns.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function paced(over: { rest?: number; maxWaiting?: number } = {}) {
  const clock = new ManualClock();
  const pace = { rest: () => over.rest ?? 0, maxRestMs: 500, holdMs: 100, maxWaiting: over.maxWaiting ?? 10 };
  const turns = new PacedTurns(pace, clock);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = async (name: string): Promise<void> => {
    const end = await turns.take();
    begun.push(end === null ? `no ${name}` : name);
    if (end !== null) ends.set(name, end);
  };
  return { clock, ask: (name: string) => void ask(name), begun, end: (name: string) => ends.get(name)?.() };
}

test('OPS-3: one turn follows the other, in the order in which they were asked for, and one that ends twice ends once', async () => {
  const { clock, ask, begun, end } = paced();
  for (const name of ['a', 'b', 'c']) ask(name);
  await clock.advance(10);
  expect(begun).toEqual(['a']);
  end('a');
  end('a');
  await clock.advance(0);
  expect(begun).toEqual(['a', 'b']);
  end('b');
  end('c');
  await clock.advance(0);
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('OPS-3: after a turn nothing begins for so many times its time, also when nobody waited then, and not for longer than the bound', async () => {
  const { clock, ask, begun, end } = paced({ rest: 9 });
  ask('a');
  await clock.advance(40);
  end('a');
  ask('b');
  await clock.advance(359);
  expect(begun).toEqual(['a']);
  await clock.advance(1);
  expect(begun).toEqual(['a', 'b']);
  await clock.advance(90);
  ask('c');
  end('b');
  await clock.advance(499);
  expect(begun).toEqual(['a', 'b']);
  await clock.advance(1);
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('OPS-3: a turn that waits for something itself keeps nobody waiting', async () => {
  const { clock, ask, begun, end } = paced();
  ask('slow');
  ask('next');
  await clock.advance(99);
  expect(begun).toEqual(['slow']);
  await clock.advance(1);
  expect(begun).toEqual(['slow', 'next']);
  ask('third');
  end('slow');
  await clock.advance(0);
  // Its end gives no second place.
  expect(begun).toEqual(['slow', 'next']);
});

test('OPS-3: who comes when too many wait is told so at once', async () => {
  const { clock, ask, begun, end } = paced({ maxWaiting: 2 });
  for (const name of ['a', 'b', 'c', 'd']) ask(name);
  await clock.advance(0);
  expect(begun).toEqual(['a', 'no d']);
  end('a');
  await clock.advance(0);
  ask('e');
  await clock.advance(0);
  end('b');
  await clock.advance(0);
  end('c');
  await clock.advance(0);
  expect(begun).toEqual(['a', 'no d', 'b', 'c', 'e']);
});
