import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { readRegularFile } from '../../../src/triage/workspace/read-regular-file.ts';
import { openRunEvents } from '../../../src/triage/workspace/run-events.ts';
import { openWorkspace, pruneWorkspaces, workspaceDir } from '../../../src/triage/workspace/workspace.ts';
import { lacks } from '../../support/needs.ts';
import { tempDir } from '../../support/temp-dir.ts';

const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('TRI-2: the workspace of a run', () => {
  test('is private, and files are written whole', async () => {
    const root = path.join(tempDir(), 'workspaces');
    const workspace = await openWorkspace(root, 'inc_1', 'run_1');
    expect(workspace.dir).toBe(path.join(root, 'inc_1', 'run_1'));
    await workspace.write('evidence/a/b/c.log', 'text');
    await workspace.write('evidence/a/b/c.log', 'new text');
    expect(readFileSync(workspace.path('evidence/a/b/c.log'), 'utf8')).toBe('new text');
    expect(readdirSync(workspace.path('evidence/a/b'))).toEqual(['c.log']);
    for (const folder of ['', 'output', 'logs', 'evidence/a/b']) expect(mode(workspace.path(folder))).toBe('700');
    expect([mode(root), mode(workspace.path('evidence/a/b/c.log'))]).toEqual(['700', '600']);
  });

  test('a write that fails leaves nothing half written', async () => {
    const workspace = await openWorkspace(tempDir(), 'inc_1', 'run_1');
    await workspace.write('a', 'file');
    await expect(workspace.write('a/b', 'below a file')).rejects.toThrow(/ENOTDIR|EEXIST/);
    mkdirSync(workspace.path('taken'));
    await expect(workspace.write('taken', 'over a folder')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(workspace.dir).sort()).toEqual(['a', 'evidence', 'logs', 'output', 'taken']);
  });

  test.each(['', '..', 'a/b', 'inc 1', 'a'.repeat(200), 'inc\u0000'])('an id %j is refused', (id) => {
    expect(() => workspaceDir('/data', id, 'run_1')).toThrow('not a safe id');
    expect(() => workspaceDir('/data', 'inc_1', id)).toThrow('not a safe id');
  });

  test('taken up again: logs stay, output and evidence are empty, links are taken away and not followed', async () => {
    const [root, outside] = [tempDir(), tempDir()];
    writeFileSync(path.join(outside, 'precious'), 'x');
    const first = await openWorkspace(root, 'inc_1', 'run_1');
    await first.write('logs/events.jsonl', '{}\n');
    await first.write('output/stale.md', 'x');
    await first.write('kubeconfig', 'of an earlier attempt');
    await openWorkspace(root, 'inc_1', 'run_1');
    expect(readdirSync(first.path('output'))).toEqual([]);
    expect(existsSync(first.path('kubeconfig'))).toBe(false);
    expect(existsSync(first.path('logs/events.jsonl'))).toBe(true);

    const second = await openWorkspace(root, 'inc_1', 'run_2');
    for (const name of ['output', 'logs', 'evidence']) {
      await spawnProcess('rm', ['-r', second.path(name)], { env: {}, timeoutMs: 5000 });
      symlinkSync(outside, second.path(name));
    }
    await openWorkspace(root, 'inc_1', 'run_2');
    for (const name of ['output', 'logs', 'evidence']) expect(readdirSync(second.path(name))).toEqual([]);
    expect(readdirSync(outside)).toEqual(['precious']);
  });

  test('rejected output is set aside when it is small, and goes when it is not', async () => {
    const workspace = await openWorkspace(tempDir(), 'inc_1', 'run_1');
    await workspace.write('output/a/b.md', 'small');
    await workspace.clearOutput();
    expect(readFileSync(workspace.path('rejected/a/b.md'), 'utf8')).toBe('small');
    expect(readdirSync(workspace.path('output'))).toEqual([]);

    await workspace.write('output/big', Buffer.alloc(5 * 1024 * 1024));
    await workspace.clearOutput();
    expect(existsSync(workspace.path('rejected'))).toBe(false);
    for (let count = 0; count < 101; count += 1) await workspace.write(`output/${count}`, '');
    await workspace.clearOutput();
    expect(existsSync(workspace.path('rejected'))).toBe(false);
  });
});

