import { expect, test } from 'vitest';
import { isHarmless, isRandom, isSecretName, isTelling, redactPairs } from '../../../src/lib/redact/names.ts';

test.each([
  'password',
  'DB_PASSWORD',
  'dbPassword',
  'spring.datasource.password',
  'REDIS_PASS',
  'PGPASSWORD'.replace('PG', 'PG_'),
  'api_key',
  'apiKey',
  'API-KEY',
  'AWS_SECRET_ACCESS_KEY',
  'access_token',
  'clientSecret',
  'JWT_SECRET',
  'STRIPE_KEY'.replace('STRIPE', 'API'),
  'token',
  '--token',
  'credentials',
  'password2',
  'client-key-data',
])('GAT-4: %s is the name of a secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  'secretName',
  'tokenExpirationSeconds',
  'automountServiceAccountTokens',
  'max_tokens',
  'bypass',
  'compass',
  'passed',
  'key',
  'keys',
  'imagePullSecrets',
  'existingSecret',
  'tlsSecret',
  'serviceAccountToken',
  'monkey',
  'secretKeyRef',
  'passwordFile',
  'x'.repeat(200),
])('GAT-4: %s is not', (name) => {
  expect(isSecretName(name)).toBe(false);
});

test.each([
  ['password=hunter2 and more', 'password=# and more'],
  ['DB_PASSWORD=hunter2;HOST=db', 'DB_PASSWORD=#;HOST=db'],
  ["token = 'two words'", "token = '#'"],
  ['/login?user=a&password=hunter2&next=/', '/login?user=a&password=#&next=/'],
  ['{"password": "hunter2", "user": "a"}', '{"password": "#", "user": "a"}'],
  ['{\\"password\\":\\"hunter2\\"}', '{\\"password\\":\\"#\\"}'],
  ['{"password":"with \\"quotes\\" in it"}', '{"password":"#"}'],
  ["{'password': 'hunter2'}", "{'password': '#'}"],
  ['spec:\n  password: hunter2\n  user: a', 'spec:\n  password: #\n  user: a'],
  ['- DB_PASSWORD: my pass phrase', '- DB_PASSWORD: #'],
  ['      DB_PASSWORD:  hunter2\n      HOST: db', '      DB_PASSWORD:  #\n      HOST: db'],
  ['start --token abc --verbose', 'start --token # --verbose'],
  ['level=info db_password: hunter2, host: db', 'level=info db_password: #, host: db'],
  ['password=a password=b', 'password=# password=#'],
  ['DB_PASSWORD=Tr0ub&dor3xyz; next', 'DB_PASSWORD=#; next'],
  ['(password=hunter2)', '(password=#)'],
  ['MYSQL_PASSWORD_PROD=hunter2', 'MYSQL_PASSWORD_PROD=#'],
  [
    'env:\n- name: DB_PASSWORD\n  value: hunter2\n- name: HOST\n  value: db',
    'env:\n- name: DB_PASSWORD\n  value: #\n- name: HOST\n  value: db',
  ],
  ['{"name":"DB_PASSWORD","value":"hunter2"}', '{"name":"DB_PASSWORD","value":"#"}'],
  ['{\\"name\\":\\"DB_PASSWORD\\",\\"value\\":\\"hunter2\\"}', '{\\"name\\":\\"DB_PASSWORD\\",\\"value\\":\\"#\\"}'],
  ['> password: sunshine', '> password: #'],
  ['* password: sunshine', '* password: #'],
  ['1. password: sunshine', '1. password: #'],
  ['- **DB_PASSWORD**: sunshine', '- **DB_PASSWORD**: #'],
  ['- `DB_PASSWORD`: `sunshine`', '- `DB_PASSWORD`: `#`'],
  ['| `DB_PASSWORD` | sunshine |', '| `DB_PASSWORD` | # |'],
  ['The variable `DB_PASSWORD` is set to `sunshine` there.', 'The variable `DB_PASSWORD` is set to `#` there.'],
])('GAT-4: of %j the value goes', (text, expected) => {
  expect(redactPairs(text, (value) => (isHarmless(value) ? value : '#'))).toBe(expected);
});

test.each([
  'secret "cart-tls" not found',
  "KeyError: 'REDIS_PASSWORD'",
  "couldn't find key password in Secret shop/cart",
  'Missing DB_PASSWORD: must be set to start',
  'password authentication failed for user "app"',
  'SyntaxError: Unexpected token: } in JSON',
  'token: expired',
  'automountServiceAccountToken: true',
  'password=$(DB_PASSWORD) password=${X} password=<redacted:pair> token=null',
  'tokens=1500 max_tokens=100 passed=12',
  'imagePullSecrets: []\nsecret:\n  secretName: cart-tls',
  'name: token\nvalue: x',
])('GAT-4: %j says nothing secret', (text) => {
  expect(redactPairs(text, (value) => (isHarmless(value) ? value : '#'))).toBe(text);
});

test.each([
  ['SIGNING', 'aB3dE5fG7hI9jK1lM3nO5pQ7', true],
  ['LICENCE', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', true],
  ['GIT_COMMIT', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b', false],
  ['IMAGE_DIGEST', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', false],
  ['SERVICE', 'cart-service-of-the-shop-in-europe', false],
  ['URL', 'http://cart.shop.svc.cluster.local:8080', false],
  ['JAVA_OPTS', '-Xmx512m -XX:+UseG1GC', false],
  ['CLASS', 'ComExampleShopCartControllerImpl2', false],
  ['TENANT_ID', '3f2504e0-4f89-41d3-9a0c-0305e82c3301', false],
] as const)('GAT-4: a machine has drawn the value of %s=%s: %s', (name, value, expected) => {
  expect(isRandom(name, value)).toBe(expected);
});

test('GAT-4: only what is no common word is taken out where it stands alone', () => {
  expect(['hunter22', 'correct-horse', 'Tr0ub4dor&3'].every(isTelling)).toBe(true);
  expect(
    ['password', 'PRODUCTION', 'Administrator', '12345678', '10.0.0.12', 'short1', 'two words1'].some(isTelling),
  ).toBe(false);
});

test.each(['password', 'password=', 'a_password: ', '"token":"', '--token '])(
  'GAT-4: a megabyte of %j is read in the time of its length',
  (piece) => {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
    expect(redactPairs(text, () => '').length).toBeLessThanOrEqual(text.length);
  },
);
