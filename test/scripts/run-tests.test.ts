import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';

const project = path.resolve(import.meta.dirname, '../..');

/** Ends its own process by a signal, the first `times` times that it is run. */
const dying = (signal: NodeJS.Signals, times: number) => `
import fs from 'node:fs';
import { test } from 'vitest';
import { signalProcess } from '${project}/src/lib/process/send-signal.ts';
test('dies', async () => {
  const runs = fs.existsSync('runs') ? Number(fs.readFileSync('runs', 'utf8')) : 0;
  fs.writeFileSync('runs', String(runs + 1));
  if (runs < ${times}) {
    signalProcess(process.pid, '${signal}');
    await new Promise(() => {});
  }
});`;

const passing = `
import { expect, test } from 'vitest';
import { twice } from './twice.ts';
test('passes', () => expect(twice(2)).toBe(4));`;

const failing = `
import { expect, test } from 'vitest';
test('fails', () => expect(1).toBe(2));`;

/** Runs the tests of a project made of these files; how often the dying one ran is told with it. */
function runTests(files: Readonly<Record<string, string>>, threshold = 10) {
  const config = {
    include: ['*.test.ts'],
    coverage: { provider: 'v8', include: ['*wice.ts'], reporter: ['json-summary'], thresholds: { lines: threshold } },
  };
  const root = tempDir({
    'package.json': '{"type":"module"}',
    'vitest.config.ts': `export default ${JSON.stringify({ test: config })};`,
    'twice.ts': 'export const twice = (n: number): number => {\n  return 2 * n;\n};\n',
    'passes.test.ts': passing,
    ...files,
  });
  fs.symlinkSync(path.join(project, 'node_modules'), path.join(root, 'node_modules'));
  const script = path.join(project, 'scripts/run-tests.ts');
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_V8_COVERAGE)/.test(name)),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--root', root], {
    encoding: 'utf8',
    env,
    cwd: root,
  });
  const runs = path.join(root, 'runs');
  return { status, text: stdout + stderr, runs: fs.existsSync(runs) ? Number(fs.readFileSync(runs, 'utf8')) : 0, root };
}

describe('tests in a process that dies', () => {
  test.each(['SIGTRAP', 'SIGSEGV', 'SIGILL', 'SIGBUS'] as const)(
    'by %s of the engine run once more, and are named',
    (signal) => {
      const { status, text, runs, root } = runTests({ 'dies.test.ts': dying(signal, 1) });
      expect({ status, runs }).toEqual({ status: 0, runs: 2 });
      expect(text).toContain(`they run once more:\n  ${root}/dies.test.ts\n`);
    },
  );

  test('twice have failed', () => {
    const { status, runs } = runTests({ 'dies.test.ts': dying('SIGTRAP', 9) });
    expect({ status, runs }).toEqual({ status: 1, runs: 2 });
  });

  test.each(['SIGABRT', 'SIGKILL'] as const)('by %s have failed: the reason is in what ran', (signal) => {
    const { status, runs } = runTests({ 'dies.test.ts': dying(signal, 1) });
    expect({ status, runs }).toEqual({ status: 1, runs: 1 });
  });

  test('beside one that fails do not hide it', () => {
    const { status, runs } = runTests({ 'dies.test.ts': dying('SIGTRAP', 1), 'fails.test.ts': failing });
    expect({ status, runs }).toEqual({ status: 1, runs: 1 });
  });

  test('do not make up for lines that no test runs', () => {
    const rest = { 'unwice.ts': 'export const unwice = (n: number): number => {\n  return n / 2;\n};\n' };
    const { status, runs } = runTests({ 'dies.test.ts': dying('SIGTRAP', 1), ...rest }, 90);
    expect({ status, runs }).toEqual({ status: 1, runs: 2 });
  });
});

test('what runs to its end runs once, and its exit code is that of the run', () => {
  expect(runTests({}).status).toBe(0);
  expect(runTests({ 'fails.test.ts': failing }).status).toBe(1);
  expect(runTests({}, 101).status).toBe(1);
});
