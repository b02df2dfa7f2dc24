import { expect, test } from 'vitest';
import { EventQueue } from '../../../src/cli/watch/event-queue.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A queue of `most` whose events are shown when the test lets them be; `told` is what a person sees. */
function heldQueue(most: number) {
  const told: string[] = [];
  const held: (() => void)[] = [];
  const queue = new EventQueue({
    most,
    show: async (event) => {
      await new Promise<void>((resolve) => held.push(resolve));
      told.push(event);
    },
    dropped: (count) => told.push(`${count} dropped`),
  });
  const release = async (): Promise<void> => {
    await waitUntil(() => held.length > 0, 'an event that is being shown');
    held.shift()?.();
  };
  return { queue, told, release };
}

test('OPS-4: events are shown in their order, however long one takes', async () => {
  const { queue, told, release } = heldQueue(10);
  for (const event of ['a', 'b', 'c']) queue.add(event, null);
  for (let at = 0; at < 3; at += 1) await release();
  await queue.shown();
  expect(told).toEqual(['a', 'b', 'c']);
});

test('OPS-4: more than may wait are dropped, and how many is said where they would have been', async () => {
  const { queue, told, release } = heldQueue(2);
  // The first one is being shown, two wait.
  for (const event of ['a', 'b', 'c', 'lost', 'lost', 'lost']) queue.add(event, null);
  await release();
  await waitUntil(() => told.length === 1, 'the first event');
  queue.add('d', null);
  queue.add('lost', null);
  for (let at = 0; at < 3; at += 1) await release();
  await queue.shown();
  expect(told).toEqual(['a', 'b', 'c', '3 dropped', 'd', '1 dropped']);
  queue.add('e', null);
  await release();
  await queue.shown();
  expect(told.at(-1)).toBe('e');
});
