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
