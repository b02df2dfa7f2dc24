import { describe, expect, test } from 'vitest';
import { failureOf, hasHost } from '../../../src/analyst/signals/calls.ts';

describe('QUA-1: how a text says that a call failed', () => {
  test.each<[string, string | null]>([
    ['getaddrinfo ENOTFOUND db', 'unresolved'],
    ['dial tcp: lookup db on 10.96.0.10:53: no such host', 'unresolved'],
    ['lookup db on 10.96.0.10:53: i/o timeout', 'unresolved'],
    ['dial tcp 10.0.0.1:80: connect: connection refused', 'refused'],
    ['read ECONNRESET', 'refused'],
    ["ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (111)", 'refused'],
    ["ERROR 2002 (HY000): Can't connect to server on 'db' (115)", 'refused'],
    ["ERROR 2005 (HY000): Unknown MySQL server host 'db' (-2)", 'unresolved'],
    ['context deadline exceeded', 'timeout'],
    ['upstream answered 503', 'rejected'],
    ['HTTP 404', 'rejected'],
    ['HTTP 200', null],
    ['relation "users" does not exist', null],
    ['', null],
  ])('%s', (text, wanted) => expect(failureOf(text)).toBe(wanted));
});

describe('QUA-1: whether a value names a host', () => {
  test.each<[string, string, boolean]>([
    ['http://api:80/v1', 'api', true],
    ['api', 'api', true],
    ['api.ns.svc.cluster.local', 'api', true],
    ['redis://cache/0,redis://api/1', 'api', true],
    ['http://api-v2:80', 'api', false],
    ['http://my-api:80', 'api', false],
    ['http://api.example.com', 'api', false],
    ['http://www.api', 'api', false],
    ['capital', 'api', false],
    ['', 'api', false],
  ])('%s: %s', (value, host, wanted) => expect(hasHost(value, host)).toBe(wanted));
});
