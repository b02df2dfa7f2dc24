import { describe, expect, test } from 'vitest';
import { hostsIn, pathsIn, quotedIn, settingsIn } from '../../../src/analyst/model/names-in-text.ts';

const hosts = (text: string): string[] =>
  hostsIn(text).map(({ host, port }) => (port === null ? host : `${host}:${port}`));

describe('QUA-1: hosts', () => {
  test.each<[string, string, string[]]>([
    ['a URL', 'GET http://api:9000/v1 failed', ['api:9000']],
    ['a URL with a password', 'postgres://u:p@db.ns:5432/x', ['db.ns:5432']],
    ['a URL without a port', 'Get "https://api/": EOF', ['api']],
    ['psql', 'connection to server at "db" (10.0.0.9), port 5432 failed', ['db:5432']],
    ['Node', 'getaddrinfo ENOTFOUND ledger', ['ledger']],
    ['Go', 'dial tcp: lookup ledger.pay.svc on 10.96.0.10:53', ['ledger.pay.svc']],
    ['busybox', "nslookup: can't resolve 'ledger'", ['ledger']],
    ['bare', 'connect cache:6379: refused', ['cache:6379']],
    ['waiting', 'waiting for ledger', ['ledger']],
    ['PyMySQL', `(2003, "Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)")`, ['db']],
    ['mysql', "ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (111)", ['db:3306']],
    ['MariaDB', "ERROR 2002 (HY000): Can't connect to server on 'db' (115)", ['db']],
    ['MySQL, unknown', "ERROR 2005 (HY000): Unknown MySQL server host 'db' (-2)", ['db']],
    [
      'an older psql',
      'could not connect to server: Connection refused Is the server running on host "db" (10.0.0.9) and accepting TCP/IP connections on port 5432?',
      ['db'],
    ],
    ['pgx', 'failed to connect to `host=db user=app database=app`: dial error', ['db']],
    ['a connection string', 'cannot connect: host=db port=5432 dbname=app', ['db:5432']],
    ['urllib3', "HTTPConnectionPool(host='api', port=8080): Max retries exceeded", ['api:8080']],
    ['redis-py', 'Error 111 connecting to cache:6379. Connection refused.', ['cache:6379']],
    ['PyMongo', 'db:27017: [Errno 111] Connection refused', ['db:27017']],
    ['AMQP', 'AMQPConnectionError: amqp://app@broker:5672 Connection refused', ['broker:5672']],
    ['JDBC', 'Connection to db:5432 refused. Check that the hostname and port are correct', ['db:5432']],
    ['the same host twice: the one with the port', 'lookup api failed for http://api:80/', ['api:80']],
  ])('%s', (_title, text, wanted) => {
    expect(hosts(text)).toEqual(wanted);
  });
  test.each([
    ['an address', 'connect 10.0.0.9:5432'],
    ['a file and its line', 'main.go:10 in server.py:22'],
    ['a word that is no host', 'connect to the database'],
    ['a time', 'at 10:00:00'],
    ['the machine itself', "server on 'localhost'"],
    ['an empty host', 'host= user=app'],
    ['nothing', ''],
  ])('not: %s', (_title, text) => {
    expect(hosts(text)).toEqual([]);
  });
});

describe('QUA-1: paths, settings and quotes', () => {
  test.each<[string, string, string[]]>([
    ['the longest first', "open '/etc/app/a.yaml' in /etc", ['/etc/app/a.yaml', '/etc']],
    ['without the dot of the sentence', 'cannot read /etc/app.', ['/etc/app']],
    ['each once', '/a /a', ['/a']],
    ['not: a share of a word', 'and/or', []],
  ])('paths: %s', (_title, text, wanted) => expect(pathsIn(text)).toEqual(wanted));
  test.each<[string, string, string[]]>([
    ['with an underscore', 'DATABASE_URL is required', ['DATABASE_URL']],
    ['a single word beside variable', 'variable PORT is not set', ['PORT']],
    ['of Python', "KeyError: 'TOKEN'", ['TOKEN']],
    ['not: a single word alone', 'ERROR no PORT', []],
    ['not: what belongs to TLS', 'TLS_AES_128 was chosen', []],
    ['TLS, when it is called a variable', 'variable TLS_CERT is missing', ['TLS_CERT']],
  ])('settings: %s', (_title, text, wanted) => expect(settingsIn(text)).toEqual(wanted));
  test.each<[string, string, string[]]>([
    ['all three quotes, each once', `"a" 'b' \`c\` "a"`, ['a', 'b', 'c']],
    ['not: blanks', '" "', []],
    ['not: over a line', '"a\nb"', []],
  ])('quotes: %s', (_title, text, wanted) => expect(quotedIn(text)).toEqual(wanted));
});
