import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

test('GAT-4: a pod keeps what explains it and loses what opens doors', () => {
  const redact = createRedactor();
  const annotation = JSON.stringify({ spec: { env: [{ name: 'API_TOKEN', value: 'zebra-77-token' }] } });
  const pod = {
    kind: 'Pod',
    metadata: { name: 'cart', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': annotation } },
    spec: {
      containers: [
        {
          name: 'cart',
          args: ['--password', 'zebra-78-pass', '--config', '/etc/cart.yaml', '--token=zebra-79-token'],
          env: [
            { name: 'DB_PASSWORD', value: 'zebra-80-pass' },
            { name: 'HOST', value: 'db.shop' },
            { name: 'BLOB', value: 'aB3dE5fG7hI9jK1lM3nO5pQ7' },
            { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
            { name: 'URL', value: 'postgres://app:zebra-81-pass@db/shop' },
          ],
        },
      ],
      volumes: [{ name: 'tls', secret: { secretName: 'cart-tls' } }],
    },
  };
  const clean = redact.value(pod);
  expect(JSON.stringify(clean)).not.toMatch(/zebra|aB3dE5/);
  expect(clean.spec.containers[0]?.env).toEqual([
    { name: 'DB_PASSWORD', value: '<redacted:env>' },
    { name: 'HOST', value: 'db.shop' },
    { name: 'BLOB', value: '<redacted:entropy>' },
    { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
    { name: 'URL', value: 'postgres://app:<redacted:userinfo>@db/shop' },
  ]);
  expect(clean.spec.containers[0]?.args).toEqual([
    '--password',
    '<redacted:pair>',
    '--config',
    '/etc/cart.yaml',
    '--token=<redacted:pair>',
  ]);
  expect(clean.spec.volumes).toEqual(pod.spec.volumes);
  expect(redact.count).toBeGreaterThan(5);
});

test('GAT-4: what has nothing to hide is the same object, and counts nothing', () => {
  const redact = createRedactor();
  const service = { kind: 'Service', spec: { ports: [{ name: 'http', port: 80 }], selector: { app: 'cart' } } };
  expect(redact.value(service)).toBe(service);
  expect(redact.count).toBe(0);
});

test('GAT-4: what a name gave away is taken out where it stands without its name', () => {
  const redact = createRedactor();
  redact.value({ data: { password: 'zebra-82-pass' } });
  expect(redact.text('panic: login with zebra-82-pass failed')).toBe('panic: login with <redacted:secret> failed');
});

test.each(['zebra"with"quotes', 'zebra\\with\\back', 'zebra\twith\ttabs', 'zebra$with.*[signs]'])(
  'GAT-4: a literal goes, in JSON as well, where it stands in another form: %j',
  (secret) => {
    const redact = createRedactor({ secrets: [secret] });
    const text = `said ${secret} and ${JSON.stringify({ statement: `it is ${secret}` })}`;
    expect(redact.text(text)).toBe('said <redacted:secret> and {"statement":"it is <redacted:secret>"}');
  },
);

test('GAT-4: the longer of two literals that overlap goes first', () => {
  const redact = createRedactor({ secrets: ['zebra-83', 'zebra-83-and-more'] });
  expect(redact.text('zebra-83-and-more zebra-83')).toBe('<redacted:secret> <redacted:secret>');
});

test('GAT-4: patterns of the configuration are rules as well', () => {
  const redact = createRedactor({ patterns: ['INT-[0-9]{6}'] });
  expect(redact.text('ticket INT-123456 and INT-12')).toBe('ticket <redacted:pattern> and INT-12');
});

test('GAT-4: what is redacted stays as it is when it is redacted again', () => {
  const secretive = fc.array(
    fc.constantFrom(
      'password=hunter22 ',
      '"token":"abcdefgh1" ',
      'text ',
      'a: b\n',
      'Bearer abcdefghijkl ',
      'DB_PASSWORD: x1y2z3\n',
    ),
  );
  fc.assert(
    fc.property(secretive, (parts) => {
      const once = createRedactor().text(parts.join(''));
      expect(createRedactor().text(once)).toBe(once);
    }),
  );
});

test('GAT-4: any value keeps its shape', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const clean = createRedactor().value(value);
      expect(typeof clean).toBe(typeof value);
      expect(Object.keys(Object(clean))).toEqual(Object.keys(Object(value)));
    }),
  );
});

test('GAT-4: an object deeper than any cluster has loses what is too deep', () => {
  let deep: unknown = { password: 'zebra-84-pass' };
  for (let level = 0; level < 200; level += 1) deep = { deep };
  expect(JSON.stringify(createRedactor().value(deep))).not.toContain('zebra');
});

