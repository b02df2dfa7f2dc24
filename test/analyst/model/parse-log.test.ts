import { describe, expect, test } from 'vitest';
import { parseLog } from '../../../src/analyst/model/parse-log.ts';

const one = (line: string): string => {
  const [entry] = parseLog(line);
  return `${entry?.level} ${entry?.message}`;
};

describe('QUA-1: one line of a log', () => {
  test.each([
    ['pino, fatal', '{"level":60,"msg":"gone"}', 'fatal gone'],
    ['pino, warning', '{"level":40,"msg":"slow"}', 'warn slow'],
    ['pino, debug', '{"level":20,"msg":"tick"}', 'info tick'],
    ['ECS', '{"log.level":"error","@message":"no"}', 'error no'],
    ['an error field beside the message', '{"level":"error","msg":"start","err":"EOF"}', 'error start: EOF'],
    [
      'an error field that the message has already',
      '{"level":"error","msg":"start: EOF","err":"EOF"}',
      'error start: EOF',
    ],
    ['only an error field', '{"level":"error","error":"EOF"}', 'error EOF'],
    ['an error object', '{"level":"error","msg":"start","err":{"message":"EOF"}}', 'error start: EOF'],
    ['JSON without a level', '{"msg":"hello"}', 'none hello'],
    ['a level that nobody knows', '{"level":"loud","msg":"hello"}', 'none hello'],
    ['what begins like JSON and is none', '{not json', 'none {not json'],
    ['logfmt', 'time=x level=error msg="it broke" err="a \\"b\\""', 'error it broke: a "b"'],
    ['logfmt without a message', 'level=error code=7', 'error level=error code=7'],
    ['a word with = that is no logfmt', 'sublevel=error', 'none sublevel=error'],
    ['klog, warning', 'W0101 00:00:00.000000       1 main.go:10] slow', 'warn slow'],
    ['klog, fatal', 'F0101 00:00:00.000000       1 main.go:10] gone', 'fatal gone'],
    ['a time with a zone', '2026-01-01T00:00:00.123+02:00 WARN slow', 'warn slow'],
    ['a zone by its short name', '2026-01-01 00:00:00.123 CET [1] FATAL:  gone', 'fatal gone'],
    ['an offset of hours', '2026-01-01 00:00:00.123 +03 [1] FATAL:  gone', 'fatal gone'],
    ['a level where a zone could stand', '2026-01-01 00:00:00 ERROR [12] gone', 'error gone'],
    ['a word where a zone could stand', '2026-01-01 00:00:00 GET /items', 'none GET /items'],
    ['a time without a date', '10:00:00 ERROR lost', 'error lost'],
    ['a level in brackets', '2026-01-01 00:00:00 [main] [ERROR] lost', 'error lost'],
    [
      'a thread before the level, as of Java',
      '2026-01-01 00:00:00.123 [main] ERROR com.acme.Main - lost',
      'error com.acme.Main - lost',
    ],
    ['a word in brackets before a text without a level', '2026-01-01 00:00:00 [main] lost', 'none [main] lost'],
    ['a logger after the level', 'ERROR [com.acme.Main]: lost', 'error lost'],
    ['a level in small letters needs a time', 'error lost', 'none error lost'],
    ['a level in small letters after a time', '2026-01-01 00:00:00 error lost', 'error lost'],
    ['a word that only begins like a level', 'ERRORS are counted', 'none ERRORS are counted'],
  ])('%s', (_title, line, wanted) => {
    expect(one(line)).toBe(wanted);
  });

  test('empty lines are left out and lines keep their numbers; a carriage return is no text', () => {
    expect(parseLog('\n  \nfirst\r\n\nsecond').map((entry) => [entry.line, entry.message])).toEqual([
      [3, 'first'],
      [5, 'second'],
    ]);
  });

  test('of a long log the last 5,000 lines are read', () => {
    const entries = parseLog(Array.from({ length: 6000 }, (_, at) => `line ${at + 1}`).join('\n'));
    expect(entries).toHaveLength(5000);
    expect(entries[0]).toMatchObject({ line: 1001, message: 'line 1001' });
  });

  test('a stack trace in a field of JSON is an entry of its own', () => {
    const stack = 'TypeError: no map\n    at run (/srv/app.js:1:1)';
    const entries = parseLog(JSON.stringify({ level: 'error', msg: 'failed', stack }));
    expect(entries.map((entry) => [entry.line, entry.level, entry.trace, entry.error, entry.message])).toEqual([
      [1, 'error', false, '', 'failed'],
      [1, 'error', true, 'TypeError', 'no map'],
    ]);
  });

  test('a field for a stack trace that holds none is told with the message', () => {
    expect(one(JSON.stringify({ level: 'error', msg: 'failed', stack: 'somewhere\nelse' }))).toBe(
      'error failed: somewhere',
    );
  });
});
