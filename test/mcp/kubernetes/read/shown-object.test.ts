import { expect, test } from 'vitest';
import { shownObject, withoutEnvValues } from '../../../../src/mcp/kubernetes/read/shown-object.ts';
import { createRedactor } from '../../../../src/lib/redact/redact.ts';
import { object } from '../../../support/kube-objects.ts';

const shown = (kind: string, fields: Record<string, unknown>, maxBytes = 100_000) =>
  shownObject(object(kind, 'x', fields), createRedactor(), maxBytes);

const env = [
  { name: 'PLAIN', value: 'leaks-1' },
  { name: 'FROM', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
];
const template = { spec: { containers: [{ name: 'app', image: 'x', env }] } };

test('K8S-5: values of environment variables go wherever they stand, names and sources stay', () => {
  const { object: given } = shown('Deployment', {
    metadata: {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec: { template } }),
        'example.com/copy': JSON.stringify({ template }),
        note: 'stays',
      },
      managedFields: [{ manager: 'kubectl' }],
    },
    spec: { template },
    custom: {
      extraEnv: [{ name: 'A', value: 'leaks-2' }],
      environment: { B: 'leaks-3', C: { value: 'leaks-4' }, D: { valueFrom: { fieldRef: {} } } },
      envVars: ['E=leaks-5'],
      labels: { environment: 'production' },
    },
  });
  const text = JSON.stringify(given);
  expect(text).not.toMatch(/leaks-\d/);
  expect(text).not.toContain('managedFields');
  expect(given).toMatchObject({
    metadata: { annotations: { note: 'stays', 'example.com/copy': expect.stringContaining('<redacted:env>') } },
    spec: { template: { spec: { containers: [{ env: [{ name: 'PLAIN', value: '<redacted:env>' }, env[1]] }] } } },
    custom: {
      environment: { B: '<redacted:env>', C: { value: '<redacted:env>' }, D: { valueFrom: { fieldRef: {} } } },
      envVars: ['E=<redacted:env>'],
      labels: { environment: 'production' },
    },
  });
});

test('K8S-5: of a Secret the keys stay, and its values go wherever else they stand', () => {
  const value = 'correct horse battery';
  const { object: given } = shown('Secret', {
    metadata: { annotations: { hint: `it is ${value}` } },
    data: { password: Buffer.from(value).toString('base64') },
    stringData: { other: 'another value' },
  });
  const text = JSON.stringify(given);
  expect(text).not.toContain(value);
  expect(text).not.toContain('another value');
  expect(text).not.toContain(Buffer.from(value).toString('base64'));
  expect(Object.keys(given['data'] as object)).toEqual(['password']);
});

test('what is too large is cut text by text, and says so', () => {
  const data = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`key-${at}`, 'x'.repeat(20_000)]));
  const { object: given, cut } = shown('ConfigMap', { data }, 50_000);
  expect(JSON.stringify(given).length).toBeLessThan(50_000);
  expect(Object.keys(given['data'] as object)).toHaveLength(40);
  expect(cut).toBe('40 texts are cut to 1024 characters');
  expect(shown('ConfigMap', { data: { a: 'short' } }).cut).toBeNull();
});

test('what is deeper than anybody writes ends', () => {
  let deep: unknown = 'bottom';
  for (let at = 0; at < 200; at += 1) deep = { inner: deep };
  expect(JSON.stringify(withoutEnvValues(deep))).toContain('<redacted:depth>');
});

test('JSON in a text that names no variable stays as it was written', () => {
  const text = '{ "environment" : "production" }';
  expect(withoutEnvValues({ data: text })).toEqual({ data: text });
});

test.each(['environmentVariables', 'envs', 'extraEnvs', 'extra-env', 'environment_variables', 'envVars', 'dot.env'])(
  'K8S-5: values of %s go from lists, maps, groups of them and texts',
  (name) => {
    const forms: readonly (readonly [given: unknown, shown: unknown])[] = [
      [[{ name: 'DSN', value: 'leaks-1' }], [{ name: 'DSN', value: '<redacted:env>' }]],
      [
        { DSN: 'leaks-1', OF: null, PORT: 4711 },
        { DSN: '<redacted:env>', OF: null, PORT: '<redacted:env>' },
      ],
      [{ production: { DSN: 'leaks-1' } }, { production: { DSN: '<redacted:env>' } }],
      [
        { name: 'leaks-1', DSN: 'leaks-2' },
        { name: '<redacted:env>', DSN: '<redacted:env>' },
      ],
      [[{ DSN: 'leaks-1' }], [{ DSN: '<redacted:env>' }]],
      ['DSN=leaks-1', 'DSN=<redacted:env>'],
      [
        '# all\nexport DSN=leaks-1\n  leaks-2\nB=leaks-3\n',
        '# all\nexport DSN=<redacted:env>\n<redacted:env>\nB=<redacted:env>\n',
      ],
      ['- name: DSN\n  value: leaks-1\n', '[{"name":"DSN","value":"<redacted:env>"}]'],
      ['DSN: leaks-1', '{"DSN":"<redacted:env>"}'],
      ['{{ template }}: [leaks-1', '<redacted:env>'],
      ['production', 'production'],
    ];
    for (const [given, expected] of forms) expect(withoutEnvValues({ [name]: given })).toEqual({ [name]: expected });
  },
);

test('K8S-5: YAML in a text is read as objects are', () => {
  const data = {
    'pod.yaml': 'spec:\n  containers:\n    - name: app\n      env:\n        - {name: DSN, value: leaks-1}\n',
    'values.yaml': 'a: 1\n---\nextraEnv: {DSN: leaks-2}\n',
    'db.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata: {dsn: bGVha3MtMw==}\nstringData:\n  x: leaks-4\n',
    'template.yaml': 'name: x\n{{ if }}\nenv:\n  - name: DSN\n    value: leaks-5\n',
    'apply.sh': 'kubectl apply -f - <<END\nkind: Secret\nstringData:\n  x: leaks-6\nEND\n',
    'large.yaml': `${'# comment\n'.repeat(40_000)}env:\n  DSN: leaks-7\n`,
    'plain.yaml': 'environment: production\nkind:   SecretStore\n',
  };
  const { object: given } = shown('ConfigMap', { data }, 1_000_000);
  expect(JSON.stringify(given)).not.toMatch(/leaks-\d|bGVha3/);
  expect(given['data']).toMatchObject({
    'pod.yaml': '{"spec":{"containers":[{"name":"app","env":[{"name":"DSN","value":"<redacted:env>"}]}]}}',
    'values.yaml': '{"a":1}\n---\n{"extraEnv":{"DSN":"<redacted:env>"}}',
    'template.yaml': 'name: x\n{{ if }}\nenv: <redacted:env>',
    'apply.sh': '<redacted:secret>',
    'plain.yaml': data['plain.yaml'],
  });
});
