import { expect, test } from 'vitest';
import { Emitter } from '../../src/lib/emitter.ts';

test('a listener hears what is emitted until it is taken away', () => {
  const heard: number[] = [];
  const emitter = new Emitter<{ tick: number }>();
  const off = emitter.on('tick', (value) => heard.push(value));
  emitter.emit('tick', 1);
  off();
  emitter.emit('tick', 2);
  expect(heard).toEqual([1]);
});

test('a listener that throws hurts neither the emitter nor the others', () => {
  const errors: unknown[] = [];
  const heard: number[] = [];
  const emitter = new Emitter<{ tick: number }>((error) => errors.push(error));
  emitter.on('tick', () => {
    throw new Error('listener');
  });
  emitter.on('tick', (value) => heard.push(value));
  emitter.emit('tick', 3);
  expect(heard).toEqual([3]);
  expect(errors).toEqual([new Error('listener')]);
});
