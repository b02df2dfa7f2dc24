import type { Severity } from '../../../domain/fault.ts';

const costs: Readonly<Record<Severity, number>> = { critical: 25, warning: 10, info: 2 };

/** From 0 to 100, by the worst that stands for each root owner; 100 when nothing does. */
export function scoreOf(severities: readonly Severity[]): number {
  return Math.max(
    0,
    severities.reduce((score, severity) => score - costs[severity], 100),
  );
}

export const grades = ['A', 'B', 'C', 'D', 'F'] as const;

/** A from 90, B from 80, C from 70, D from 60. */
export function gradeOf(score: number): (typeof grades)[number] {
  return grades[Math.min(grades.length - 1, Math.ceil((90 - Math.min(score, 90)) / 10))] ?? 'F';
}
