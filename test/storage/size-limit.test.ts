import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../src/lib/log.ts';
import { SizeLimit } from '../../src/storage/size-limit.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const MiB = 1024 * 1024;
const tenMinutes = 600_000;

/** Real files below a data_dir, and a store in which these incidents have ended, by when. */
function dataDir(ended: Record<string, number>, limit: number) {
  const dir = tempDir();
  const clock = new ManualClock();
  const infos: object[] = [];
  const warnings: object[] = [];
  /** What the test changes. */
  const given = { limit, ended, refuses: '', broken: false, artifacts: true };
  const sizeLimit = new SizeLimit({
    store: {
      endedIncidents: async (ids) => {
        if (given.broken) throw new Error('the store is closed');
        return ids.flatMap((id) => {
          const endedAt = given.ended[id];
          return endedAt === undefined ? [] : [{ id, cluster: 'prod', endedAt }];
        });
      },
    },
    settings: () => ({
      maxBytes: given.limit * MiB,
      workspaces: path.join(dir, 'workspaces'),
      artifacts: given.artifacts ? path.join(dir, 'artifacts') : null,
    }),
    remove: async (folder) => {
      if (given.refuses !== '' && folder.includes(given.refuses)) throw new Error(`EPERM: not permitted, ${folder}`);
      rmSync(folder, { recursive: true });
    },
    clock,
    logger: {
      ...silentLogger,
      info: (fields) => void infos.push(fields),
      warn: (fields) => void warnings.push(fields),
    },
  });
  onTestFinished(() => sizeLimit.stop());
  const waits = () => waitUntil(() => clock.timers === 1, 'the end of the turn');
  return {
    dir,
    given,
    infos,
    warnings,
    sizeLimit,
    /** The first turn, or the next one. */
    turn: async (): Promise<void> => {
      if (clock.timers === 0) sizeLimit.start();
      else await clock.advance(tenMinutes);
      await waits();
    },
    /** A folder with nearly so many MiB; what file systems add fits into the rest. */
    put: (folder: string, size = 1): void => {
      mkdirSync(path.join(dir, folder, 'logs'), { recursive: true });
      writeFileSync(path.join(dir, folder, 'logs/file'), randomBytes(size * MiB - 100 * 1024));
    },
    left: (...folders: readonly string[]): string[] => folders.filter((folder) => existsSync(path.join(dir, folder))),
  };
}

const folders = [
  'workspaces/inc_c/run_1',
  'workspaces/inc_a/run_1',
  'workspaces/inc_a/run_2',
  'workspaces/inc_live/run_1',
  'artifacts/prod/inc_a',
  'artifacts/prod/inc_c',
  'artifacts/prod/inc_live',
  'artifacts/prod/inc_unknown',
];

/* In this order they go. */
const order = [
  'workspaces/inc_a/run_1',
  'workspaces/inc_a/run_2',
  'workspaces/inc_c/run_1',
  'artifacts/prod/inc_a',
  'artifacts/prod/inc_c',
];

test.each([8, 7, 6, 5, 4, 3])(
  'OPS-9, TRI-2: to %i MiB, what ended longest ago goes first, workspaces before reports, nothing that is live',
  async (limit) => {
    const { put, left, turn, sizeLimit, infos, dir } = dataDir({ inc_c: 300, inc_a: 100 }, limit);
    writeFileSync(path.join(dir, 'nightcrier.db'), randomBytes(4 * MiB));
    for (const folder of folders) put(folder);
    await turn();
    expect(left(...order)).toEqual(order.slice(8 - limit));
    const kept = folders.filter((folder) => !order.includes(folder));
    expect(left(...kept, 'nightcrier.db')).toEqual([...kept, 'nightcrier.db']);
    expect(sizeLimit.problems()).toEqual([]);
    expect(infos).toHaveLength(limit === 8 ? 0 : 1);
  },
);

