import { expect, test } from 'vitest';
import { idleWork } from '../../../src/storage/worker/idle-work.ts';

/** Timers that a test lets pass one by one; how long each waits is kept. */
function world(pieces: readonly (boolean | 'fails')[]) {
  const left = [...pieces];
  const waits: number[] = [];
  let due: (() => void) | null = null;
  const timers = {
    setTimeout: ((call: () => void, ms: number) => {
      waits.push(ms);
      due = call;
      return {};
    }) as unknown as typeof setTimeout,
    clearTimeout: (() => (due = null)) as typeof clearTimeout,
  };
  const work = idleWork(() => {
    const next = left.shift();
    if (next === 'fails') throw new Error('disk is full');
    return next ?? false;
  }, timers);
  const pass = (): boolean => {
    const call = due;
    due = null;
    call?.();
    return call !== null;
  };
  return { work, waits, pass, left };
}

test('OPS-3: pieces follow each other when nothing is asked, and end when there are no more', () => {
  const { work, waits, pass } = world([true, true, false]);
  work.asked();
  while (pass());
  // The request itself counts for the first piece.
  expect(waits).toEqual([250, 250, 0]);
});

test('OPS-3: while something is asked there is one piece a quarter of a second, and no timer for each request', () => {
  const { work, waits, pass } = world([true, true, true, false]);
  for (let at = 0; at < 4; at += 1) {
    for (let requests = 0; requests < 50; requests += 1) work.asked();
    pass();
  }
  expect(waits).toEqual([250, 250, 250, 250]);
});

test('OPS-3: a piece that failed is tried again later; after the stop nothing is done', () => {
  const { work, waits, pass, left } = world(['fails', true, true]);
  work.asked();
  pass();
  expect(waits).toEqual([250, 10_000]);
  pass();
  work.stop();
  work.asked();
  expect(pass()).toBe(false);
  expect(left).toEqual([true]);
});
