import { expect, test } from 'vitest';
import type { CliContext } from '../../../src/cli/context.ts';
import type { Follower } from '../../../src/cli/daemon-client.ts';
import { type Watch, watchDaemon } from '../../../src/cli/watch/watch-daemon.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A daemon whose events the test tells, and a watch of it that counts what it shows. */
function watching(follow?: (signal: AbortSignal) => Promise<void>) {
  const stop = new AbortController();
  const heard = Promise.withResolvers<Follower>();
  const shown: boolean[] = [];
  const opened: boolean[] = [];
  const resized: { on: () => void; letGo: number } = { on: () => {}, letGo: 0 };
  const context = {
    signal: stop.signal,
    io: {
      onSignal: (_signal: string, listener: () => void) => {
        resized.on = listener;
        return () => (resized.letGo += 1);
      },
    },
  } as unknown as CliContext;
  const client = {
    follow: (follower: Follower, signal: AbortSignal): Promise<void> => {
      heard.resolve(follower);
      if (follow) return follow(signal);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
  const concerns = (event: string): boolean => event === 'incident';
  const show: Watch['show'] = async (state) => {
    shown.push(state.lost);
    opened.push(state.opened);
  };
  const done = watchDaemon(context, { client, concerns, show });
  return { stop, heard: heard.promise, shown, opened, resized, done };
}

const until = (condition: () => boolean, what: string) => waitUntil(condition, what, 20_000);

test('OPS-4: shows with the connection, after what concerns it, after a resize, and ends with the signal', async () => {
  const { stop, heard, shown, resized, done } = watching();
  const follower = await heard;
  expect(shown).toEqual([]);
  follower.onOpen(false);
  await until(() => shown.length === 1, 'the first');
  follower.onEvent('delivery', {});
  for (let at = 0; at < 100; at += 1) follower.onEvent('incident', {});
  await until(() => shown.length === 2, 'the second');
  resized.on();
  await until(() => shown.length === 3, 'the resize');
  stop.abort();
  await done;
  expect({ shown, letGo: resized.letGo }).toEqual({ shown: [false, false, false], letGo: 1 });
});

test('OPS-4: a lost connection is told, and that it is back', async () => {
  const { stop, heard, shown, done } = watching();
  const follower = await heard;
  follower.onOpen(false);
  await until(() => shown.length === 1, 'the first');
  follower.onLost();
  await until(() => shown.at(-1) === true, 'the loss');
  follower.onOpen(true);
  await until(() => shown.at(-1) === false, 'the return');
  stop.abort();
  await expect(done).resolves.toBeUndefined();
});

test('OPS-4: that the connection was opened is told once, also when it was lost for a moment alone', async () => {
  const { stop, heard, opened, done } = watching();
  const follower = await heard;
  follower.onOpen(false);
  await until(() => opened.length === 1, 'the first');
  follower.onEvent('incident', {});
  await until(() => opened.length === 2, 'the event');
  follower.onLost();
  follower.onOpen(true);
  await until(() => opened.length === 3, 'the return');
  stop.abort();
  await done;
  expect(opened).toEqual([true, false, true]);
});

test('OPS-4: a daemon that refuses ends it with its problem, and shows nothing', async () => {
  const { shown, resized, done } = watching(() => Promise.reject(new Error('answered 401')));
  await expect(done).rejects.toThrow('answered 401');
  expect({ shown, letGo: resized.letGo }).toEqual({ shown: [], letGo: 1 });
});

test('OPS-4: what cannot be shown ends it', async () => {
  const stop = new AbortController();
  const io = { onSignal: () => () => {} };
  const client = {
    follow: (follower: Follower, signal: AbortSignal): Promise<void> => {
      follower.onOpen(false);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
  const show = (): Promise<void> => Promise.reject(new Error('the state is gone'));
  const context = { signal: stop.signal, io } as unknown as CliContext;
  await expect(watchDaemon(context, { client, concerns: () => true, show })).rejects.toThrow('the state is gone');
});
