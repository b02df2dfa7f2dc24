/**
 * `npm run check`: everything, in the order in which it fails fastest. The same on the desk and in CI. Every step runs
 * even when an earlier one failed, so that one run tells all.
 */
import { spawnSync } from 'node:child_process';

const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['types', 'tsc', []],
  ['types of what browsers run', 'tsc', ['-p', 'src/dashboard/assets']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['unused code and dependencies', 'knip', []],
  ['generated files', 'node', ['scripts/generate.ts', '--check']],
  ['eval: no figure falls', 'node', ['eval/run.ts', '--check']],
  ['tests and coverage', 'npm', ['run', '--silent', 'test:coverage']],
];

const failed: string[] = [];
for (const [name, command, args] of steps) {
  const started = performance.now();
  process.stdout.write(`── ${name}\n`);
  const { status } = spawnSync(command, [...args], { stdio: 'inherit' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? '√' : '×'} ${name} (${seconds} s)\n`);
  if (status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? 'check: all passed\n' : `check: failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
