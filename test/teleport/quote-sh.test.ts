import { expect, test } from 'vitest';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { quoteSh, remoteCommand } from '../../src/teleport/quote-sh.ts';

/** A generator with a seed: the same texts each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** What a shell makes something of, letters, and letters of more than one byte. */
const alphabet = [...`'"\`$\\!*?[]{}()<>|&;~#=%^ \t\r-_./:,@+0aZé☃𝒳`];

function textsOf(count: number, seed: number): string[] {
  const next = random(seed);
  return Array.from({ length: count }, () => {
    const length = Math.floor(next() * 24);
    return Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)] ?? '').join('');
  });
}

/** What a real shell makes of a command line: its words, each ended by a NUL. */
async function words(line: string): Promise<string[]> {
  const env = { PATH: '/usr/bin:/bin' };
  const result = await spawnProcess('/bin/sh', ['-c', line], {
    env,
    timeoutMs: 20_000,
    maxOutputBytes: 4 * 1024 * 1024,
  });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout.split('\0').slice(0, -1);
}

test('10,000 random strings come out of a real shell as they went in (TEL-2)', async () => {
  const texts = textsOf(10_000, 4711);
  const given: string[] = [];
  // As many as one argument of a process holds.
  for (let at = 0; at < texts.length; at += 1000) {
    const some = texts.slice(at, at + 1000);
    given.push(...(await words(remoteCommand(['printf', '%s\\0', ...some]))));
  }
  expect(given).toEqual(texts);
  expect(texts.filter((text) => quoteSh(text) !== text).length).toBeGreaterThan(9000);
});

test.each([
  ['', "''"],
  ['plain', 'plain'],
  ['/api/v1/pods', '/api/v1/pods'],
  ['a=b,c@d%e+f:g', 'a=b,c@d%e+f:g'],
  ['/api/v1/pods?limit=1&x=2', "'/api/v1/pods?limit=1&x=2'"],
  ["it's", `'it'"'"'s'`],
  ['$(id)', "'$(id)'"],
  ['-n', '-n'],
])('%j is %s', (text, quoted) => {
  expect(quoteSh(text)).toBe(quoted);
});

test.each(['a\0b', 'a\nb', '\n'])('%j is refused', (text) => {
  expect(() => quoteSh(text)).toThrow(RangeError);
  expect(() => remoteCommand(['echo', text])).toThrow(/NUL or a line break/);
});
