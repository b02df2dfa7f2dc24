import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandWords, shellWord } from '../../../src/lib/process/command-line.ts';

test('QUA-1: a word is read by a shell, and by us, as it is', () => {
  const words = fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 });
  fc.assert(
    fc.property(words, (list) => {
      expect(commandWords(list.map(shellWord).join(' '))).toEqual(list);
    }),
  );
  const hostile = ['a b', "it's", '$(id)', '`id`', ';', '&&', '"', '\\', '', '*', 'ключ', '>x', '-n'];
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${hostile.map(shellWord).join(' ')}`], {
    encoding: 'utf8',
  });
  expect(stdout.split('\n').slice(0, -1)).toEqual(hostile);
});

test.each([
  [`kubectl -n shop get pods`, ['kubectl', '-n', 'shop', 'get', 'pods']],
  [`patch -p '{"a":"b c"}'`, ['patch', '-p', '{"a":"b c"}']],
  [`say "two words" a\\ b x'y'"z"`, ['say', 'two words', 'a b', 'xyz']],
  ['scale web --replicas=<n>', ['scale', 'web', '--replicas=<n>']],
  ['  ', []],
  ['a | b', null],
  ['a; b', null],
  ['a && b', null],
  ['a > file', null],
  ['a $HOME', null],
  ['a "$HOME"', null],
  ['a $(id)', null],
  ["a 'open", null],
])('QUA-1: %s', (text, words) => {
  expect(commandWords(text)).toEqual(words);
});
