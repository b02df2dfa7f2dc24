import { expect, test } from 'vitest';
import { levels, noHosts, noValues, programMissing, says } from '../../../src/analyst/model/lexicon.ts';

/** What a program said, by what it means. */
const examples: Record<keyof typeof says, readonly string[]> = {
  shellError: ['/bin/sh: 1: serve: not found', 'exec /app: exec format error', 'run.sh: line 3: DB: unbound variable'],
  bareError: ['could not open the queue', 'listen address is required'],
  followUp: ['process exited with code 1', 'gave up to run the manager', 'the database system is shut down'],
  helpText: ['see https://docs.test/upgrade', 'For more information visit https://docs.test', 'Usage: tool [flags]'],
  detailLine: ['DETAIL:  The data directory was made by version 13.', '[1] HINT:  Remove the file.'],
  systemError: ['open /data/a: permission denied', 'unknown flag: --port', 'DB_HOST is not set'],
  summaryOnly: ['configuration file "/etc/a.conf" contains errors', 'Fatal error, check server logs.'],
  remark: ['Set it to suppress this message', 'option x is deprecated'],
  overcome: ['connection lost, will retry in 3 s', 'reconnected after 2 tries'],
  workingOn: ['applying migration 0042_orders.sql', 'processing batch 2026-11-20/7'],
  unresolved: ['dial tcp: lookup db on 10.96.0.10:53: no such host', 'getaddrinfo ENOTFOUND redis'],
  resolverFailed: [
    'could not translate host name "db" to address: Temporary failure in name resolution',
    'dial tcp: lookup db on 10.96.0.10:53: read udp 10.244.0.9:51234->10.96.0.10:53: i/o timeout',
  ],
  refused: ['connect ECONNREFUSED 10.0.0.1:5432', 'connect() failed (111)'],
  timedOut: ['read tcp 10.0.0.2:80: i/o timeout', 'context deadline exceeded'],
  rejected: ['upstream answered 503', 'HTTP 404'],
  answered: ['GET http://cart/ 200', 'connected to cart:8080'],
  loginRefused: ['password authentication failed for user "cart"', 'WRONGPASS invalid username-password pair'],
  certificateExpired: ['x509: certificate has expired or is not yet valid', 'CERT_HAS_EXPIRED'],
  expiryDate: ['not after 2026-01-01'],
  listensOn: ['Listening on port 8080'],
  headerRefused: [
    'net/http: invalid header field value for "Authorization"',
    'TypeError [ERR_INVALID_CHAR]: Invalid character in header content ["authorization"]',
    "Invalid leading whitespace, reserved character(s), or return character(s) in header value: 'Bearer abc\\n'",
  ],
  plainAnswer: [
    'http: server gave HTTP response to HTTPS client',
    '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:992)',
    'tls: first record does not look like a TLS handshake',
    'javax.net.ssl.SSLException: Unsupported or unrecognized SSL message',
    'error:0A00010B:SSL routines::wrong version number',
    'server does not support SSL, but SSL was required',
  ],
  tlsWanted: [
    'Client sent an HTTP request to an HTTPS server.',
    '400 The plain HTTP request was sent to HTTPS port',
    'FATAL: no pg_hba.conf entry for host "10.0.0.9", user "cart", database "cart", no encryption (pg_hba)',
  ],
  trafficProxy: ['istio-proxy docker.io/istio/proxyv2:1.24', 'app-mesh envoy:v1.30', 'daprd daprio/daprd:1.14'],
  pathUnknown: ['HTTP 404', 'request failed with status code 404', '404 Client Error: Not Found for url'],
  databaseMissing: [
    'FATAL:  database "ordrs" does not exist',
    "ERROR 1049 (42000): Unknown database 'ordrs'",
    'Cannot open database "ordrs" requested by the login',
    "Keyspace 'ordrs' does not exist",
  ],
  staleData: ['snapshot is 9 h old: too old', 'no recent export'],
  refusesCredential: [
    'unable to log in with token auth: permission denied',
    'AccessDeniedException: User is not authorized to perform secretsmanager:GetSecretValue',
    'failed to fetch index: 401 Unauthorized',
    'UnrecognizedClientException: The security token included in the request is invalid',
    'the client secret has expired',
  ],
  apiDenied: ['pods is forbidden', 'User cannot list resource "pods"'],
  rightLacking: ['User "system:serviceaccount:shop:cart" cannot list resource "pods" in API group "" in the namespace'],
  tokenRefused: [
    'error: the server has asked for the client to provide credentials',
    'Unable to authenticate the request: invalid bearer token',
  ],
  meshDenied: ['RBAC: access denied', '"GET / HTTP/1.1" 403 - rbac_access_denied_matched_policy[none]'],
  noToken: ['open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory'],
  settingMissing: ['REDIS_URL is not set', 'sh: DB_URL: parameter not set'],
  fileMissing: ['ENOENT: no such file or directory, open /etc/app/app.yaml'],
  valueRejected: ['invalid value "fast" for mode', 'ValueError: could not convert string'],
  directiveUnknown: ['unknown directive "liste"', 'unrecognized option'],
  fileUnparsed: ['yaml: line 3: mapping values are not allowed', 'JSONDecodeError: Expecting value'],
  scriptBroken: ['/scripts/run.sh: line 4: syntax error: unexpected end of file'],
  readOnlyFiles: ['open /tmp/x: Read-only file system'],
  accessDenied: ['mkdir /data: Permission denied', 'EACCES'],
  capabilityMissing: ['bind: Operation not permitted'],
  diskFull: ['write /spool/1: No space left on device'],
  sharedMemory: ['could not resize shared memory segment'],
  portTaken: ['listen tcp :8080: bind: address already in use'],
  lockHeld: [
    'opening storage failed: lock DB directory: resource temporarily unavailable',
    'IO error: While lock file: /data/LOCK: Resource temporarily unavailable',
    'Unable to lock ./ibdata1 error: 11',
    'failed to obtain node locks, tried [[/usr/share/data]] with lock id [0]',
    'Failed to acquire lock on file .lock in /data/logs. Another process is using this directory.',
    'Cannot acquire directory lock on "/data". Another process is using this Badger database',
    'Database at /var/lib/planner.db/LOCK is already locked by another process',
    'Lock file has been locked by another process: /data/store_lock',
    'lock file "postmaster.pid" already exists',
    'LockObtainFailedException: Lock held by another program: /index/write.lock',
    'database is locked (SQLITE_BUSY)',
    'Database may be already in use: "Locked by another process"',
    'unable to lock data directory: /consul/data',
    'another instance is already running with this data directory',
    'could not get exclusive lock on the store',
  ],
  waitsToLead: [
    'attempting to acquire leader lease gitops/source-controller-leader-election...',
    'lock is held by app-5d8f-abcde_1 and has not yet expired',
    'waiting to become leader',
    'running in standby mode',
  ],
  leads: ['successfully acquired lease gitops/source-controller', 'became leader', 'I am the leader now'],
  noAddressLeft: [
    'add cmd: failed to assign an IP address to container',
    'failed to allocate for range 0: no IP addresses available in range set: 10.42.0.1-10.42.0.254',
    '[POST /ipam][502] postIpamFailure range is full',
    'No more IPs available',
    'no more free affine blocks and strict affinity enabled',
    'failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses',
    'Could not allocate IP in range: ip: 10.0.0.1 / - 10.0.0.6',
    'InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses',
  ],
  networkPluginDown: [
    'cni plugin not initialized',
    'stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running',
    'open /run/flannel/subnet.env: no such file or directory',
    'dial tcp 127.0.0.1:50051: connect: connection refused',
    'dial unix /var/run/cilium/cilium.sock: connect: no such file or directory',
    'error getting ClusterInformation: connection is unauthorized: Unauthorized',
    'no networks found in /etc/cni/net.d',
  ],
  wrongArchitecture: ['exec /app: exec format error'],
};

