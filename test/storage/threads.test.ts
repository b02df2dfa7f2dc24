import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StoreUnavailableError } from '../../src/domain/state-store.ts';
import { silentLogger } from '../../src/lib/log.ts';
import type { ProblemError } from '../../src/lib/problem.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { signal, startOfTime, storePolicy } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const dying = new URL('./thread-that-dies.ts', import.meta.url);
const ending = new URL('./thread-that-ends.ts', import.meta.url);

async function openWith(threads: { reader?: URL; writer?: URL }) {
  const stopped: ProblemError[] = [];
  const store = await openStateStore({
    file: join(tempDir(), 'state.db'),
    policy: storePolicy(),
    logger: silentLogger,
    onStopped: (error) => stopped.push(error),
    threads,
  });
  onTestFinished(() => store.close());
  return { store, stopped };
}

test.each([
  ['writer', { writer: dying }],
  ['reader', { reader: dying }],
])(
  'INT-1: a %s that ends by itself stops the store with a clear error, once, instead of silence',
  async (which, of) => {
    const { store, stopped } = await openWith(of);
    const ask = () => (which === 'writer' ? store.accept([signal()], startOfTime) : store.counters());
    await expect(ask()).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(ask()).rejects.toBeInstanceOf(StoreUnavailableError);
    await waitUntil(() => stopped.length > 0, 'the error');
    expect(stopped).toMatchObject([{ code: 'NC-STORE-008', message: expect.stringContaining('has stopped') }]);
  },
);

test('INT-1: a thread that ends before it is ready fails the start, and the other one goes with it', async () => {
  for (const threads of [{ writer: ending }, { reader: ending }]) {
    await expect(openWith(threads)).rejects.toThrow('before it was ready');
  }
});

test('OPS-5: a close is no failure', async () => {
  const { store, stopped } = await openWith({});
  await store.close();
  await expect(store.counters()).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(stopped).toEqual([]);
});
