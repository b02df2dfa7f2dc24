import { describe, expect, test } from 'vitest';
import { parseLog } from '../../../src/analyst/model/parse-log.ts';
import { whyItEnded } from '../../../src/analyst/signals/trouble.ts';

const why = (...lines: string[]): string | null => {
  const reason = whyItEnded(parseLog(lines.join('\n')));
  return reason && `${reason.kind}: ${reason.text}`;
};

describe('QUA-1: the line that says why a process ended', () => {
  test.each<[string, string[], string | null]>([
    [
      'a trace before a fatal line',
      ['FATAL stop', 'Traceback (most recent call last):', '  File "a.py", line 1', 'ValueError: bad', 'ERROR later'],
      'trace: ValueError: bad',
    ],
    ['the last of two fatal lines', ['FATAL first', 'FATAL second', 'INFO bye'], 'fatal: second'],
    ['a shell before an error', ['sh: 1: serve: not found', 'ERROR stopped'], 'shell: sh: 1: serve: not found'],
    ['the last error', ['ERROR first', 'ERROR second', 'INFO bye'], 'error: second'],
    [
      'an error that it got over does not count',
      ['ERROR no db', 'ERROR lost the cache, will retry', 'INFO bye'],
      'error: no db',
    ],
    [
      'a bare line that sounds like an error',
      ['starting', 'cannot open the queue', 'bye'],
      'shell: cannot open the queue',
    ],
    ['else the last line', ['starting', 'bye'], 'last: bye'],
    [
      'an error without a message',
      ['Traceback (most recent call last):', '  File "a.py", line 1', 'KeyboardInterrupt'],
      'trace: KeyboardInterrupt',
    ],
    ['an empty log', [''], null],
  ])('%s', (_title, lines, wanted) => expect(why(...lines)).toBe(wanted));
});