describe('TRI-2: retention', () => {
  async function runs(root: string): Promise<void> {
    for (const [incident, run, age] of [
      ['inc_1', 'run_old', 10],
      ['inc_1', 'run_new', 1],
      ['inc_2', 'run_older', 20],
      ['inc_3', 'run_going_on', 30],
    ] as const) {
      const { dir } = await openWorkspace(root, incident, run);
      const seconds = Date.now() / 1000 - age * 86_400;
      utimesSync(dir, seconds, seconds);
    }
  }

  test('old runs go, with incidents that have none left; running ones stay', async () => {
    const root = tempDir();
    await runs(root);
    const week = Date.now() - 7 * 86_400_000;
    expect(await pruneWorkspaces(root, week, new Set(['run_going_on']))).toBe(2);
    expect(readdirSync(root).sort()).toEqual(['inc_1', 'inc_3']);
    expect(readdirSync(path.join(root, 'inc_1'))).toEqual(['run_new']);
  });

  test('links are not followed, and a folder that is not there is nothing to do', async () => {
    const [root, outside] = [tempDir(), tempDir()];
    mkdirSync(path.join(outside, 'run_x'));
    symlinkSync(outside, path.join(root, 'inc_link'));
    expect(await pruneWorkspaces(root, Date.now() + 1000, new Set())).toBe(0);
    expect(existsSync(path.join(outside, 'run_x'))).toBe(true);
    expect(await pruneWorkspaces('/no/such/folder', Date.now(), new Set())).toBe(0);
  });
});

describe('TRI-6: reading what an agent may have written', () => {
  test('a regular file, up to the limit', async () => {
    const root = tempDir();
    mkdirSync(path.join(root, 'output'));
    writeFileSync(path.join(root, 'output/a'), 'hello');
    expect(await readRegularFile(root, 'output/a', 5)).toEqual({ kind: 'read', content: Buffer.from('hello') });
    expect(await readRegularFile(root, 'output/a', 4)).toEqual({ kind: 'too_large', size: 5 });
    expect(await readRegularFile(root, 'output/b', 5)).toEqual({ kind: 'missing' });
    expect(await readRegularFile(root, 'elsewhere/b', 5)).toEqual({ kind: 'missing' });
  });

  test.skipIf(lacks('pipes in place of files', 'mkfifo'))(
    'no link, no second name, no pipe, no folder, no file behind a link',
    async () => {
      const [root, outside] = [tempDir(), tempDir()];
      const secret = path.join(outside, 'secret');
      writeFileSync(secret, 'secret');
      symlinkSync(secret, path.join(root, 'link'));
      symlinkSync('/no/such/file', path.join(root, 'dangling'));
      linkSync(secret, path.join(root, 'second-name'));
      mkdirSync(path.join(root, 'folder'));
      symlinkSync(outside, path.join(root, 'linked-folder'));
      await spawnProcess('mkfifo', [path.join(root, 'pipe')], {
        env: { PATH: process.env['PATH'] ?? '' },
        timeoutMs: 5000,
      });
      for (const name of ['link', 'dangling', 'second-name', 'folder', 'linked-folder/secret', 'pipe']) {
        expect([name, (await readRegularFile(root, name, 1000)).kind]).toEqual([name, 'not_regular']);
      }
    },
  );

  test('a root that is itself behind a link is fine', async () => {
    const [root, outside] = [tempDir(), tempDir()];
    mkdirSync(path.join(root, 'output'));
    writeFileSync(path.join(root, 'output/a'), 'x');
    symlinkSync(root, path.join(outside, 'data'));
    expect((await readRegularFile(path.join(outside, 'data'), 'output/a', 10)).kind).toBe('read');
  });
});

describe('TRI-2: events of a run', () => {
  test('are lines of JSON in order, bounded in number', async () => {
    const file = path.join(tempDir(), 'events.jsonl');
    const events = await openRunEvents(file, () => 0);
    for (let count = 0; count < 2100; count += 1) events.add('counted', { count });
    await events.close();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(2000);
    expect(JSON.parse(lines[1999] ?? '')).toEqual({ at: '1970-01-01T00:00:00.000Z', event: 'counted', count: 1999 });
  });

  test('are appended to those of an earlier attempt', async () => {
    const file = path.join(tempDir(), 'events.jsonl');
    for (const event of ['first', 'second']) {
      const events = await openRunEvents(file, () => 0);
      events.add(event);
      await events.close();
    }
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  test('never go through a link, nor to a place that is not there; nobody is harmed', async () => {
    const dir = tempDir();
    writeFileSync(path.join(dir, 'precious'), 'x');
    symlinkSync(path.join(dir, 'precious'), path.join(dir, 'events.jsonl'));
    for (const file of [path.join(dir, 'events.jsonl'), '/no/such/folder/events.jsonl']) {
      const events = await openRunEvents(file, () => 0);
      events.add('lost');
      await events.close();
    }
    expect(readFileSync(path.join(dir, 'precious'), 'utf8')).toBe('x');
  });
});