test.each(Object.entries(examples))('%s is recognised', (meaning, texts) => {
  const pattern = says[meaning as keyof typeof says];
  expect(texts.filter((text) => text.search(pattern) < 0)).toEqual([]);
});

test('a calm line means nothing of it', () => {
  const calm = ['INFO 14 orders shipped', 'GET / 200 3ms', 'cache warmed in 40 ms'];
  const { answered: _good, ...bad } = says;
  const loud = Object.entries(bad).flatMap(([meaning, pattern]) =>
    calm.filter((text) => text.search(pattern) >= 0).map((text) => `${meaning}: ${text}`),
  );
  expect(loud).toEqual([]);
});

test.each([
  ['exec: "serve": executable file not found in $PATH', 'serve'],
  ['/bin/sh: 1: migrate: not found', 'migrate'],
  ["python: can't open file '/app/main.py': [Errno 2]", '/app/main.py'],
  ["ModuleNotFoundError: No module named 'flask'", 'flask'],
  ["Error: Cannot find module '/app/server.js'", '/app/server.js'],
  ['Error: Could not find or load main class com.shop.Cart', 'com.shop.Cart'],
])('%s names the program %s', (text, name) => {
  expect(programMissing.map((form) => form.exec(text)?.[1]).find((found) => found !== undefined)).toBe(name);
});

test('levels and words that are no names', () => {
  expect(['emerg', 'eror', 'warn', 'trace'].map((word) => levels.get(word))).toEqual([
    'fatal',
    'error',
    'warn',
    'info',
  ]);
  expect(noHosts.has('localhost') && noValues.has('utf-8')).toBe(true);
});

test.each([
  'deadlock detected',
  'Lock wait timeout exceeded; try restarting transaction',
  'account locked after 5 attempts',
  'failed to get the next block of the file',
  'package-lock.json was written by another npm',
  'failed to get resource from the server',
])('%s is no data that another process has locked', (line) => {
  expect(says.lockHeld.test(line)).toBe(false);
});
