import { expect, test } from 'vitest';
import { receive } from '../../storage/store-fixture.ts';
import { cli } from '../../support/cli-run.ts';
import { signal, startOfTime } from '../../support/signals.ts';
import { answeredIn, now, stateDir } from '../../support/state-dir.ts';

test('OPS-3, OPS-4: search finds what is kept by any words of it, with its incident, without a daemon', async () => {
  const { cwd, store } = await stateDir();
  const { id } = await answeredIn(store);
  const { code, out, err } = await cli(['search', 'REDIS_url', 'main'], { cwd, now });
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^AGE +KIND +CLUSTER +WHAT$/);
  expect(lines[1]).toMatch(/^5m +incident +main +CrashLoop/);
  expect(lines.slice(2)).toEqual([expect.stringContaining('has no key REDIS_URL'), `     ${id}`]);
  expect(err).toBe('\n1 result\n');
  const nothing = await cli(['search', 'nowhere'], { cwd, now });
  expect(nothing).toMatchObject({ code: 0, out: '', err: '0 results\n' });
});

test('OPS-3, OPS-4: words in quotes are one; a search without a word is a mistake', async () => {
  const { cwd, store } = await stateDir();
  await answeredIn(store);
  const count = async (...words: string[]): Promise<number> => {
    const { out } = await cli(['search', ...words, '-o', 'json'], { cwd, now });
    return (JSON.parse(out) as { found: object[] }).found.length;
  };
  expect(await count('no', 'key', 'has')).toBe(1);
  expect(await count('has no key')).toBe(1);
  expect(await count('no has key')).toBe(0);
  expect(await cli(['search', ' '], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('needs a word') });
});

test('OPS-3, OPS-4: more than --limit go on at the place that is said, each once', async () => {
  const { cwd, store } = await stateDir();
  for (let at = 0; at < 5; at += 1)
    await receive(store, [signal({ pod: `web-${at}`, context: 'same words' })], {}, startOfTime + at);
  const seen: string[] = [];
  let before: string[] = [];
  for (let page = 0; page < 3; page += 1) {
    const { out, err } = await cli(['search', 'same', '--limit', '2', ...before], { cwd, now });
    seen.push(...[...out.matchAll(/web-\d/g)].map(([name]) => name));
    const place = /--before (\S+)/.exec(err)?.[1];
    before = place === undefined ? [] : ['--before', place];
  }
  expect(before).toEqual([]);
  expect([...new Set(seen)]).toEqual(['web-4', 'web-3', 'web-2', 'web-1', 'web-0']);
});
