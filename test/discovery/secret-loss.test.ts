import { expect, test } from 'vitest';
import { SecretLoss } from '../../src/discovery/secret-loss.ts';

const minute = 60_000;
const five = ['a', 'b', 'c', 'd', 'e'];
const seen = (...keys: string[]): ReadonlySet<string> => new Set(keys);

test('CFG-8: a few clusters are gone at the second list in a row without them', () => {
  const loss = new SecretLoss();
  expect(loss.judge(five, seen('a', 'b', 'c'), 0)).toEqual({ gone: [], doubted: 0 });
  expect(loss.judge(five, seen('a', 'b', 'c', 'd'), minute)).toEqual({ gone: ['e'], doubted: 0 });
  expect(loss.judge(five.slice(0, 4), seen('a', 'b', 'c', 'd'), 2 * minute)).toEqual({ gone: [], doubted: 0 });
  expect(loss.judge(five.slice(0, 4), seen('a', 'b', 'c'), 3 * minute)).toEqual({ gone: [], doubted: 0 });
});

test.each([
  ['more than half of them', five, seen('a', 'b'), ['c', 'd', 'e']],
  ['all', five, seen(), five],
  ['the only one', ['a'], seen(), ['a']],
])('CFG-8: %s are gone at once: that counts when it has lasted', (_what, known, still, lost) => {
  const loss = new SecretLoss();
  for (const at of [0, 1, 5, 9.9]) {
    expect(loss.judge(known, still, at * minute)).toEqual({ gone: [], doubted: lost.length });
  }
  expect(loss.judge(known, still, 10 * minute)).toEqual({ gone: lost, doubted: 0 });
});

test('CFG-8: a time without lists, or one in which they were there, is not a time of loss', () => {
  const loss = new SecretLoss();
  loss.judge(five, seen(), 0);
  loss.interrupt();
  expect(loss.judge(five, seen(), 20 * minute)).toEqual({ gone: [], doubted: 5 });
  expect(loss.judge(five, seen(...five), 25 * minute)).toEqual({ gone: [], doubted: 0 });
  expect(loss.judge(five, seen(), 31 * minute)).toEqual({ gone: [], doubted: 5 });
  expect(loss.judge(five, seen(), 41 * minute)).toEqual({ gone: five, doubted: 0 });
});

test('CFG-8: other clusters that come at the same time do not make the loss smaller', () => {
  const loss = new SecretLoss();
  const others = ['p', 'q', 'r', 's', 't'];
  expect(loss.judge(five, seen(...others), 0)).toEqual({ gone: [], doubted: 5 });
  expect(loss.judge([...five, ...others], seen(...others), minute)).toEqual({ gone: [], doubted: 5 });
  expect(loss.judge([...five, ...others], seen(...others), 10 * minute)).toEqual({ gone: five, doubted: 0 });
  expect(loss.judge(others, seen(...others), 11 * minute)).toEqual({ gone: [], doubted: 0 });
});
