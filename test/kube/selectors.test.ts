import { expect, test } from 'vitest';
import { matchesExpression, matchesLabels, matchesSelector, selectorText } from '../../src/kube/selectors.ts';

const labels = { app: 'cart', tier: 'web', weight: '5' };

test.for<[object | null | undefined, boolean]>([
  [{ app: 'cart' }, true],
  [{ app: 'cart', tier: 'web' }, true],
  [{ app: 'cart', tier: 'db' }, false],
  [{ other: 'cart' }, false],
  [{}, false],
  [null, false],
  [undefined, false],
])('a Service that selects %j: %s', ([selector, fits]) => {
  expect(matchesLabels(selector as Record<string, string> | null | undefined, labels)).toBe(fits);
});

test.for<[string, string, readonly string[], boolean]>([
  ['app', 'In', ['cart', 'shop'], true],
  ['app', 'In', ['shop'], false],
  ['none', 'In', ['cart'], false],
  ['app', 'NotIn', ['shop'], true],
  ['app', 'NotIn', ['cart'], false],
  ['none', 'NotIn', ['cart'], true],
  ['app', 'Exists', [], true],
  ['none', 'Exists', [], false],
  ['constructor', 'Exists', [], false],
  ['none', 'DoesNotExist', [], true],
  ['app', 'DoesNotExist', [], false],
  ['weight', 'Gt', ['4'], true],
  ['weight', 'Gt', ['5'], false],
  ['weight', 'Lt', ['6'], true],
  ['none', 'Gt', ['1'], false],
  ['app', 'Like', ['cart'], false],
])('%s %s %j: %s', ([key, operator, values, fits]) => {
  expect(matchesExpression({ key, operator, values }, labels)).toBe(fits);
});

test.for<[unknown, boolean]>([
  [{}, true],
  [null, true],
  [undefined, true],
  ['text', true],
  [{ matchLabels: { app: 'cart' } }, true],
  [{ matchLabels: { app: 'shop' } }, false],
  [{ matchLabels: { app: 7 } }, true],
  [{ matchLabels: null, matchExpressions: null }, true],
  [{ matchLabels: { app: 'cart' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
  [{ matchLabels: { app: 'cart' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
  [{ matchExpressions: [null, 7, { key: 'app', operator: 'In', values: 'cart' }] }, false],
])('a LabelSelector %j: %s', ([selector, fits]) => {
  expect(matchesSelector(selector, labels)).toBe(fits);
});

test('a selector as the API takes it', () => {
  expect(selectorText({ app: 'cart', tier: 'web' })).toBe('app=cart,tier=web');
});
