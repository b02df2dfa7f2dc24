import { expect, test } from 'vitest';
import { type CrashCase, crashCause } from '../crash-cause.ts';

const is = (value: string) => `Deployment app bad_image_release [${value}] high`;

test.each<CrashCase>([
  [
    'the loader of glibc',
    {
      exitCode: 127,
      log: 'app: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: No such file or directory',
    },
    is('libssl.so.1.1'),
  ],
  [
    'the loader of musl',
    {
      exitCode: 127,
      log: 'Error loading shared library libstdc++.so.6: No such file or directory (needed by /app/engine)',
    },
    is('libstdc++.so.6'),
  ],
  [
    'a newer glibc',
    { log: "/app/engine: /lib/libc.so.6: version `GLIBC_2.34' not found (required by /app/engine)" },
    is('GLIBC_2.34'),
  ],
  [
    'Python',
    {
      log: 'Traceback (most recent call last):\n  File "/app/a.py", line 1, in <module>\nImportError: libGL.so.1: cannot open shared object file: No such file or directory',
    },
    is('libGL.so.1'),
  ],
  [
    'Java of a newer release',
    {
      log: 'Exception in thread "main" java.lang.UnsupportedClassVersionError: a/B has been compiled by a more recent version of the Java Runtime (class file version 65.0), this version only recognizes up to 61.0\n\tat a.B.c(B.java:1)',
    },
    is('class file version 65.0'),
  ],
  // Another mechanism.
  [
    'a program that is not there',
    { exitCode: 127, log: 'sh: 1: engine: not found' },
    'Deployment app bad_command [engine] high',
  ],
  [
    'a file of its own',
    { log: 'ERROR open /etc/app/lib.yaml: no such file or directory' },
    'Deployment app missing_file [/etc/app/lib.yaml] high',
  ],
])('QUA-1: an image that lacks a part of the system: %s', async (_title, crash, wanted) => {
  expect(await crashCause(crash)).toBe(wanted);
});
