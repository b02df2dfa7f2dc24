import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileCache } from '../support/cli-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { lacks } from '../support/needs.ts';

const project = path.resolve(import.meta.dirname, '../..');
const bin = path.join(project, 'bin/nightcrier.js');
const guard = path.join(project, 'scripts/require-node.cjs');

/** Older runtimes that are usually beside the project's own. */
const older = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs'].find((file) => {
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 99) < 24;
});

describe('an old Node', () => {
  test.skipIf(older === undefined)(
    'UX-3: gets one sentence with both versions, exit 1, no stack (skipped without one)',
    () => {
      for (const file of [bin, guard]) {
        const { status, stdout, stderr } = spawnSync(older ?? '', [file, 'version'], { encoding: 'utf8' });
        expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
        expect(stderr).toMatch(/^nightcrier needs Node 24\.5 or newer, this is Node \d+\.\d+\.\d+[.:][^\n]*\n$/);
      }
    },
  );

  const verdicts: [version: string, good: boolean][] = [
    ['9.11.2', false],
    ['22.21.0', false],
    ['24.0.0', false],
    ['24.4.1', false],
    ['24.5.0', true],
    ['24.10.0', true],
    ['25.0.0', true],
    ['100.1.0', true],
  ];
  test.each(verdicts)('UX-3: as package.json says it, Node %s is good: %s', (version, good) => {
    const dir = tempDir({
      'pretend.cjs': `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
    });
    for (const file of [bin, guard]) {
      const argv = ['--require', path.join(dir, 'pretend.cjs'), file, '--version'];
      const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
      expect(status).toBe(good ? 0 : 1);
      const said = `nightcrier needs Node 24.5 or newer, this is Node ${version}`;
      expect(stderr.slice(0, said.length)).toBe(good ? '' : said);
      expect(stderr.split('\n')).toHaveLength(good ? 1 : 2);
    }
  });

  test('UX-3: what is asked for is what package.json says, in both files', () => {
    const { engines } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    for (const file of [bin, guard]) {
      expect(`>=${/wanted = '([\d.]+)'/.exec(readFileSync(file, 'utf8'))?.[1]}`).toBe(engines.node);
    }
  });

  test('UX-3: the file that checks is JavaScript that any Node can read', () => {
    const { status, stdout } = spawnSync(process.execPath, [guard], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});

describe('the process', () => {
  const run = (argv: string[], cwd = tempDir()) =>
    spawnSync(process.execPath, [bin, ...argv], {
      cwd,
      encoding: 'utf8',
      env: { ...compileCache, PATH: process.env['PATH'] },
    });

  test('UX-20: exit codes: 0 good, 1 failed, 2 wrong input; no stack trace', () => {
    expect(run(['version']).status).toBe(0);
    expect(run(['incidents'], tempDir({ 'nightcrier.yaml': 'data_dir: d\n' }))).toMatchObject({
      status: 1,
      stdout: '',
    });
    const none = run(['run']);
    expect(none).toMatchObject({ status: 2, stdout: '' });
    expect(none.stderr).toContain('no configuration file found');
    expect(none.stderr).not.toMatch(/\n {4}at /);
  });

  test('UX-20: a reader that goes away is no failure', () => {
    const { stdout } = spawnSync('sh', ['-c', `"${process.execPath}" "${bin}" schema | head -1; echo end`], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('{\nend\n');
  });

  test.skipIf(lacks('standard output that is closed or full', 'bash', '/dev/full'))(
    'UX-20: a closed pipe ends a command quietly with the code of SIGPIPE, a full disk with a sentence and 1',
    () => {
      const bash = (script: string) =>
        spawnSync('bash', ['-c', script, 'bash', process.execPath, bin], { encoding: 'utf8' });
      expect(bash('"$1" "$2" schema | true; echo "${PIPESTATUS[0]}"')).toMatchObject({ stdout: '141\n', stderr: '' });
      const full = bash('"$1" "$2" schema > /dev/full');
      expect(full.status).toBe(1);
      expect(full.stderr).toMatch(/^error: standard output cannot be written: ENOSPC[^\n]*\n$/);
      // Talk that nobody hears is no failure.
      expect(bash('"$1" "$2" version 2> /dev/full').status).toBe(0);
      expect(bash('"$1" "$2" why 2> /dev/full').status).toBe(2);
    },
  );

  test.each(['SIGINT', 'SIGTERM'] as const)('UX-20: %s ends a waiting command within a second', async (signal) => {
    // A server that takes the connection and says nothing.
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const { port } = silent.address() as AddressInfo;
    const cwd = tempDir({ 'nightcrier.yaml': `health: {port: ${port}}\n` });
    const child = spawn(process.execPath, [bin, 'tail'], { cwd, stdio: 'ignore' });
    try {
      await connected;
      const started = performance.now();
      child.kill(signal);
      const code = await new Promise((resolve) => child.once('exit', resolve));
      expect(code).toBe(0);
      expect(performance.now() - started).toBeLessThan(1000);
    } finally {
      child.kill('SIGKILL');
      silent.close();
    }
  });
});
