import { expect, test } from 'vitest';
import { type CrashCase, crashCause } from '../crash-cause.ts';

const wanted = 'Deployment app bad_image_release [registry.test/app:1.0] high';

test.each<CrashCase>([
  [
    'a dump program that is older than its database',
    {
      log: 'dump: started\npg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 17.2; pg_dump version: 15.8\nError: could not remove part\nBackup failed',
    },
    wanted,
  ],
  [
    'a driver that is newer than its database',
    {
      log: 'pymongo.errors.ConfigurationError: Server at mongo:27017 reports wire version 6, but this version of PyMongo requires at least 7 (MongoDB 4.0).',
    },
    wanted,
  ],
  [
    'a client of a container engine',
    {
      log: 'Error response from daemon: client version 1.22 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    },
    wanted,
  ],
  [
    'a library without the login of the server',
    { log: 'django.db.utils.OperationalError: SCRAM authentication requires libpq version 10 or above' },
    wanted,
  ],
  [
    'a login that the client does not know',
    {
      log: 'Error: ER_NOT_SUPPORTED_AUTH_MODE: Client does not support authentication protocol requested by server; consider upgrading MySQL client',
    },
    wanted,
  ],
  [
    'a broker of another version',
    {
      log: 'FATAL org.apache.kafka.common.errors.UnsupportedVersionException: The node does not support CREATE_TOPICS',
    },
    wanted,
  ],
  ['a migration tool', { log: 'ERROR: Unsupported Database: PostgreSQL 17.1' }, wanted],
  [
    'a state that a newer program wrote',
    { log: 'Error: state snapshot was created by Terraform v1.9.0, which is newer than current v1.5.7; upgrade' },
    wanted,
  ],
])('QUA-1: a client and a server that do not go together: %s', async (_title, crash, cause) => {
  expect(await crashCause(crash)).toBe(cause);
});

test.each<[string, string]>([
  ['its own version is told', 'INFO client version 1.22\nFATAL required variable API_KEY is not set'],
  ['the server refuses the login', 'FATAL: password authentication failed for user "app"'],
  ['the version of the server is told', 'server version: 16.4\nFATAL cannot continue'],
])('QUA-1: not a matter of versions: %s', async (_title, log) => {
  expect(await crashCause({ log })).not.toContain('bad_image_release');
});
