import { describe, expect, test } from 'vitest';
import type { TestCluster } from '../../cluster.ts';
import { type CrashCase, crashCause, mounting } from '../crash-cause.ts';

const claim = { persistentVolumeClaim: { claimName: 'data' } };
const data = (path = '/data') => mounting(path, claim, {}, { image: 'registry.test/db:16.2' });
const workload = (value: string, confidence = 'high') => `Deployment app volume_content [${value}] ${confidence}`;
const volume = (value: string, confidence = 'high') =>
  `PersistentVolumeClaim data volume_content [${value}] ${confidence}`;

describe('QUA-1: data on a volume that the program does not accept', () => {
  test.each<CrashCase>([
    [
      'initdb on a fresh file system',
      {
        log: 'initdb: error: directory "/data" exists but is not empty\ninitdb: detail: It contains a lost+found directory, perhaps due to it being a mount point.',
        spec: data(),
      },
      workload('/data'),
    ],
    [
      'MySQL',
      {
        log: '2026-01-01T10:00:00.000000Z 0 [ERROR] [MY-010457] [Server] --initialize specified but the data directory has files in it. Aborting.',
        spec: data('/var/lib/mysql'),
      },
      workload('/var/lib/mysql'),
    ],
    [
      'Postgres of another version',
      {
        log: '2026-01-01 10:00:00 UTC [1] FATAL:  database files are incompatible with server\n2026-01-01 10:00:00 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 13, which is not compatible with this version 16.2.',
        spec: data(),
      },
      workload('13'),
    ],
    [
      'MongoDB of another version',
      {
        log: '{"s":"F","msg":"Wrong mongod version","attr":{"error":"UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion document: version 4.2"}}',
        spec: data(),
      },
      workload('4.2'),
    ],
    [
      'Redis',
      { log: "1:M 01 Jan 2026 10:00:00.000 # Can't handle RDB format version 11", spec: data() },
      workload('11'),
    ],
    [
      'an index of a newer version',
      {
        log: 'FATAL cannot downgrade a node from version [8.11.0] to version [8.5.0]',
        spec: data(),
      },
      workload('8.11.0'),
    ],
    [
      'another cluster',
      {
        log: "ERROR kafka.common.InconsistentClusterIdException: The Cluster ID mCZx1FrTSX6YUJJk6hEXkg doesn't match stored clusterId Some(3Q1r1n9XTb2uMWFb2i5q8w) in meta.properties",
        spec: data(),
      },
      volume('mCZx1FrTSX6YUJJk6hEXkg'),
    ],
    [
      'a member that was there before',
      {
        log: '{"level":"fatal","msg":"discovery failed","error":"member 8e9e05c52164694d has already been bootstrapped"}',
        spec: data(),
      },
      volume('8e9e05c52164694d'),
    ],
    [
      'a damaged file',
      { log: 'ERROR checksum mismatch in segment /data/wal/00000012', spec: data() },
      volume('/data/wal/00000012'),
    ],
    [
      'damage without a path: a lead',
      { log: '2026-01-01 10:00:00 UTC [1] PANIC:  could not locate a valid checkpoint record', spec: data() },
      volume('/data', 'medium'),
    ],
    // Another mechanism.
    [
      'no lasting volume: the data cannot be old',
      {
        log: 'FATAL:  database files are incompatible with server',
        spec: mounting('/data', { emptyDir: {} }),
      },
      'Deployment app app_exit [1] medium',
    ],
    [
      'a server elsewhere says so of itself',
      { log: 'ERROR GET http://db.test/: checksum mismatch of file', spec: data() },
      'Deployment app app_exit [1] medium',
    ],
    [
      'a full volume',
      { log: 'PANIC:  could not write to file "/data/pg_wal/1": No space left on device', spec: data() },
      'PersistentVolumeClaim data disk_full [/data] high',
    ],
  ])('%s', async (_title, crash, wanted) => {
    const withClaim = (cluster: TestCluster) => {
      cluster.add('PersistentVolumeClaim', 'ns', 'data', { status: { phase: 'Bound' } });
    };
    expect(await crashCause(crash, withClaim)).toBe(wanted);
  });
});
