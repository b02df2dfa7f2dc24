import { expect, test } from 'vitest';
import { exitMeaning } from '../../../src/analyst/signals/why-it-ended.ts';

test.each<[number | null, string | null]>([
  [132, 'SIGILL: an instruction that the CPU does not have'],
  [134, 'SIGABRT: the program aborted itself'],
  [137, 'SIGKILL: it was ended from outside, and is not marked OOMKilled'],
  [139, 'SIGSEGV: an access to memory that is not its own'],
  [143, 'SIGTERM: it was asked to end'],
  [127, 'the command was not found'],
  [1, null],
  [0, null],
  [null, null],
])('QUA-1: exit code %s says: %s', (code, wanted) => {
  expect(exitMeaning(code)).toBe(wanted);
});
