import { expect, test } from 'vitest';
import { silentLogger } from '../../src/lib/log.ts';
import { DiskRoom } from '../../src/triage/disk-room.ts';

const MiB = 1024 * 1024;

/** A disk of this size with so much free, MiB; the test changes what is free. */
function diskOf(size: number, free: number) {
  const facts = { bsize: 4096, blocks: (size * MiB) / 4096, bavail: (free * MiB) / 4096 };
  const told: string[] = [];
  const note = (_fields: object, message: string): void => void told.push(message);
  const logger = { ...silentLogger, warn: note, info: note };
  const room = new DiskRoom({ folder: () => '/data', logger, statfs: async () => facts });
  const leave = (more: number): void => void (facts.bavail = (more * MiB) / 4096);
  return { room, told, leave };
}

test.each([
  ['a large disk', 100_000, 65, true],
  ['a large disk', 100_000, 63, false],
  ['a small disk', 100, 6, true],
  ['a small disk', 100, 4, false],
])('OPS-9: %s of %i MiB with %i MiB free', async (_what, size, free, expected) => {
  expect(await diskOf(size, free).room.has()).toBe(expected);
});

test('OPS-9: it is said once that there is no room, with what to do, and once that there is again', async () => {
  const { room, told, leave } = diskOf(100, 4);
  await room.has();
  await room.has();
  expect(room.problems()).toEqual([
    {
      code: 'NC-TRIAGE-016',
      message: '4Mi are free on the disk of /data: investigations wait',
      fix: expect.stringContaining('free space on the disk of /data'),
    },
  ]);
  leave(50);
  await room.has();
  expect(room.problems()).toEqual([]);
  expect(told).toEqual(['Investigations wait for room on the disk', 'there is room for investigations again']);
});

test('OPS-9: a disk that cannot be asked has room', async () => {
  const statfs = () => Promise.reject(new Error('ENOSYS'));
  expect(await new DiskRoom({ folder: () => '/data', logger: silentLogger, statfs }).has()).toBe(true);
});
