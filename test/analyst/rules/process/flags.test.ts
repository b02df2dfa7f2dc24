import { describe, expect, test } from 'vitest';
import { type CrashCase, crashCause, holding } from '../crash-cause.ts';

const given = (...args: string[]) => ({ container: { args } });
const is = (flag: string) => `Deployment app bad_command [${flag}] high`;

describe('QUA-1: a flag that the program does not know', () => {
  test.each<CrashCase>([
    [
      'Go',
      {
        exitCode: 2,
        log: 'flag provided but not defined: -metrics-addr\nUsage of /app:',
        ...given('--metrics-addr=:1'),
      },
      is('--metrics-addr'),
    ],
    [
      'cobra',
      { log: 'Error: unknown flag: --workerz\nUsage:\n  app serve', ...given('serve', '--workerz=2') },
      is('--workerz'),
    ],
    [
      'click',
      { exitCode: 2, log: 'Usage: app [OPTIONS]\n\nError: No such option: --workerz', ...given('--workerz', '2') },
      is('--workerz'),
    ],
    [
      'argparse',
      { exitCode: 2, log: 'app: error: unrecognized arguments: --workerz 2', ...given('--workerz', '2') },
      is('--workerz'),
    ],
    [
      'clap',
      { exitCode: 2, log: "error: unexpected argument '--workerz' found", ...given('--workerz') },
      is('--workerz'),
    ],
    ['getopt', { log: "app: unrecognized option '--workerz'", ...given('--workerz') }, is('--workerz')],
    [
      'a variable',
      {
        log: "Unrecognized VM option 'UseFastGC'\nError: Could not create the Java Virtual Machine.",
        container: { env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-XX:+UseFastGC' }] },
      },
      'Deployment app bad_config_value [UseFastGC] high',
    ],
    // Another mechanism.
    [
      'nobody gives it',
      { log: 'Error: unknown flag: --workerz', ...given('serve') },
      'Deployment app app_exit [1] medium',
    ],
    [
      'a flag that is known, with a bad value',
      { log: 'Error: no columns for flag --limit', ...given('--limit=x') },
      'Deployment app app_exit [1] medium',
      holding('ConfigMap', 'other', {}),
    ],
  ])('%s', async (_title, crash, wanted, more) => {
    expect(await crashCause(crash, more)).toBe(wanted);
  });
});
