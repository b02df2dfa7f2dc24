import { expect, test } from 'vitest';
import { readInput } from '../../src/cli/terminal.ts';

async function* pieces(...parts: (Buffer | string)[]) {
  yield* parts;
}

test('what is piped in is read whole, letters that are cut between pieces too', async () => {
  const bytes = Buffer.from('größe');
  expect(await readInput(pieces(bytes.subarray(0, 3), bytes.subarray(3), ' x'))).toBe('größe x');
  expect(await readInput(pieces())).toBe('');
});

test('what never ends is not read for ever', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 1;
      yield Buffer.alloc(1024 * 1024);
    }
  }
  await expect(readInput(endless())).rejects.toThrow('more than 10485760 bytes');
  expect(read).toBe(11);
});
