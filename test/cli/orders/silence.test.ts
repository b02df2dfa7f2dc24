import { expect, test } from 'vitest';
import type { NewSilence } from '../../../src/domain/cluster-policy.ts';
import { cli } from '../../support/cli-run.ts';
import { freePorts } from '../../support/free-ports.ts';
import { minimal, kubeconfigText } from '../../support/config-dir.ts';
import { configFor, withDaemon } from '../../support/running-daemon.ts';
import { sampleSilence } from '../../support/sample-silence.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { minute, startOfTime as start } from '../../support/signals.ts';
import { tempDir } from '../../support/temp-dir.ts';

function world(kept = [sampleSilence()]) {
  const reader = Object.assign(new MemoryReader(), { why: async () => [], close: async () => {}, kept });
  const cwd = tempDir({ 'nightcrier.yaml': minimal(), 'k.yaml': kubeconfigText() });
  return { cwd, deps: { openReader: async () => reader as never }, now: start + minute };
}

test('INT-3, OPS-4: silence list shows what holds, who wants it and until when, in text and as data', async () => {
  const ended = sampleSilence({ id: 'sil_old', endsAt: start });
  const { code, out } = await cli(['silence', 'list'], world([sampleSilence(), ended]));
  expect(code).toBe(0);
  expect(out).toContain('sil_01K9Z3W8Q4  active  2026-11-20 10:00:00+00:00  ana     namespace="payments"');
  expect(out).toContain('database is moved');
  expect(out).not.toContain('sil_old');
  const json = await cli(['silence', 'list', '--all', '-o', 'json'], world([sampleSilence(), ended]));
  expect(JSON.parse(json.out)).toMatchObject({ silences: [{ state: 'active' }, { id: 'sil_old', state: 'ended' }] });
});

test('INT-3, OPS-4: silence list chooses by state, cluster, who made it and words', async () => {
  const east = sampleSilence({
    id: 'sil_east',
    matchers: [{ name: 'cluster', operator: '=~', value: 'east-.*' }],
    author: 'ben',
  });
  const ended = sampleSilence({ id: 'sil_old', endsAt: start, endedBy: 'eve' });
  const later = sampleSilence({ id: 'sil_later', startsAt: start + 2 * minute });
  const listed = async (...options: string[]) => {
    const { code, out } = await cli(['silence', 'list', ...options, '-o', 'json'], world([east, ended, later]));
    expect(code).toBe(0);
    return (JSON.parse(out) as { silences: { id: string }[] }).silences.map(({ id }) => id);
  };
  expect(await listed()).toEqual(['sil_east', 'sil_later']);
  expect(await listed('--state', 'ended')).toEqual(['sil_old']);
  expect(await listed('--state', 'pending')).toEqual(['sil_later']);
  expect(await listed('--cluster', 'west')).toEqual(['sil_later']);
  expect(await listed('--cluster', 'east-1', '--by', 'BEN')).toEqual(['sil_east']);
  expect(await listed('--all', '--text', 'PAYMENTS eve')).toEqual(['sil_old']);
  const wrong = await cli(['silence', 'list', 'cluster=east'], world());
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('takes no matchers') });
});

test('UX-20: nothing that somebody wrote into a silence steers the terminal', async () => {
  const hostile = '\u001b]0;owned\u0007\u009b31m\nx';
  const { out } = await cli(['silence', 'list'], world([sampleSilence({ author: hostile, comment: hostile })]));
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test.each([
  [['add'], 'needs a matcher'],
  [['add', 'namespace=dev'], 'needs --for'],
  [['add', 'namespace=dev', '--for', '1h'], 'needs --comment'],
  [['add', 'namespace=dev', '--for', 'soon', '--comment', 'x'], 'a duration such as 30m'],
  [['add', 'cluster=~"("', '--for', '1h', '--comment', 'x'], 'missing closing )'],
  [['add', 'cluster=~".*"', '--for', '1h', '--comment', 'x'], 'fits everything'],
  [['expire'], 'needs the id of one silence'],
])('INT-3, OPS-4: silence %j is refused with exit code 2', async (args, reason) => {
  const { code, err } = await cli(['silence', ...args], world());
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(reason) });
});

test('INT-3, OPS-3: a silence that is made here is told as made on the command line', async () => {
  const asked: NewSilence[] = [];
  await withDaemon(
    async (_, cwd) => {
      const argv = ['silence', 'add', 'namespace=dev', '--for', '1h', '--comment', 'x'];
      expect((await cli(argv, { cwd })).code).toBe(0);
    },
    {
      silences: {
        addSilence: async (silence) => {
          asked.push(silence);
          return { kind: 'made', silence: sampleSilence() };
        },
        endSilence: async () => ({ kind: 'unknown' }),
        silences: async () => [],
        fitting: async () => 1,
      },
    },
  );
  expect(asked).toMatchObject([{ way: 'cli', comment: 'x' }]);
});

test('OPS-4: without a running daemon nothing is silenced, and it is said', async () => {
  const [port] = await freePorts(1);
  const cwd = configFor(`http://127.0.0.1:${port}`);
  const { code, err } = await cli(['silence', 'add', 'namespace=dev', '--for', '1h', '--comment', 'x'], { cwd });
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('NC-CLI-005') });
});
