import { describe, expect, test } from 'vitest';
import { readTrace } from '../../../src/analyst/model/read-trace.ts';

const read = (...lines: string[]): string | null => {
  const trace = readTrace(lines, 0);
  return trace && `${trace.error} | ${trace.message} | ${trace.lines} lines, ${trace.frames.length} frames`;
};
const head = 'Traceback (most recent call last):';
const frame = '  File "/app/a.py", line 1, in <module>';

describe('QUA-1: a stack trace is one unit', () => {
  test.each<[string, string[], string]>([
    ['Python', [head, frame, '    run()', 'ValueError: bad'], 'ValueError | bad | 4 lines, 1 frames'],
    [
      'Python, an error without a message',
      [head, frame, 'KeyboardInterrupt'],
      'KeyboardInterrupt |  | 3 lines, 1 frames',
    ],
    [
      'Python, a message that goes on',
      [head, frame, 'ValueError: bad', '  because of this'],
      'ValueError | bad because of this | 4 lines, 1 frames',
    ],
    [
      'Python, the last error of a chain',
      [
        head,
        frame,
        'KeyError: 1',
        '',
        'During handling of the above exception, another exception occurred:',
        '',
        head,
        frame,
        'RuntimeError: no',
      ],
      'RuntimeError | no | 9 lines, 2 frames',
    ],
    [
      'Python, fields of a validation',
      [head, frame, 'pydantic.ValidationError: 1 error for Settings', 'url', '  Field required [type=missing]', 'bye'],
      'pydantic.ValidationError | 1 error for Settings url Field required [type=missing] | 5 lines, 1 frames',
    ],
    [
      'Java, a message of several lines',
      [
        'a.BException: outer',
        '\tat a.B.c(B.java:1)',
        'Caused by: a.C: no match',
        'Checksum mismatch for 3',
        '-> Applied: 1',
        '\tat a.B.c(B.java:1)',
      ],
      'a.C | no match Checksum mismatch for 3 -> Applied: 1 | 6 lines, 2 frames',
    ],
    [
      'Ruby, a message of several lines',
      [
        "/a/migration.rb:608:in `check': ",
        '',
        'Migrations are pending.',
        ' (ActiveRecord::PendingMigrationError)',
        '\tfrom /a/b.rb:1',
      ],
      'ActiveRecord::PendingMigrationError | Migrations are pending. | 5 lines, 2 frames',
    ],
    [
      'Elixir, the deepest',
      [
        '** (Mix) Could not start application app',
        '    ** (EXIT) an exception was raised:',
        '        ** (RuntimeError) KEY is missing.',
      ],
      'RuntimeError | KEY is missing. | 3 lines, 2 frames',
    ],
    [
      'Rust, a list of causes',
      ['Error: failed to load settings', '', 'Caused by:', '    0: could not read /etc/a.toml', '    1: No such file'],
      ' | failed to load settings: could not read /etc/a.toml: No such file | 5 lines, 0 frames',
    ],
    [
      'C++',
      ["terminate called after throwing an instance of 'std::runtime_error'", '  what():  bad magic number'],
      'std::runtime_error | bad magic number | 2 lines, 0 frames',
    ],
    ['Python, cut off', [head, frame], ' |  | 1 lines, 1 frames'],
    [
      'Go',
      ['panic: no db', '', 'goroutine 1 [running]:', 'main.main()', '\t/app/main.go:7 +0x1', 'exit status 2'],
      'panic | no db | 6 lines, 1 frames',
    ],
    [
      'Go, fatal',
      ['fatal error: all goroutines are asleep', 'next line'],
      'panic | all goroutines are asleep | 1 lines, 0 frames',
    ],
    [
      'Java',
      ['Exception in thread "main" java.lang.X: no', '\tat a.B.c(B.java:1)', 'done'],
      'java.lang.X | no | 2 lines, 1 frames',
    ],
    [
      'Java, the last cause',
      [
        'a.BException: outer',
        '\tat a.B.c(B.java:1)',
        'Caused by: a.CException: inner',
        '\tat a.C.d(C.java:2)',
        '\t... 1 more',
      ],
      'a.CException | inner | 5 lines, 3 frames',
    ],
    [
      'Node',
      ['Uncaught TypeError: no map', '    at run (/srv/a.js:1:1)', '}'],
      'TypeError | no map | 3 lines, 1 frames',
    ],
    [
      'Node, the cause of the cause',
      ['Error: start', '    at run (/srv/a.js:1:1) {', '  [cause]: Error: no db', '      at open (/srv/b.js:1:1)', '}'],
      'Error | no db | 5 lines, 2 frames',
    ],
    [
      '.NET, the inner exception',
      [
        'Unhandled exception. System.AggregateException: One or more errors occurred.',
        ' ---> System.Net.Sockets.SocketException (111): Connection refused',
        '   at App.Db.Open() in /src/Db.cs:line 9',
        '   --- End of inner exception stack trace ---',
        '   at App.Program.Main()',
      ],
      'System.Net.Sockets.SocketException | Connection refused | 5 lines, 3 frames',
    ],
    [
      'Rust',
      ["thread 'main' panicked at src/main.rs:4:5:", 'no db', 'note: run with `RUST_BACKTRACE=1`', 'stack backtrace:'],
      'panic | no db | 4 lines, 1 frames',
    ],
    ['Rust, older', ["thread 'main' panicked at 'no db', src/main.rs:4:5"], 'panic | no db | 1 lines, 1 frames'],
    [
      'Ruby',
      ["/app/a.rb:3:in `open': no db (StoreError)", "\tfrom /app/a.rb:9:in `<main>'"],
      'StoreError | no db | 2 lines, 2 frames',
    ],
    [
      'PHP',
      [
        'PHP Fatal error:  Uncaught PDOException: no db in /app/db.php:4',
        'Stack trace:',
        '#0 /app/index.php(3): open()',
        '  thrown in /app/db.php on line 4',
      ],
      'PDOException | no db | 4 lines, 1 frames',
    ],
    [
      'PHP, memory',
      ['Fatal error: Allowed memory size of 8 bytes exhausted in /app/a.php on line 3'],
      'Fatal error | Allowed memory size of 8 bytes exhausted | 1 lines, 0 frames',
    ],
    [
      'Elixir',
      ['** (RuntimeError) no db', '    (app 0.1.0) lib/app.ex:3: App.start/2'],
      'RuntimeError | no db | 2 lines, 1 frames',
    ],
  ])('%s', (_title, lines, wanted) => {
    expect(read(...lines)).toBe(wanted);
  });

  test.each<[string, string[]]>([
    ['a line of a log', ['INFO listening']],
    ['an error without frames', ['TypeError: no map', 'next line']],
    ['a word that ends in Error inside a sentence', ['The last TypeError was fixed', '    at noon']],
    ['panic inside a line', ['do not panic: it is fine']],
    ['nothing', []],
  ])('not: %s', (_title, lines) => {
    expect(read(...lines)).toBeNull();
  });

  test('at most 20 frames, and of Python the innermost', () => {
    const frames = Array.from({ length: 30 }, (_, at) => `  File "/app/a.py", line ${at}, in f`);
    const trace = readTrace([head, ...frames, 'ValueError: deep'], 0);
    expect(trace?.frames).toHaveLength(20);
    expect(trace?.frames.at(-1)).toBe('File "/app/a.py", line 29, in f');
  });
});