test('OPS-9: when nothing is left that may go, it is a problem until there is room or the limit is raised', async () => {
  const { put, left, turn, sizeLimit, given, dir } = dataDir({ inc_a: 100 }, 2);
  for (const folder of folders) put(folder);
  await turn();
  expect(left(...folders)).toEqual(folders.filter((folder) => !folder.includes('inc_a')));
  expect(sizeLimit.problems()).toEqual([
    {
      code: 'NC-STORE-011',
      message:
        'workspaces and reports take 5Mi of 2Mi, and what is left is of live incidents, or of none that is known; investigations wait',
      fix: expect.stringContaining(path.join(dir, 'workspaces')),
    },
  ]);
  given.limit = 5;
  expect(sizeLimit.problems()).toEqual([]);
  given.limit = 0;
  expect(sizeLimit.problems()).toEqual([]);
  given.limit = 3;
  given.ended = { inc_a: 100, inc_live: 200 };
  await turn();
  expect(sizeLimit.problems()).toEqual([]);
  expect(left(...folders)).toEqual(['workspaces/inc_c/run_1', 'artifacts/prod/inc_c', 'artifacts/prod/inc_unknown']);
});

test('OPS-9: what cannot be removed is said, the next ones go for it, and it is tried again', async () => {
  const { put, left, turn, sizeLimit, given } = dataDir({ inc_a: 100, inc_c: 300 }, 2);
  for (const folder of ['workspaces/inc_a/run_1', 'workspaces/inc_c/run_1', 'artifacts/prod/inc_live']) put(folder);
  given.refuses = 'inc_a';
  await turn();
  expect(left('workspaces/inc_a/run_1', 'workspaces/inc_c/run_1')).toEqual(['workspaces/inc_a/run_1']);
  expect(sizeLimit.problems()).toEqual([]);
  given.limit = 1;
  await turn();
  expect(sizeLimit.problems()).toMatchObject([
    { code: 'NC-STORE-011', message: expect.stringMatching(/2Mi of 1Mi, and 1 folder could not be deleted: EPERM/) },
  ]);
  given.refuses = '';
  await turn();
  expect([left('workspaces/inc_a/run_1'), sizeLimit.problems()]).toEqual([[], []]);
});

test('OPS-9: links are neither followed nor what they show to removed', async () => {
  const { put, left, turn, sizeLimit, dir } = dataDir({ inc_a: 100, inc_b: 200 }, 1);
  put('elsewhere/folder', 9);
  for (const run of ['workspaces/inc_a/run_1', 'workspaces/inc_live/run_1']) put(run);
  for (const from of ['workspaces/inc_a/run_1/link', 'workspaces/inc_live/run_1/link', 'workspaces/inc_b'])
    symlinkSync(path.join(dir, 'elsewhere'), path.join(dir, from));
  await turn();
  expect(left('workspaces/inc_a/run_1', 'workspaces/inc_live/run_1')).toEqual(['workspaces/inc_live/run_1']);
  expect(left('elsewhere/folder/logs/file')).toHaveLength(1);
  expect(sizeLimit.problems()).toEqual([]);
});

test('OPS-9: an incident that came back since it was listed keeps what is its own', async () => {
  const { put, left, turn, given } = dataDir({}, 1);
  for (const run of ['workspaces/inc_a/run_1', 'workspaces/inc_c/run_1']) put(run);
  let asked = 0;
  const ended = { inc_a: 100, inc_c: 300 };
  // Listed as ended; when it comes to it, the first one is live again.
  Object.defineProperty(given, 'ended', { get: () => (asked++ < 2 ? ended : { inc_c: 300 }) });
  await turn();
  expect(left('workspaces/inc_a/run_1', 'workspaces/inc_c/run_1')).toEqual(['workspaces/inc_a/run_1']);
});

test('OPS-9: without a limit nothing goes, nor are reports counted that lie elsewhere', async () => {
  const { put, left, turn, given } = dataDir({ inc_a: 100 }, 0);
  for (const folder of ['workspaces/inc_a/run_1', 'artifacts/prod/inc_a']) put(folder);
  await turn();
  given.limit = 1;
  given.artifacts = false;
  await turn();
  expect(left('workspaces/inc_a/run_1', 'artifacts/prod/inc_a')).toHaveLength(2);
});

test('OPS-9: a store that cannot be asked removes nothing, and the next turn comes', async () => {
  const { put, left, turn, given, warnings } = dataDir({ inc_a: 100 }, 1);
  for (const folder of ['workspaces/inc_a/run_1', 'artifacts/prod/inc_a']) put(folder);
  given.broken = true;
  await turn();
  expect(warnings).toEqual([{ error: 'the store is closed' }]);
  expect(left('workspaces/inc_a/run_1', 'artifacts/prod/inc_a')).toHaveLength(2);
  given.broken = false;
  await turn();
  expect(left('workspaces/inc_a/run_1', 'artifacts/prod/inc_a')).toEqual(['artifacts/prod/inc_a']);
});
