import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { processId, signalGroup, signalProcess } from '../../../src/lib/process/send-signal.ts';

const unsafe = ['', '0', '1', '-1', ' 12', '12 ', '1e3', '0x10', '007', 0, -0, 1, -1, -12, 1.5, 2 ** 31, 2 ** 53];
const noNumbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, undefined, [12], {}, true];

test.each([...unsafe, ...noNumbers])('%j is no process id', (value) => {
  expect(() => processId(value)).toThrow(RangeError);
});

test('what is safe', () => {
  expect([2, '2', 4_194_304, '12', 2 ** 31 - 1].map(processId)).toEqual([2, 2, 4_194_304, 12, 2 ** 31 - 1]);
});

test('TRI-3: neither a process nor a group is signalled by an id that means everybody or oneself', () => {
  for (const pid of [Number(''), Number('x'), 1, -1, -process.pid, 1.5, Number.POSITIVE_INFINITY]) {
    // Signal 0 and a signal that Node ignores: harmless even when the check were gone.
    expect(() => signalProcess(pid, 0)).toThrow('not a process id');
    expect(() => signalGroup(pid, 'SIGWINCH')).toThrow('not a process id');
  }
});

test('a process and a group that are there, and that are gone', async () => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  const pid = processId(child.pid);
  expect(signalProcess(pid, 0)).toBe(true);
  expect(signalGroup(pid, 'SIGTERM')).toBe(true);
  expect(await ended).toBe('SIGTERM');
  expect([signalProcess(pid, 0), signalGroup(pid, 'SIGTERM')]).toEqual([false, false]);
});
