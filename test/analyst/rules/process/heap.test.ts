import { describe, expect, test } from 'vitest';
import { type CrashCase, crashCause, holding, runningCause } from '../crash-cause.ts';

const java = 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n\tat a.B.c(B.java:1)';
const node = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
const memory = (limit: string, fields: Record<string, unknown> = {}) => ({
  container: { resources: { limits: { memory: limit } }, ...fields },
});
const env = (name: string, value: string) => ({ env: [{ name, value }] });
const is = (value: string, confidence = 'high') => `Deployment app heap_limit [${value}] ${confidence}`;

describe('QUA-1: a runtime that ends by its own limit of memory', () => {
  test.each<CrashCase>([
    ['Java, a variable', { log: java, ...memory('2Gi', env('JAVA_OPTS', '-Xms64m -Xmx256m')) }, is('-Xmx256m')],
    [
      'Java, an argument',
      { log: java, ...memory('2Gi', { args: ['java', '-Xmx512m', '-jar', 'a.jar'] }) },
      is('-Xmx512m'),
    ],
    [
      'Java, a share',
      { log: java, ...memory('2Gi', env('JDK_JAVA_OPTIONS', '-XX:MaxRAMPercentage=25.0')) },
      is('-XX:MaxRAMPercentage=25.0'),
    ],
    [
      'Java, metaspace',
      {
        log: 'java.lang.OutOfMemoryError: Metaspace\n\tat a.B.c(B.java:1)',
        ...memory('2Gi', env('JAVA_OPTS', '-Xmx256m -XX:MaxMetaspaceSize=64m')),
      },
      is('-XX:MaxMetaspaceSize=64m'),
    ],
    [
      'Java, ended by its own option',
      {
        exitCode: 3,
        log: 'Terminating due to java.lang.OutOfMemoryError: Java heap space',
        ...memory('1Gi', env('JAVA_TOOL_OPTIONS', '-Xmx128m')),
      },
      is('-Xmx128m'),
    ],
    [
      'Node',
      { exitCode: 134, log: node, ...memory('2Gi', env('NODE_OPTIONS', '--max-old-space-size=256')) },
      is('--max-old-space-size=256'),
    ],
    [
      'PHP',
      {
        exitCode: 255,
        log: 'PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 8 bytes) in /a.php on line 3',
        ...memory('1Gi', env('PHP_MEMORY_LIMIT', '128M')),
      },
      is('128M'),
    ],
    // A lead: nothing sets it.
    ['Java, its own choice', { log: java, ...memory('512Mi') }, is('512Mi', 'medium')],
    [
      'a heap as large as the container',
      { log: java, ...memory('256Mi', env('JAVA_OPTS', '-Xmx256m')) },
      is('-Xmx256m', 'medium'),
    ],
    // Another mechanism.
    [
      'the kernel ended it',
      { exitCode: 137, reason: 'OOMKilled', log: java, ...memory('256Mi', env('JAVA_OPTS', '-Xmx1g')) },
      'Deployment app oom_limit [256Mi] high',
    ],
    [
      'threads',
      { log: 'java.lang.OutOfMemoryError: unable to create native thread\n\tat a.B.c(B.java:1)' },
      'Deployment app node_limit [unable to create native thread] medium',
    ],
  ])('%s', async (_title, crash, wanted) => {
    expect(await crashCause(crash)).toBe(wanted);
  });

  test('the ConfigMap that sets it is what someone changes', async () => {
    const crash = { log: java, ...memory('2Gi', { envFrom: [{ configMapRef: { name: 'conf' } }] }) };
    expect(await crashCause(crash, holding('ConfigMap', 'conf', { JAVA_OPTS: '-Xmx64m' }))).toBe(
      'ConfigMap conf heap_limit [-Xmx64m] high',
    );
  });

  test('one that got over it is well', async () => {
    expect(await runningCause('WARN request failed: Java heap space\nINFO serving')).toBe('no fault');
  });
});
