/**
 * `npm run test:coverage`: all tests, with their coverage. A process of tests that the JavaScript engine ends by itself
 * (nodejs/node#64841 and #66126: its compilers crash now and then where processors are few) says nothing about the tests in
 * it: their files run once more in a new process, and the output says which. What dies twice, or by anything else, fails.
 */
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { startVitest, type Vitest } from 'vitest/node';
import { z } from 'zod';

/** How a defect of the engine ends a process. An abort (memory used up) and a kill have their reason in what ran. */
const ofTheEngine = /^Worker exited unexpectedly with signal (SIGTRAP|SIGSEGV|SIGILL|SIGBUS) /;

const { root } = parseArgs({ options: { root: { type: 'string', default: '.' } } }).values;
const first = await startVitest('test', [], { root, watch: false, coverage: { enabled: true } });
const cut = cutOff(first);
if (cut.length > 0) {
  const names = cut.map((file) => `  ${file}\n`).join('');
  process.stdout.write(`\nThe engine ended the process of these files; they run once more:\n${names}`);
  const enough = isCovered(first);
  process.exitCode = 0;
  const second = await startVitest('test', cut, { root, watch: false, coverage: { enabled: false } });
  if (!enough || second.state.getUnhandledErrors().length > 0) process.exitCode = 1;
}

/** The files whose process the engine has ended, when nothing else went wrong; else none. */
function cutOff({ state }: Vitest): string[] {
  const unfinished = state
    .getTestModules()
    .filter((module) => module.state() !== 'passed' && module.state() !== 'skipped');
  const failed = unfinished.some((module) => module.state() === 'failed');
  const errors = state.getUnhandledErrors();
  const byEngine = errors.length > 0 && errors.every((error) => ofTheEngine.test(causeOf(error)));
  return failed || !byEngine ? [] : unfinished.map(({ moduleId }) => moduleId);
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error ? cause.message : '';
}

/** The first run's share of lines, against its threshold: its exit code tells of more than that. */
function isCovered({ config }: Vitest): boolean {
  const summary = fs.readFileSync(`${config.coverage.reportsDirectory}/coverage-summary.json`, 'utf8');
  const { total } = z.object({ total: z.object({ lines: z.object({ pct: z.number() }) }) }).parse(JSON.parse(summary));
  return total.lines.pct >= (config.coverage.thresholds?.lines ?? 0);
}