test.each([4095, 4096, 4097, 4104, 4105, 8192, 33_000, 90_000, 500_000])(
  'GAT-4: a secret of %i characters is found where it stands alone, and takes nothing else down',
  (length) => {
    const redact = createRedactor({ secrets: ['a-short-secret'] });
    const secret = Array.from({ length }, (_, at) => 'yQ7+"\\'[(at * 5) % 6]).join('');
    redact.value({ password: secret });
    const clean = redact.text(`before ${secret} between ${JSON.stringify(secret)} a-short-secret after`);
    expect(clean).toMatch(/^before (?:<redacted:secret>)+ between "(?:<redacted:secret>)+" <redacted:secret> after$/);
  },
);

test('GAT-4: a text that teaches a thousand secrets loses each of them, and is read in the time of its length', () => {
  const redact = createRedactor();
  const pairs = Array.from({ length: 4000 }, (_, at) => `db_password=zebra${at}-${'x1'.repeat(100)}`);
  expect(redact.text(pairs.join('\n'))).not.toContain('zebra');
  expect(redact.text(`found zebra7-${'x1'.repeat(100)} alone`)).toBe('found <redacted:secret> alone');
});

test('GAT-4: of two literals that are learned one after the other, the longer goes first, whichever came first', () => {
  for (const secrets of [
    ['zebra-83', 'zebra-83-and-more'],
    ['zebra-83-and-more', 'zebra-83'],
  ]) {
    const redact = createRedactor();
    for (const secret of secrets) redact.learn([secret]);
    expect(redact.text('a zebra-83-and-more b zebra-83 c')).toBe('a <redacted:secret> b <redacted:secret> c');
  }
});

// Put together here, so that no scanner takes this file for a leak.
const pem = (kind: string): string[] => [
  `-----BEGIN ${kind}KEY-----`,
  ...Array.from({ length: 20 }, (_, at) => `zebra${String(at).padStart(2, '0')}${'aB3+'.repeat(14)}`),
  `-----END ${kind}KEY-----`,
];

test.each(['PRIVATE ', 'RSA PRIVATE ', 'OPENSSH PRIVATE '])(
  'GAT-4: of a %skey in lines nothing is left, and what stands around it stays where it is',
  (kind) => {
    const key = pem(kind);
    const lines = ['before', ...key, 'after', 'password=hunter22', 'end'];
    const clean = createRedactor().value({ lines }).lines;
    expect(clean).toEqual([
      'before',
      ...key.map(() => '<redacted:private_key>'),
      'after',
      'password=<redacted:pair>',
      'end',
    ]);
    // With a time before each line, cut off at either end, or with several lines in a string.
    for (const other of [
      lines.map((line) => `2026-01-01T00:00:00Z ${line}`),
      ['a', ...key.slice(0, -1)],
      [...key.slice(1), 'b'],
      [key.slice(0, 5).join('\n'), key.slice(5).join('\n')],
    ]) {
      const shown = createRedactor().value(other);
      expect(shown).toHaveLength(other.length);
      expect(JSON.stringify(shown)).not.toContain('zebra');
      expect(createRedactor().value(shown)).toBe(shown);
    }
  },
);

test('GAT-4: literals, patterns and variables go from lines as they go from a text', () => {
  const redact = createRedactor({ patterns: ['<k>[\\s\\S]*?</k>'], secrets: ['zebra-one\nzebra-two'] });
  expect(redact.value(['a', 'is zebra-one', 'zebra-two.', 1, '<k>', 'zebra', '</k> b'])).toEqual([
    'a',
    'is <redacted:secret>',
    '<redacted:secret>.',
    1,
    '<redacted:pattern>',
    '<redacted:pattern>',
    '<redacted:pattern> b',
  ]);
  expect(redact.value(['- name: DB_PASSWORD', '  value: zebra-86', '- name: HOST', '  value: db'])).toEqual([
    '- name: DB_PASSWORD',
    '  value: <redacted:pair>',
    '- name: HOST',
    '  value: db',
  ]);
  const plain = ['DB_PASSWORD=', 'HOST=db', '--config', '/etc/token'];
  expect(redact.value(plain)).toBe(plain);
});

test('GAT-4: many lines are read in the time of their length', () => {
  for (const line of ['-----BEGIN PRIVATE KEY-----', 'aB3+'.repeat(16), 'name: token']) {
    const lines = Array.from({ length: 20_000 }, () => line);
    expect(createRedactor().value(lines)).toHaveLength(lines.length);
  }
});
