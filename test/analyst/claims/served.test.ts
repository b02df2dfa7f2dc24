import { expect, test } from 'vitest';
import { servedNames, standsInServed } from '../../../src/analyst/claims/served.ts';

const pod = { path: 'evidence/agent/001-get-pods-shop-cart-1.json', text: '{"metadata": {"name": "cart-1"}}' };

test.each([
  ['Pod', 'shop', 'cart-1', true],
  ['pod', 'shop', 'cart-1', true],
  ['Pod', 'shop', 'cart', true],
  ['Pod', 'shop', 'cart-12', false],
  ['Pod', 'prod', 'cart-1', false],
  ['Deployment', 'shop', 'cart-1', false],
  ['Widget', 'shop', 'cart-1', false],
])('TRI-6: %s %s/%s is named by an answer: %s', (kind, namespace, name, expected) => {
  const text = '{"metadata": {"namespace": "shop", "name": "cart-1"}}';
  // A name in a path is between the same marks as its parts: only the text can tell them apart.
  const inText = { path: 'evidence/agent/001-get-pods.json', text };
  expect(servedNames([name === 'cart' ? pod : inText], { kind, namespace, name }, false)).toBe(expected);
});

test('TRI-6: spaces are compared only in answers to the agent', () => {
  expect(standsInServed({ file: pod.path, quote: '{"metadata":  {"name":' }, pod.text, new Map())).toBe(true);
  expect(standsInServed({ file: 'evidence/a.json', quote: '{"metadata": {"name":' }, pod.text, new Map())).toBe(false);
  expect(standsInServed({ file: pod.path, quote: '  ' }, pod.text, new Map())).toBe(false);
});
