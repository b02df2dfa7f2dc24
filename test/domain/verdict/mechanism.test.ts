import { expect, test } from 'vitest';
import { evalSets } from '../../../eval/sets.ts';
import { loadRecordings } from '../../../eval/recording.ts';
import { isMechanism, mechanisms } from '../../../src/domain/verdict/mechanism.ts';
import { verdictSchema } from '../../../src/domain/verdict/verdict.ts';

const verdict = (mechanism: unknown) => ({
  version: 1,
  is_fault: true,
  summary: 'cart is not well',
  causes: [
    {
      rank: 1,
      entity: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
      mechanism,
      wrong_value: null,
      statement: 'cart has no REDIS_URL',
      confidence: 'high',
      evidence: [],
    },
  ],
  victims: [],
  missing: [],
  remediation: [],
});

test.each(mechanisms)('%s stands in a verdict as it is', (word) => {
  expect(verdictSchema.parse(verdict(word)).causes[0]?.mechanism).toBe(word);
});

test.each(['bad luck', 'OOM_LIMIT', 'toString', '__proto__'])('a word of no list (%s) counts as other', (word) => {
  expect(isMechanism(word)).toBe(false);
  expect(verdictSchema.parse(verdict(word)).causes[0]?.mechanism).toBe('other');
});

test.each([[''], [null], [7], ['x'.repeat(65)]])('what is no short text (%j) is refused', (word) => {
  expect(verdictSchema.safeParse(verdict(word)).success).toBe(false);
});

test('the recorded causes are of the list', () => {
  const words = evalSets
    .flatMap(({ dir }) => loadRecordings(dir))
    .flatMap(({ truth }) => truth.root_cause?.mechanism ?? []);
  expect(words.length).toBeGreaterThan(30);
  expect(words.filter((word) => !isMechanism(word))).toEqual([]);
});
