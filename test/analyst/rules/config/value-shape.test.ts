import { describe, expect, test } from 'vitest';
import { crashCause, holding, type More } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const env = (name: string, value: string): Fields => ({ env: [{ name, value }] });
const fromMap = { envFrom: [{ configMapRef: { name: 'conf' } }] };
const fromSecret = (key = 'token'): Fields => ({
  env: [{ name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 'creds', key } } }],
});
const none: More = () => {};

describe('QUA-1: a value with more in it than was meant', () => {
  test.each<[string, string, Fields, string, More]>([
    [
      'a newline at its end, shown by the program',
      "FATAL invalid value for PORT: '8080\\n'",
      fromMap,
      'ConfigMap conf bad_config_value [8080\n] high',
      holding('ConfigMap', 'conf', { PORT: '8080\n' }),
    ],
    [
      'a newline at the end of a host',
      'FATAL dial tcp: lookup db\\n: no such host',
      fromMap,
      'ConfigMap conf bad_config_value [db\n] high',
      holding('ConfigMap', 'conf', { DB_HOST: 'db\n' }),
    ],
    [
      'quotes that nobody takes off',
      `ValueError: invalid literal for int() with base 10: '"4"'`,
      env('WORKERS', '"4"'),
      'Deployment app bad_config_value ["4"] high',
      none,
    ],
    [
      'a space at its end',
      'FATAL config: WORKERS: strconv.Atoi: parsing "4 ": invalid syntax',
      env('WORKERS', '4 '),
      'Deployment app bad_config_value [4 ] high',
      none,
    ],
  ])('%s', async (_title, log, container, wanted, more) => {
    expect(await crashCause({ log, container }, more)).toBe(wanted);
  });

  test.each<[string, string, Fields]>([
    ['the value is as it should be', 'FATAL invalid value for PORT: 8080', env('PORT', '8080')],
    ['the program speaks of another value', 'FATAL invalid value for MODE: fast', env('PORT', '8080 ')],
    ['the program does not mind values', 'FATAL giving up on 8080', env('PORT', '8080 ')],
  ])('not: %s', async (_title, log, container) => {
    expect(await crashCause({ log, container })).not.toMatch(/white space|\[8080 \]/);
  });
});

describe('QUA-1: a token that may not be sent', () => {
  const secret = holding('Secret', 'creds', { token: 'eHg=' });
  test.each([
    'net/http: invalid header field value for "Authorization"',
    'TypeError [ERR_INVALID_CHAR]: Invalid character in header content ["authorization"]',
    "requests.exceptions.InvalidHeader: Invalid leading whitespace, reserved character(s), or return character(s) in header value: 'Bearer'",
  ])('%s', async (line) => {
    expect(await crashCause({ log: `FATAL ${line}`, container: fromSecret() }, secret)).toBe(
      'Secret creds bad_config_value [token] high',
    );
  });

  test('not: a refused login', async () => {
    const cause = await crashCause({ log: 'FATAL 401 Unauthorized', container: fromSecret() }, secret);
    expect(cause).not.toContain('bad_config_value');
  });
});
