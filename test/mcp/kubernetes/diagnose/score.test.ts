import { expect, test } from 'vitest';
import type { Severity } from '../../../../src/domain/fault.ts';
import { gradeOf, scoreOf } from '../../../../src/mcp/kubernetes/diagnose/score.ts';

const times = (count: number, severity: Severity): Severity[] => Array.from({ length: count }, () => severity);

test.each([
  [[], 100, 'A'],
  [times(1, 'info'), 98, 'A'],
  [times(1, 'warning'), 90, 'A'],
  [[...times(1, 'warning'), 'info'], 88, 'B'],
  [times(2, 'warning'), 80, 'B'],
  [times(1, 'critical'), 75, 'C'],
  [[...times(1, 'critical'), 'warning'], 65, 'D'],
  [times(2, 'critical'), 50, 'F'],
  [times(9, 'critical'), 0, 'F'],
] as const)('K8S-4: %j: %i, %s', (severities, score, grade) => {
  expect(scoreOf(severities)).toBe(score);
  expect(gradeOf(score)).toBe(grade);
});
