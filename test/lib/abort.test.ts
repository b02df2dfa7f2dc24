import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { aborted, abortReason, linked, onAbort, untilAborted } from '../../src/lib/abort.ts';

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

function stopped(reason?: unknown): AbortSignal {
  const control = new AbortController();
  control.abort(reason);
  return control.signal;
}

test('a reason is an error, whatever was given', () => {
  const error = new Error('stop');
  expect(abortReason(stopped(error))).toBe(error);
  expect(abortReason(stopped()).name).toBe('AbortError');
  expect(abortReason(stopped('why')).message).toBe('aborted');
  expect(abortReason(stopped('why')).cause).toBe('why');
});

test('a listener hears of the abort once, and leaves nothing', () => {
  const control = new AbortController();
  const heard: string[] = [];
  onAbort(control.signal, (reason) => heard.push(reason.message));
  expect(listeners(control.signal)).toBe(1);
  control.abort(new Error('first'));
  control.abort(new Error('second'));
  expect(heard).toEqual(['first']);
  expect(listeners(control.signal)).toBe(0);
});

test('a listener that came late hears at once; one that let go hears nothing', () => {
  const heard: string[] = [];
  onAbort(stopped(new Error('over')), (reason) => heard.push(reason.message))();
  const control = new AbortController();
  const letGo = onAbort(control.signal, () => heard.push('never'));
  letGo();
  expect(listeners(control.signal)).toBe(0);
  control.abort();
  expect(heard).toEqual(['over']);
});

test('aborted resolves with the abort, before and after', async () => {
  const control = new AbortController();
  const waiting = aborted(control.signal);
  control.abort();
  await waiting;
  await aborted(control.signal);
  expect(listeners(control.signal)).toBe(0);
});

test.each(['resolves', 'rejects'])('untilAborted gives what the promise gives (%s) and lets go', async (end) => {
  const { signal } = new AbortController();
  const work = Promise.withResolvers<number>();
  const result = untilAborted(work.promise, signal).catch((error: unknown) => error);
  expect(listeners(signal)).toBe(1);
  const failure = new Error('boom');
  if (end === 'resolves') work.resolve(7);
  else work.reject(failure);
  expect(await result).toBe(end === 'resolves' ? 7 : failure);
  await Promise.resolve();
  expect(listeners(signal)).toBe(0);
});

test('untilAborted ends with the reason; what fails after that is nobody’s unhandled rejection', async () => {
  const control = new AbortController();
  const work = Promise.withResolvers<number>();
  const result = untilAborted(work.promise, control.signal);
  control.abort(new Error('stop'));
  await expect(result).rejects.toThrow('stop');
  expect(listeners(control.signal)).toBe(0);
  work.reject(new Error('late'));
  await expect(untilAborted(Promise.reject(new Error('late')), control.signal)).rejects.toThrow('stop');
});

test('a linked abort follows the first of its signals, until it lets go', () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const link = linked(one.signal, two.signal);
  two.abort(new Error('two'));
  one.abort(new Error('one'));
  expect(abortReason(link.signal).message).toBe('two');
  expect(linked(one.signal).signal.aborted).toBe(true);

  const three = new AbortController();
  const free = linked(three.signal);
  free.letGo();
  expect(listeners(three.signal)).toBe(0);
  three.abort();
  expect(free.signal.aborted).toBe(false);
});

test('a linked abort ends alone without touching what it follows', () => {
  const outer = new AbortController();
  const link = linked(outer.signal);
  link.abort(new Error('mine'));
  expect(abortReason(link.signal).message).toBe('mine');
  expect(outer.signal.aborted).toBe(false);
  link.letGo();
  expect(listeners(outer.signal)).toBe(0);
});

test('ten thousand waits leave nothing at a signal that lives long', async () => {
  const { signal } = new AbortController();
  for (let turn = 0; turn < 10_000; turn += 1) {
    const link = linked(signal);
    await untilAborted(Promise.resolve(), link.signal);
    link.letGo();
  }
  expect(listeners(signal)).toBe(0);
});
