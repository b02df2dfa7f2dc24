import { expect, test } from 'vitest';
import { causeOf } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';

const image = 'registry.test/db:9.9';

/** `app` ends with `log`; the pod of the Service `db` that it calls is ready, or its image is gone. */
function calling(log: string, serverIsReady: boolean): TestCluster {
  const cluster = new TestCluster();
  cluster.add('Namespace', null, 'ns');
  cluster.node('n1');
  cluster.crash('ns', 'app', { log });
  cluster.service('ns', 'db', { port: 3306 });
  const message = `Back-off pulling image "${image}": ErrImagePull: failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
  const waiting = {
    name: 'db',
    ready: false,
    restartCount: 0,
    state: { waiting: { reason: 'ImagePullBackOff', message } },
  };
  cluster.deployment('ns', 'db', {
    ready: serverIsReady,
    spec: { containers: [{ name: 'db', image }] },
    ...(serverIsReady ? {} : { status: { phase: 'Pending', containerStatuses: [waiting] } }),
  });
  return cluster;
}

const clients: [string, string][] = [
  [
    'PyMySQL',
    `pymysql.err.OperationalError: (2003, "Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)")`,
  ],
  ['mysql', "ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (111)"],
  ['MariaDB', "ERROR 2002 (HY000): Can't connect to server on 'db' (115)"],
  [
    'psql of before',
    'psql: error: could not connect to server: Connection refused\n\tIs the server running on host "db" (10.0.0.1) and accepting\n\tTCP/IP connections on port 5432?',
  ],
  [
    'pgx',
    'failed to connect to `host=db user=app database=app`: dial error (dial tcp 10.0.0.1:5432: connect: connection refused)',
  ],
  ['redis-py', 'redis.exceptions.ConnectionError: Error 111 connecting to db:6379. Connection refused.'],
  ['PyMongo', 'pymongo.errors.ServerSelectionTimeoutError: db:27017: [Errno 111] Connection refused'],
  ['AMQP', 'Error: cannot connect to amqp://app@db:5672: connection refused'],
];

test.each(clients)('QUA-1: %s: what is wrong with the server that it calls is the cause', async (_name, log) => {
  expect(await causeOf(calling(log, false), 'Deployment', 'ns', 'app')).toBe(
    `Deployment db image_not_found [${image}] high`,
  );
});

test.each(clients)('QUA-1: %s: a server that is ready is not blamed', async (_name, log) => {
  expect(await causeOf(calling(log, true), 'Deployment', 'ns', 'app')).not.toMatch(/^Deployment db|image_not_found/);
});
