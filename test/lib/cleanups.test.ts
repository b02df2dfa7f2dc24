import { expect, test } from 'vitest';
import { Cleanups } from '../../src/lib/cleanups.ts';

test('OPS-5: releases run in reverse order, one after the other', async () => {
  const order: string[] = [];
  const cleanups = new Cleanups();
  cleanups.add('first', async () => {
    await Promise.resolve();
    order.push('first');
  });
  cleanups.add('second', () => void order.push('second'));
  await cleanups.run();
  expect(order).toEqual(['second', 'first']);
});

test('a failure does not keep the others from their release', async () => {
  const order: string[] = [];
  const cleanups = new Cleanups();
  cleanups.add('store', () => void order.push('store'));
  cleanups.add('server', () => Promise.reject(new Error('stuck')));
  await expect(cleanups.run()).rejects.toThrow('release of server failed');
  expect(order).toEqual(['store']);
});

test('a second call gets the same promise', async () => {
  let count = 0;
  const cleanups = new Cleanups();
  cleanups.add('once', () => void (count += 1));
  const first = cleanups.run();
  expect(cleanups.run()).toBe(first);
  await first;
  expect(count).toBe(1);
});
