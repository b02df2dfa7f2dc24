import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { killMarkedProcesses } from '../../../src/lib/process/marked-processes.ts';
import { signalProcess } from '../../../src/lib/process/send-signal.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { lacks, programPath } from '../../support/needs.ts';
import { isAlive, pidsIn } from '../../support/processes.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Starts sleepers in sessions of their own, as a process that wants to get away does; resolves to their ids. */
async function strays(count: number, mark: string): Promise<number[]> {
  const file = path.join(tempDir(), 'pids');
  const one = `setsid bash -c 'echo $$ >> ${file}; exec sleep 60' > /dev/null 2>&1 &`;
  const script = `: > ${file}\n${`${one}\n`.repeat(count)}while [ "$(wc -l < ${file})" -lt ${count} ]; do sleep 0.02; done`;
  await spawnProcess('bash', ['-c', script], {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', MARK: mark },
    timeoutMs: 10_000,
  });
  return pidsIn(file);
}

const cannotEscape = lacks('processes in a session of their own', 'setsid', '/proc');

test.skipIf(cannotEscape)('TRI-3: kills what carries the mark, and nothing else', async () => {
  const [marked, others] = [await strays(3, 'ours'), await strays(1, 'ours-not')];
  try {
    const answer = await killMarkedProcesses({ entry: (entry) => entry === 'MARK=ours' });
    expect(answer).toEqual({ killed: 3, looked: true });
    await waitUntil(() => !marked.some(isAlive), 'their end');
    expect(others.every(isAlive)).toBe(true);
  } finally {
    for (const pid of others) signalProcess(pid, 'SIGKILL');
  }
});

test.skipIf(cannotEscape)(
  'TRI-3: kills orphans that work in the folder, and not processes of others that stand in it',
  async () => {
    const folder = tempDir();
    const file = path.join(tempDir(), 'pid');
    const [setsid, shell, sleep] = ['setsid', 'bash', 'sleep'].map(programPath);
    const hidden = `env -i ${setsid} ${shell} -c 'echo $$ > ${file}; exec ${sleep} 60' > /dev/null 2>&1 &`;
    const script = `${hidden}\nwhile [ ! -s ${file} ]; do sleep 0.02; done`;
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
    await spawnProcess('bash', ['-c', script], { env, cwd: folder, timeoutMs: 10_000 });
    const [orphan = 0] = pidsIn(file);
    const visitor = spawnProcess('sleep', ['60'], { env, cwd: folder, timeoutMs: 1500 });
    const elsewhere = { entry: () => false, folder: `${folder}-other` };
    try {
      // Where another process takes in orphans (a session's service manager), they are nobody's for us.
      const expected = parentOf(orphan) === 1 ? 1 : 0;
      expect((await killMarkedProcesses(elsewhere)).killed).toBe(0);
      expect((await killMarkedProcesses({ entry: () => false, folder })).killed).toBe(expected);
    } finally {
      signalProcess(orphan, 'SIGKILL');
    }
    expect(await visitor).toMatchObject({ reason: 'timeout' });
  },
);

test.skipIf(lacks('a look at all processes', '/proc'))('nothing to kill is an answer', async () => {
  expect(await killMarkedProcesses({ entry: (entry) => entry === 'MARK=of nobody' })).toEqual({
    killed: 0,
    looked: true,
  });
});

test('a machine without /proc is an answer', async () => {
  expect(await killMarkedProcesses({ entry: () => true }, '/no/such/proc')).toEqual({ killed: 0, looked: false });
  expect(await killMarkedProcesses({ entry: () => true }, tempDir())).toEqual({ killed: 0, looked: false });
});

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
