import { capacityIssues, driftIssues, eventIssues, nodeIssues, packIssues } from './content-issues.ts';
import { healthIssues, stateIssues } from './health-issues.ts';
import { type DiagnosedCluster, type PaletteIssue, severities, type Severity } from './issue.ts';

/** Everything that our rules find, the worst first; equal input gives the same in the same order. */
export function paletteIssues(known: DiagnosedCluster): readonly PaletteIssue[] {
  const found = [stateIssues, healthIssues, nodeIssues, packIssues, capacityIssues, eventIssues, driftIssues].flatMap(
    (rule) => rule(known),
  );
  const order = (issue: PaletteIssue): number => severities.indexOf(issue.severity);
  return found.toSorted((a, b) => order(a) - order(b));
}

const weights: Readonly<Record<Severity, number>> = { critical: 25, warning: 10, info: 2 };

/** 100 for nothing wrong. What is said of one resource several times counts once, as the worst of it. */
export function paletteScore(issues: readonly PaletteIssue[]): number {
  const worst = new Map<string, number>();
  for (const { resource, severity } of issues) {
    worst.set(resource, Math.max(worst.get(resource) ?? 0, weights[severity]));
  }
  return Math.max(0, 100 - [...worst.values()].reduce((sum, weight) => sum + weight, 0));
}
