import { describe, expect, test } from 'vitest';
import { hostsIn, pathsIn, settingsIn } from '../../src/analyst/model/names-in-text.ts';
import { parseLog } from '../../src/analyst/model/parse-log.ts';
import { whyItEnded } from '../../src/analyst/signals/why-it-ended.ts';

const reason = (text: string): string | undefined => whyItEnded(parseLog(text))?.text;

describe('QUA-1: levels and times in the common forms', () => {
  const forms: [string, string, string][] = [
    ['{"ts":"2026-01-01T00:00:00Z","level":"error","msg":"no route"}', 'error', 'no route'],
    ['{"time":"2026-01-01T00:00:00Z","level":50,"msg":"pino"}', 'error', 'pino'],
    ['{"severity":"CRITICAL","message":"gone","error":"EOF"}', 'fatal', 'gone: EOF'],
    ['ts=2026-01-01T00:00:00Z level=warn msg="slow \\"query\\""', 'warn', 'slow "query"'],
    ['2026-01-01 00:00:00,123 ERROR   [db] lost it', 'error', 'lost it'],
    ['2026/01/01 00:00:00 [emerg] 1#1: unknown directive "x"', 'fatal', 'unknown directive "x"'],
    ['[2026-01-01T00:00:00Z] FATAL: cannot start', 'fatal', 'cannot start'],
    ['E0101 00:00:00.000000       1 main.go:10] it broke', 'error', 'it broke'],
    ['INFO ERROR counters reset', 'info', 'ERROR counters reset'],
    ['just a line with error in it', 'none', 'just a line with error in it'],
  ];
  test.each(forms)('%s', (line, level, message) => {
    expect(parseLog(line)[0]).toMatchObject({ level, message });
  });
});

describe('QUA-1: a stack trace is one unit', () => {
  test('Python: the last error of the chain', () => {
    const text = [
      'Traceback (most recent call last):',
      '  File "/app/a.py", line 1, in <module>',
      '    connect()',
      'ConnectionRefusedError: [Errno 111] refused',
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      'Traceback (most recent call last):',
      '  File "/app/b.py", line 2, in <module>',
      'app.errors.DatabaseError: cannot reach db:5432 (chained with ConnectionRefusedError: [Errno 111] refused)',
      '2026-01-01 00:00:00,000 INFO    [app] bye',
    ].join('\n');
    const entries = parseLog(text);
    expect(entries.filter((it) => it.trace)).toHaveLength(1);
    expect(reason(text)).toBe(
      'app.errors.DatabaseError: cannot reach db:5432 (chained with ConnectionRefusedError: [Errno 111] refused)',
    );
  });
  test('Python inside a JSON line', () => {
    const exc = 'Traceback (most recent call last):\n  File "/app/a.py", line 1, in <module>\nValueError: bad port\n';
    const text = `${JSON.stringify({ level: 'critical', msg: 'startup failed', exc })}\n{"level":"info","msg":"bye"}`;
    expect(reason(text)).toBe('ValueError: bad port');
  });
  test('Python with lines of another stream in between', () => {
    const text =
      'Traceback (most recent call last):\n  File "/a.py", line 6, in <module>\n2026-01-01 00:00:00,000 INFO    [x] hello\n    load()\nstruct.error: unpack requires a buffer of 16 bytes';
    expect(reason(text)).toBe('struct.error: unpack requires a buffer of 16 bytes');
  });
  test('Go', () => {
    const text =
      'panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:31 +0x5e5\nexit status 2';
    expect(reason(text)).toBe('panic: assignment to entry in nil map');
  });
  test('Java: the innermost cause', () => {
    const text =
      'Exception in thread "main" java.lang.RuntimeException: start\n\tat a.B.c(B.java:1)\nCaused by: java.net.UnknownHostException: db\n\tat java.net.X.y(X.java:2)\n\t... 3 more';
    expect(reason(text)).toBe('java.net.UnknownHostException: db (chained with java.lang.RuntimeException: start)');
  });
  test('Node', () => {
    const text =
      "Error: Cannot find module 'pg'\n    at Module._resolve (node:internal:1:1)\n    at main (/a.js:1:1)\n\nNode.js v24";
    expect(reason(text)).toBe("Error: Cannot find module 'pg'");
  });
});

describe('QUA-1: the line that says why', () => {
  test('a fatal line wins over warnings before it and talk after it', () => {
    expect(reason('WARNING deprecated\nFATAL no licence\nINFO shutdown complete')).toBe('no licence');
  });
  test('errors that the program got over are no reason', () => {
    expect(reason('ERROR lost peer, retried ok (attempt 2/5)\nERROR cannot bind\nINFO bye')).toBe('cannot bind');
  });
  test('a shell says it in its own way', () => {
    expect(reason('export started\n/scripts/x.sh: line 10: syntax error: unexpected "done"')).toContain('syntax error');
  });
  test('an empty log has none', () => {
    expect(whyItEnded(parseLog(''))).toBeNull();
  });
});

describe('QUA-1: names in a text', () => {
  test.each([
    ['GET http://stock:8090/x: refused', 'stock', 8090],
    ['connection to server at "db" (10.0.0.1), port 5432 failed', 'db', 5432],
    ['could not translate host name "store-0.store" to address', 'store-0.store', null],
    ['getaddrinfo ENOTFOUND cache.prod.svc.cluster.local', 'cache.prod.svc.cluster.local', null],
    ['dial tcp: lookup mirror.test on 10.96.0.10:53: no such host', 'mirror.test', null],
    ['postgres://u:p@ledger:5432/main', 'ledger', 5432],
  ])('%s', (text, host, port) => {
    expect(hostsIn(text)).toContainEqual(expect.objectContaining({ host, port }));
  });
  test('addresses and files are no hosts', () => {
    expect(hostsIn('10.0.0.1:80 main.py:12 boot.go:7 localhost:80')).toEqual([]);
  });
  test('paths and settings', () => {
    expect(pathsIn("cannot open '/etc/app/a.yaml': /tmp")).toEqual(['/etc/app/a.yaml', '/tmp']);
    expect(settingsIn('required variable API_KEY is not set, SIGTERM')).toEqual(['API_KEY']);
  });
});
