import { expect, test } from 'vitest';
import type { Check, Finding } from '../../../src/checks/check.ts';
import { hostProblems } from '../../../src/checks/errors.ts';
import { runChecks } from '../../../src/checks/run/run-checks.ts';
import type { CheckWorld } from '../../../src/checks/world.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { problem } from '../../../src/lib/problem.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const world = {} as CheckWorld;
const bad = problem(hostProblems.dataDirUnwritable, 'full', { path: '/data' });
const warned = problem(hostProblems.diskLow, 'low', { path: '/data' });

function check(
  id: string,
  over: Partial<Check> = {},
  find: (subject: string) => Finding = () => ({ problems: [] }),
): Check {
  return {
    id,
    group: 'data',
    statement: `${id} of {subject} holds`,
    ofMany: null,
    kinds: Object.values(hostProblems),
    dependsOn: [],
    inDaemon: false,
    subjects: () => [''],
    run: async (_world, subject) => find(subject),
    ...over,
  };
}

async function results(checks: readonly Check[]) {
  const options = { clock: systemClock, limitMs: 5000 };
  const checked = await runChecks(checks, world, options, new AbortController().signal);
  return checked.map(({ id, subject, result, detail, problem: said }) => [id, subject, result, said?.code ?? detail]);
}

test('UX-8: a check that depends on one that fails is skipped, for the same subject alone', async () => {
  const subjects = () => ['a', 'b'];
  const answers = check('answers', { subjects }, (name) => ({ problems: name === 'a' ? [bad] : [] }));
  const reads = check('reads', { subjects, dependsOn: ['answers'] });
  const deep = check('deep', { subjects, dependsOn: ['reads'] });
  expect(await results([answers, reads, deep])).toEqual([
    ['answers', 'a', 'failed', 'NC-HOST-003'],
    ['answers', 'b', 'passed', null],
    ['reads', 'a', 'skipped', 'needs: answers of a holds'],
    ['reads', 'b', 'passed', null],
    ['deep', 'a', 'skipped', 'needs: reads of a holds'],
    ['deep', 'b', 'passed', null],
  ]);
});

test('UX-8: a warning keeps no other check from being made, and one of the whole stands for every subject', async () => {
  const whole = check('whole', {}, () => ({ problems: [warned] }));
  const failing = check('failing', {}, () => ({ problems: [bad] }));
  const after = check('after', { subjects: () => ['x'], dependsOn: ['whole'] });
  const afterFailing = check('blocked', { subjects: () => ['x'], dependsOn: ['failing'] });
  expect((await results([whole, failing, after, afterFailing])).map(([id, , result]) => [id, result])).toEqual([
    ['whole', 'warning'],
    ['failing', 'failed'],
    ['after', 'passed'],
    ['blocked', 'skipped'],
  ]);
});

test('OPS-4: a check that breaks is a failure with a code, never a pass', async () => {
  const broken = check('broken', {
    run: () => Promise.reject(new Error('a bug\nin two lines')),
  });
  expect(await results([broken])).toEqual([['broken', null, 'failed', 'NC-HOST-005']]);
});

test('OPS-4: a check that never ends is ended, as a failure', async () => {
  const clock = new ManualClock();
  const endless = check('endless', { run: () => new Promise(() => {}) });
  const running = runChecks([endless], world, { clock, limitMs: 1000 }, new AbortController().signal);
  await new Promise(setImmediate);
  await clock.advance(1000);
  expect(await running).toMatchObject([{ result: 'failed', problem: { code: 'NC-HOST-005' } }]);
});

test('OPS-4: who stops the command stops the checks', async () => {
  const stop = new AbortController();
  const endless = check('endless', { run: () => new Promise(() => {}) });
  const running = runChecks([endless], world, { clock: systemClock, limitMs: 60_000 }, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
});

test('OPS-4: texts of the other side are on one line and bounded', async () => {
  const noisy = check('noisy', {}, () => ({ problems: [{ ...bad, message: `a\u001b[31m\n${'x'.repeat(2000)}` }] }));
  const [found] = await runChecks([noisy], world, { clock: systemClock, limitMs: 100 }, new AbortController().signal);
  expect(found?.problem?.message).toHaveLength(500);
  expect(found?.problem?.message).not.toMatch(/[\n\u001b]/);
});
