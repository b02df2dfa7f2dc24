import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause } from './expected.ts';

const crashing = (name: string, log: string, exitCode = 1): TestCluster => {
  const cluster = new TestCluster();
  cluster.node('n1');
  cluster.crash('fleet', name, { log, exitCode });
  return cluster;
};

describe('QUA-1: the right line of a log', () => {
  test('the first error of a server that then gives up step by step', async () => {
    const cluster = crashing(
      'fleet-db',
      `2026-01-01 10:03:55+00:00 [Note] [Entrypoint]: Starting temporary server
2026-01-01 10:03:55 0 [Note] InnoDB: Using Linux native AIO
2026-01-01 10:03:55 0 [ERROR] InnoDB: Upgrade after a crash is not supported. The redo log was created with MariaDB 10.5.23.
2026-01-01 10:03:55 0 [ERROR] InnoDB: Plugin initialization aborted with error Generic error
2026-01-01 10:03:55 0 [Note] InnoDB: Starting shutdown...
2026-01-01 10:03:56 0 [ERROR] Plugin 'InnoDB' registration as a STORAGE ENGINE failed.
2026-01-01 10:03:56 0 [ERROR] Unknown/unsupported storage engine: InnoDB
2026-01-01 10:03:56 0 [ERROR] Aborting
`,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'fleet-db'], {
      cause: ['Deployment fleet-db app_exit', 'Deployment fleet-db volume_content'],
      says: [/redo log was created with MariaDB 10\.5\.23/],
      never: [/Unknown\/unsupported storage engine/],
    });
  });

  test('a panic that tells its error on the line after its place', async () => {
    const cluster = crashing(
      'tracker',
      `INFO tracker: starting 3.1.0

thread 'main' panicked at src/main.rs:88:47:
called \`Result::unwrap()\` on an \`Err\` value: Geofence { zone: "harbour-9", source: "polygon is not closed" }
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
`,
      101,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'tracker'], {
      cause: 'Deployment tracker app_exit',
      atMost: 'medium',
      says: [/harbour-9/, /polygon is not closed/],
      never: [/set RUST_BACKTRACE|environment variable .{0,30} not set/i],
    });
  });

  test('an error with its detail and its hint stays together', async () => {
    const cluster = crashing(
      'positions-db',
      `2026-01-01 10:03:58.110 UTC [1] LOG:  starting PostgreSQL 16.4 on x86_64-pc-linux-musl
2026-01-01 10:03:58.113 UTC [1] FATAL:  could not load server certificate file "server.crt": key values mismatch
2026-01-01 10:03:58.113 UTC [1] HINT:  The certificate was renewed without its key.
2026-01-01 10:03:58.114 UTC [1] LOG:  database system is shut down
`,
    );
    await expectCause(cluster, ['Deployment', 'fleet', 'positions-db'], {
      cause: [
        'Deployment positions-db app_exit',
        'Deployment positions-db bad_config_value',
        'Deployment positions-db wrong_credential',
      ],
      says: [/key values mismatch/],
      never: [/database system is shut down/, /does not exist/],
    });
  });
});
