/** What checks are about, in the order in which `doctor` tells them. */
export const checkGroups = [
  'config',
  'data',
  'engine',
  'models',
  'clusters',
  'permissions',
  'slack',
  'storage',
  'host',
  'daemon',
] as const;
export type CheckGroup = (typeof checkGroups)[number];

interface Summed {
  readonly result: 'passed' | 'warning' | 'failed' | 'skipped';
}

/** How many of each result. */
export function sumsOf(checks: readonly Summed[]) {
  const count = (result: Summed['result']): number => checks.filter((check) => check.result === result).length;
  return { passed: count('passed'), warnings: count('warning'), failed: count('failed'), skipped: count('skipped') };
}
