import { describe, expect, test } from 'vitest';
import { type Crash, type CrashCase, crashCause, holding, initCause, mounting, runningCause } from '../crash-cause.ts';

const exit = 'Deployment app app_exit [1] medium';
const env = (name: string, value: string) => ({ container: { env: [{ name, value }] } });
const fromMap = { container: { envFrom: [{ configMapRef: { name: 'conf' } }] } };
const own = (value: string) => `Deployment app bad_config_value [${value}] high`;
const map = (value: string) => `ConfigMap conf bad_config_value [${value}] high`;
const conf = (data: Record<string, string>, namespace?: string) => holding('ConfigMap', 'conf', data, namespace);

describe('QUA-1: a value that the program rejects', () => {
  test.each<CrashCase>([
    ['Python', { log: "ValueError: invalid literal for int() with base 10: 'ten'", ...env('POOL', 'ten') }, own('ten')],
    ['Go duration', { log: 'FATAL time: invalid duration "5 sec"', ...env('WAIT', '5 sec') }, own('5 sec')],
    [
      'Java',
      {
        log: 'java.lang.NumberFormatException: For input string: "8k"\n\tat com.acme.Main.main(M.java:9)',
        ...env('SIZE', '8k'),
      },
      own('8k'),
    ],
    [
      'Node',
      {
        log: 'RangeError: port must be >= 0 and < 65536. Received 80800.\n    at main (/a.js:1:1)\nvalue: 80800',
        ...env('PORT', '80800'),
      },
      own('80800'),
    ],
    ['logback', { log: 'ERROR unsupported setting level=verbos', ...env('LOG_LEVEL', 'verbos') }, own('verbos')],
    ['JSON', { log: '{"level":"fatal","msg":"unsupported storage class \\"s4\\""}', ...env('STORE', 's4') }, own('s4')],
    ['a flag', { log: 'FATAL invalid mode "clustr"', container: { args: ['--mode=clustr'] } }, own('clustr')],
    ['of a ConfigMap', { log: 'FATAL invalid log format "jsn"', ...fromMap }, map('jsn'), conf({ FORMAT: 'jsn' })],
    [
      'in a file of it',
      { log: 'FATAL invalid retention "30dd"', spec: mounting('/etc/app', { configMap: { name: 'conf' } }) },
      map('30dd'),
      conf({ 'app.yaml': 'keep:\n  retention: 30dd\n' }),
    ],
    [
      'a directive of nginx',
      {
        log: '2026/01/01 10:00:00 [emerg] 1#1: unknown directive "prox_pass" in /etc/nginx/conf.d/a.conf:3',
        spec: mounting('/etc/nginx/conf.d', { configMap: { name: 'conf' } }),
      },
      map('prox_pass'),
      conf({ 'a.conf': 'server {\n listen 80;\n prox_pass http://x;\n}' }),
    ],
    [
      'an option of redis',
      {
        log: "*** FATAL CONFIG FILE ERROR ***\n>>> 'maxmem 1gb'\nBad directive or wrong number of arguments",
        spec: mounting('/etc/redis', { configMap: { name: 'conf' } }),
      },
      map('maxmem'),
      conf({ 'redis.conf': 'port 6379\nmaxmem 1gb\n' }),
    ],
    // What looks like it.
    ['nobody sets that value', { log: 'FATAL invalid mode "clustr"', ...env('MODE', 'cluster') }, exit],
    ['only a part of a word', { log: 'FATAL invalid mode "clus"', ...env('MODE', 'cluster') }, exit],
    ['the name of a variable is no value', { log: 'FATAL invalid input "MODE"', ...env('MODE', 'on') }, exit],
    ['a single digit', { log: 'FATAL invalid answer: 7', ...env('N', '7') }, exit],
    ['its own name', { log: 'FATAL invalid call of "app"', ...env('ME', 'app') }, exit],
    ['data, not configuration', { log: 'ERROR invalid row "a;b" in orders.csv', ...env('MODE', 'on') }, exit],
    [
      'the value is in the env of another container',
      {
        log: 'FATAL invalid mode "clustr"',
        spec: {
          containers: [
            { name: 'app', image: 'a:1' },
            { name: 'side', image: 's:1', env: [{ name: 'MODE', value: 'clustr' }] },
          ],
        },
      },
      exit,
    ],
    [
      'a ConfigMap of another namespace',
      {
        log: 'FATAL invalid format "jsn"',
        container: { envFrom: [{ configMapRef: { name: 'conf', optional: true } }] },
      },
      exit,
      conf({ FORMAT: 'jsn' }, 'other'),
    ],
    ['a ConfigMap that it does not use', { log: 'FATAL invalid format "jsn"' }, exit, conf({ FORMAT: 'jsn' })],
    [
      'another key of the ConfigMap',
      {
        log: 'FATAL invalid format "jsn"',
        container: { env: [{ name: 'F', valueFrom: { configMapKeyRef: { name: 'conf', key: 'good' } } }] },
      },
      exit,
      conf({ good: 'json', bad: 'jsn' }),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('a value that is warned about is used all the same', async () => {
    expect(
      await runningCause('WARN invalid mode "clustr", using single\nINFO ok', {
        env: [{ name: 'MODE', value: 'clustr' }],
      }),
    ).toBe('no fault');
  });

  test('an init container has its own settings', async () => {
    const log = 'FATAL invalid mode "clustr"';
    expect(await initCause({ log, container: { env: [{ name: 'MODE', value: 'clustr' }] } })).toBe(own('clustr'));
  });
});

const inFile = (log: string): Crash => ({ log, spec: mounting('/etc/app', { configMap: { name: 'conf' } }) });
const reading = (name: string, error: string): Crash => inFile(`INFO reading /etc/app/${name}\n${error}`);

describe('QUA-1: a file of a ConfigMap that cannot be parsed', () => {
  const json = '{\n  "a": 1\n  "b": 2\n}';
  const yaml = 'a: 1\nb: c: d\n';
  const toml = 'a = 1\nb = = 2\n';
  test.each<CrashCase>([
    [
      'Python, JSON',
      reading('a.json', "json.decoder.JSONDecodeError: Expecting ',' delimiter: line 3 column 3 (char 11)"),
      map('"b": 2'),
      conf({ 'a.json': json }),
    ],
    [
      'Go, YAML',
      inFile('FATAL /etc/app/a.yaml: yaml: line 2: mapping values are not allowed in this context'),
      map('b: c: d'),
      conf({ 'a.yaml': yaml }),
    ],
    ['TOML', inFile('FATAL /etc/app/a.toml: toml: line 2: expected a value'), map('b = = 2'), conf({ 'a.toml': toml })],
    [
      'Python, ini',
      reading('a.ini', 'configparser.MissingSectionHeaderError: File contains no section headers. line: 1'),
      map('a.ini'),
      conf({ 'a.ini': 'x=1' }),
    ],
    [
      'the one that is read, of two',
      reading('b.json', 'json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)'),
      map('nope'),
      conf({ 'a.json': json, 'b.json': 'nope' }),
    ],
    [
      'the file is not named: a lead',
      inFile('FATAL json: cannot unmarshal string into Go value'),
      'ConfigMap conf bad_config_value [a.json] medium',
      conf({ 'a.json': json }),
    ],
    [
      'a key that it lacks',
      reading('a.yaml', "KeyError: 'database'"),
      'ConfigMap conf missing_key [database] high',
      conf({ 'a.yaml': yaml }),
    ],
    [
      'an option that it lacks',
      reading('a.ini', "configparser.NoOptionError: No option 'host' in section: 'db'"),
      'ConfigMap conf missing_key [host] high',
      conf({ 'a.ini': '[db]\nport=1' }),
    ],
    [
      'a field that it lacks',
      inFile('FATAL /etc/app/a.yaml: missing required field "name"'),
      'ConfigMap conf missing_key [name] high',
      conf({ 'a.yaml': yaml }),
    ],
    // What looks like it.
    [
      'two files, none is named',
      inFile('FATAL json: cannot unmarshal string into Go value'),
      exit,
      conf({ 'a.json': json, 'b.json': json }),
    ],
    ['no ConfigMap', { log: 'FATAL json: cannot unmarshal string into Go value' }, exit],
    [
      'the ConfigMap is in another namespace',
      inFile('FATAL json: cannot unmarshal string into Go value'),
      exit,
      conf({ 'a.json': json }, 'other'),
    ],
    [
      'an answer of a server, another file',
      { log: 'FATAL /tmp/answer.json: json: cannot unmarshal string' },
      exit,
      conf({ 'a.json': json }),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});

const script = (log: string, exitCode = 2): Crash => ({
  exitCode,
  log,
  spec: mounting('/scripts', { configMap: { name: 'conf' } }),
});

describe('QUA-1: a script that cannot be read', () => {
  const inMap = 'ConfigMap conf script_error [run.sh] high';
  const data = conf({ 'run.sh': 'if true' });
  test.each<CrashCase>([
    ['dash', script('/scripts/run.sh: 4: Syntax error: end of file unexpected (expecting "fi")'), inMap, data],
    ['bash', script("/scripts/run.sh: line 9: syntax error near unexpected token `done'"), inMap, data],
    ['bash, a substitution', script('/scripts/run.sh: line 3: ${a b}: bad substitution', 1), inMap, data],
    ['busybox', script('/scripts/run.sh: line 2: syntax error: unterminated quoted string'), inMap, data],
    [
      'inline',
      { exitCode: 2, log: 'sh: 1: Syntax error: "fi" unexpected' },
      'Deployment app script_error [sh: 1: Syntax error: "fi" unexpected] high',
    ],
    // What looks like it.
    [
      'the script runs and ends by itself',
      script('/scripts/run.sh: giving up', 1),
      'Deployment app app_exit [1] low',
      data,
    ],
    [
      'a program that the script lacks',
      script('/scripts/run.sh: line 3: jqq: command not found', 127),
      'Deployment app bad_command [jqq] high',
      data,
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });

  test('a container that runs and logs one of a user', async () => {
    expect(
      await runningCause('ERROR query 7: syntax error at or near "FROM"\nINFO ok\n'.concat('INFO ok\n'.repeat(20))),
    ).toBe('no fault');
  });
});
