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
    ['the first of two fatal lines', ['FATAL first', 'FATAL second', 'INFO bye'], 'fatal: first'],
    ['a shell before an error', ['sh: 1: serve: not found', 'ERROR stopped'], 'shell: sh: 1: serve: not found'],
    ['the first error of those at the end', ['ERROR first', 'ERROR second', 'INFO bye'], 'error: first'],
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
    [
      'an error long before the end was got over',
      ['ERROR cache: lost', ...Array.from({ length: 9 }, (_, at) => `INFO order ${at}`), 'ERROR disk: gone'],
      'error: disk: gone',
    ],
    [
      'what follows from the end is not its reason',
      ['ERROR store: unknown version 9', 'ERROR shutting down: context canceled', 'ERROR process exited with code 1'],
      'error: store: unknown version 9',
    ],
    [
      'the first that gives a reason',
      ['ERROR start-up went wrong', 'ERROR store: unknown version 9'],
      'error: store: unknown version 9',
    ],
    [
      'a later line that repeats it with more around it',
      ['ERROR yaml: line 3: bad', 'FATAL load /etc/app.yaml: yaml: line 3: bad'],
      'fatal: load /etc/app.yaml: yaml: line 3: bad',
    ],
    [
      'help is no reason',
      ['cannot write to /data', 'You may have issues with permissions, more information: http://docs.test/'],
      'shell: cannot write to /data',
    ],
    [
      'Postgres, with detail and hint',
      [
        '2026-01-01 10:00:00.000 UTC [1] FATAL:  database files are incompatible with server',
        '2026-01-01 10:00:00.000 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 13.',
        '2026-01-01 10:00:00.000 UTC [1] LOG:  database system is shut down',
      ],
      'fatal: database files are incompatible with server DETAIL:  The data directory was initialized by PostgreSQL version 13.',
    ],
    [
      'a list after a colon',
      ['ERROR configuration is not valid:', '  - spec.size: required', '  - spec.mode: unknown'],
      'error: configuration is not valid: - spec.size: required - spec.mode: unknown',
    ],
    [
      'Spring Boot says what is wrong below a banner',
      [
        '***************************',
        'APPLICATION FAILED TO START',
        '***************************',
        '',
        'Description:',
        '',
        'Web server failed to start. Port 8080 was already in use.',
        '',
        'Action:',
        '',
        'Stop what listens there.',
      ],
      'trace: Web server failed to start. Port 8080 was already in use.',
    ],
    [
      'MongoDB, one letter for the level',
      ['{"s":"F","c":"STORAGE","msg":"Fatal assertion","attr":{"error":"Location1: lock file: Permission denied"}}'],
      'fatal: Fatal assertion: Location1: lock file: Permission denied',
    ],
    [
      'a stack trace as a list of lines',
      [
        '{"level":"ERROR","message":"boot","stacktrace":["java.lang.IllegalStateException: no master","\\tat a.B.c(B.java:1)"]}',
      ],
      'trace: java.lang.IllegalStateException: no master',
    ],
    [
      'zap: where the error was made is no reason',
      ['{"level":"error","msg":"no start","error":"no db","stacktrace":"a.test/pkg/db.(*DB).Open\\n\\t/src/db.go:1"}'],
      'error: no start: no db',
    ],
    ['a letter for the level', ['2026-01-01 10:00:00.123456 E | op: no volume: gone'], 'error: op: no volume: gone'],
    ['four letters', ['FATA[0000] open store: no such table'], 'fatal: open store: no such table'],
    [
      'Redis',
      ["1:M 01 Jan 2026 10:00:00.000 # Can't open the append-only file"],
      "shell: Can't open the append-only file",
    ],
  ])('%s', (_title, lines, wanted) => expect(why(...lines)).toBe(wanted));
});
