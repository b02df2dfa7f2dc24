import { expect, test } from 'vitest';
import type { Matcher } from '../../../src/domain/fault.ts';
import { fitsSilenceFilter, type SilenceFilter } from '../../../src/domain/silence/silence-filter.ts';
import { sampleSilence } from '../../support/sample-silence.ts';
import { minute, startOfTime as start } from '../../support/signals.ts';

const now = start + minute;
const cluster = (operator: Matcher['operator'], value: string): Matcher => ({ name: 'cluster', operator, value });
const fits = (filter: SilenceFilter, change = {}): boolean => fitsSilenceFilter(sampleSilence(change), filter, now);

test('INT-3: what is left out or empty asks for nothing', () => {
  for (const filter of [{}, { cluster: '', author: '', text: '' }, { author: ' ', text: '  ' }])
    expect(fits(filter)).toBe(true);
});

test.each([
  [{}, 'active'],
  [{ endsAt: null }, 'active'],
  [{ startsAt: now + 1 }, 'pending'],
  [{ endsAt: now }, 'ended'],
] as const)('INT-3: %j is %s, and in no other state', (change, state) => {
  const states = (['active', 'pending', 'ended'] as const).filter((one) => fits({ state: one }, change));
  expect(states).toEqual([state]);
});

test.each([
  [[], true],
  [[cluster('=', 'prod')], true],
  [[cluster('=', 'PROD')], false],
  [[cluster('=~', 'pro.*')], true],
  [[cluster('=~', 'pro')], false],
  [[cluster('!=', 'prod')], false],
  [[cluster('!~', 'dev-.*')], true],
  [[cluster('=~', 'p.*'), cluster('!=', 'prod')], false],
  // Of a version that read it otherwise: it is not left out.
  [[cluster('=~', '(')], true],
])('INT-3: matchers %j may concern the cluster prod: %s', (matchers, expected) => {
  const namespace: Matcher = { name: 'namespace', operator: '=', value: 'shop' };
  expect(fits({ cluster: 'prod' }, { matchers: [namespace, ...matchers] })).toBe(expected);
});

test('INT-3: people and words are found in any case, as a part, each of them', () => {
  expect(fits({ author: 'AN' })).toBe(true);
  expect(fits({ author: 'eve' }, { endedBy: 'Eve' })).toBe(true);
  expect(fits({ author: 'database' })).toBe(false);
  expect(fits({ text: 'moved payments' })).toBe(true);
  expect(fits({ text: 'moved nowhere' })).toBe(false);
  expect(fits({ text: '01k9z3w8q4' })).toBe(true);
});
