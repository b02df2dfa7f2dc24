import { describe, expect, test } from 'vitest';
import { parseLog } from '../../../src/analyst/model/parse-log.ts';
import { whyItEnded } from '../../../src/analyst/signals/why-it-ended.ts';

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
      'Postgres, in a zone of its own',
      [
        '2026-01-01 10:00:00.000 GMT [1] FATAL:  database files are incompatible with server',
        '2026-01-01 10:00:00.000 GMT [1] DETAIL:  The data directory was initialized by PostgreSQL version 13.',
      ],
      'fatal: database files are incompatible with server DETAIL:  The data directory was initialized by PostgreSQL version 13.',
    ],
    [
      'a code alone, with the paragraph below it and without where to read more',
      [
        'Error: P3009',
        '',
        'migrate found failed migrations in the target database. Read more about it: https://docs.test/resolve',
        'The `2026_a` migration failed',
        '',
        'Applying migrations failed. This is mostly caused by the database being unavailable.',
      ],
      'shell: Error: P3009 migrate found failed migrations in the target database. The `2026_a` migration failed',
    ],
    [
      'a heading alone, and what only follows from the end',
      ['ERROR:', 'cannot open the store at /data', 'exiting'],
      'error: cannot open the store at /data',
    ],
    [
      'no heading: an error that is told in its own line',
      ['Error: no such table', 'unrelated'],
      'shell: Error: no such table',
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
    // A line that only sums up, or only follows, is not the reason.
    [
      'Postgres, an error that it logs as LOG',
      [
        '2026-01-01 10:00:00.000 UTC [1] LOG:  unrecognized configuration parameter "max_cons" in file "/etc/pg.conf" line 12',
        '2026-01-01 10:00:00.000 UTC [1] FATAL:  configuration file "/etc/pg.conf" contains errors',
      ],
      'fatal: unrecognized configuration parameter "max_cons" in file "/etc/pg.conf" line 12',
    ],
    [
      'MySQL, a reason that speaks of a shutdown',
      [
        '2026-01-01T10:00:00.000000Z 1 [ERROR] [MY-012526] [InnoDB] Upgrade is not supported after a crash or shutdown with fast mode 2.',
        '2026-01-01T10:00:00.000000Z 1 [ERROR] [MY-012930] [InnoDB] Plugin initialization aborted with error Generic error.',
        '2026-01-01T10:00:00.000000Z 0 [ERROR] [MY-010119] [Server] Aborting',
      ],
      'error: [InnoDB] Upgrade is not supported after a crash or shutdown with fast mode 2.',
    ],
    [
      'a reason with its end behind it',
      ['ERROR cannot read the index, exiting', 'ERROR x'],
      'error: cannot read the index, exiting',
    ],
    [
      'an error with a reason before a fatal line that only follows',
      ['ERROR sender: queue is full', 'FATAL exporter stopped'],
      'error: sender: queue is full',
    ],
    [
      'Erlang, what a boot ends with',
      ['init terminating in do_boot ({error,{could_not_start_app,q}})', 'Crash dump is being written to: x...done'],
      'shell: init terminating in do_boot ({error,{could_not_start_app,q}})',
    ],
    [
      'RabbitMQ, a banner of signs',
      [
        '2026-01-01 10:00:00.000 [error] <0.9.0> ',
        '2026-01-01 10:00:00.000 [error] <0.9.0> BOOT FAILED',
        '2026-01-01 10:00:00.000 [error] <0.9.0> ===========',
        "2026-01-01 10:00:00.000 [error] <0.9.0> Timeout contacting cluster nodes: ['q@q-1'].",
      ],
      "error: Timeout contacting cluster nodes: ['q@q-1'].",
    ],
    [
      'a remark is no reason',
      [
        'AH00558: httpd: Could not determine the name. Set it to suppress this message',
        '(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80',
      ],
      'shell: (13)Permission denied: AH00072: make_sock: could not bind to address [::]:80',
    ],
    [
      'a request that a server got over',
      [
        '2026/01/01 10:00:00 http: panic serving 10.0.0.3:4: boom',
        '2026/01/01 10:00:01 config: field listen is required',
      ],
      'shell: config: field listen is required',
    ],
    // What goes on with it.
    [
      'Redis, a banner and what is below it',
      ['*** FATAL CONFIG FILE ERROR (Redis 7.0) ***', 'Reading the file, at line 3', ">>> 'maxmem 1'", 'Bad directive'],
      "fatal: CONFIG FILE ERROR (Redis 7.0) *** Reading the file, at line 3 >>> 'maxmem 1' Bad directive",
    ],
    [
      'indented lines',
      [
        'Error: the password is not specified.',
        '       You must specify APP_PASSWORD.',
        '       See https://docs.test/',
      ],
      'shell: Error: the password is not specified. You must specify APP_PASSWORD.',
    ],
    [
      'several lines in one field of JSON',
      ['{"level":"ERROR","message":"node validation exception\\n[1] checks failed\\ncheck [1]: map count is too low"}'],
      'error: check [1]: map count is too low',
    ],
    [
      'logfmt, a list in one field',
      ['level=error msg="Error loading config" err="yaml: unmarshal errors:\\n  line 12: field a not found"'],
      'error: Error loading config: yaml: unmarshal errors: line 12: field a not found',
    ],
    [
      'klog with fields',
      ['E0101 10:03:58.101000       1 run.go:72] "command failed" err="no such \\"key\\""'],
      'error: command failed: no such "key"',
    ],
    [
      'the console of .NET',
      [
        'fail: A.B.Connection[20004]',
        "      An error occurred using the connection to database 'shop'.",
        'crit: A.Hosting[6]',
        '      Startup exception',
        "      System.InvalidOperationException: No service 'IClock'.",
        '         at A.B.Get()',
      ],
      "trace: System.InvalidOperationException: No service 'IClock'.",
    ],
    [
      'nginx, without the worker',
      ['2026/01/01 10:00:00 [emerg] 1#1: mkdir() "/var/cache/x" failed (13: Permission denied)'],
      'fatal: mkdir() "/var/cache/x" failed (13: Permission denied)',
    ],
  ])('%s', (_title, lines, wanted) => expect(why(...lines)).toBe(wanted));
});
