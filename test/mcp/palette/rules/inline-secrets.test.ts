import { expect, test } from 'vitest';
import { hasSecret, inlineSecrets } from '../../../../src/mcp/palette/rules/inline-secrets.ts';
import { manifestsOf } from '../../../../src/mcp/palette/rules/pod-specs.ts';

const secret = 'hunter2-Zq81xw';
const pathsIn = (object: object): string[] =>
  manifestsOf(object, 0)
    .flatMap(inlineSecrets)
    .map(({ path }) => path);
const pod = (container: object) => ({ kind: 'Pod', spec: { containers: [container] } });

test.each<[string, object, string[]]>([
  [
    'a variable',
    pod({
      env: [
        { name: 'MODE', value: 'fast' },
        { name: 'DB_PASSWORD', value: secret },
      ],
    }),
    ['spec.containers[0].env[1].value'],
  ],
  ['an argument', pod({ args: ['--user', 'app', '--password', secret] }), ['spec.containers[0].args[3]']],
  ['a ConfigMap', { kind: 'ConfigMap', data: { password: secret, 'app.mode': 'fast' } }, ['data.password']],
  ['a key with dots', { kind: 'ConfigMap', data: { 'db.password': secret } }, ['data["db.password"]']],
  ['JSON in a text', { kind: 'ConfigMap', data: { config: `{"api_key": "${secret}"}` } }, ['data.config']],
  [
    'an item of a list',
    { kind: 'List', items: [{ kind: 'ConfigMap', data: { password: secret } }] },
    ['items[0].data.password'],
  ],
  [
    'a Secret',
    { kind: 'Secret', stringData: { password: secret, empty: '' }, data: { 'tls.key': 'QUJD' } },
    ['data["tls.key"]', 'stringData.password'],
  ],
  [
    'a reference',
    pod({ env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] }),
    [],
  ],
  ['a variable of the shell', pod({ env: [{ name: 'DB_PASSWORD', value: '$(OTHER)' }] }), []],
  ['the name of a Secret', { kind: 'Ingress', spec: { tls: [{ secretName: 'web-tls' }] } }, []],
  ['encrypted by SOPS', { kind: 'Secret', data: { password: 'ENC[AES256_GCM,data:x]' } }, []],
  ['encrypted elsewhere', { kind: 'ConfigMap', data: { password: 'ENC[AES256_GCM,data:x]' } }, []],
  ['sealed', { kind: 'SealedSecret', spec: { encryptedData: { password: 'AgBy3i4OJSWK+PiTySYZZA9rO43c' } } }, []],
])('%s', (_case, object, expected) => {
  expect(pathsIn(object)).toEqual(expected);
});

test('no message holds the secret', () => {
  const objects = [
    pod({ env: [{ name: 'DB_PASSWORD', value: secret }] }),
    { kind: 'Secret', stringData: { password: secret } },
  ];
  expect(JSON.stringify(objects.flatMap((object) => manifestsOf(object, 0)).flatMap(inlineSecrets))).not.toContain(
    secret,
  );
});

test('what is nested beyond all reason is no secret', () => {
  let deep: unknown = 'x';
  for (let depth = 0; depth < 200; depth += 1) deep = { deep };
  expect(pathsIn({ kind: 'ConfigMap', deep })).toEqual([]);
});

test('text of values is searched as a whole', () => {
  expect(hasSecret(`db:\n  password: ${secret}\n`)).toBe(true);
  expect(hasSecret('db:\n  passwordFrom: vault\n')).toBe(false);
});
