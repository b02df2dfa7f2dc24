import type { ProblemKind } from '../../lib/problem.ts';
import type { Check } from '../check.ts';
import { credentialChecks, serverChecks, watchChecks } from '../set/cluster-checks.ts';
import { configChecks } from '../set/config-checks.ts';
import { dataChecks } from '../set/data-checks.ts';
import { machineChecks } from '../set/machine-checks.ts';
import { messageChecks } from '../set/message-checks.ts';
import { agentChecks, modelChecks, storageChecks } from '../set/service-checks.ts';
import { teleportChecks } from '../set/teleport-checks.ts';

/**
 * Every check of a set-up, in the order in which they are told; a check comes after those that it depends on. What it can
 * find are the problem kinds of the folders; `doctor` runs them all, the daemon those that are `inDaemon`, and both say
 * the same codes with the same fixes.
 */
export const registry: readonly Check[] = [
  ...configChecks,
  ...dataChecks,
  ...agentChecks,
  ...modelChecks,
  ...serverChecks,
  ...teleportChecks,
  ...watchChecks,
  ...credentialChecks,
  ...messageChecks,
  ...storageChecks,
  ...machineChecks,
];

const checksOf = Map.groupBy(
  registry.flatMap((check) => check.kinds.map((kind) => ({ check, code: kind.code }))),
  ({ code }) => code,
);
const byId = new Map(registry.map((check) => [check.id, check]));

/** The codes whose standing makes this one say nothing: the errors of the checks on which its check depends. */
export function causesOf(code: string): ReadonlySet<string> {
  const causes = (checksOf.get(code) ?? []).flatMap(({ check }) =>
    check.dependsOn.flatMap((id) => byId.get(id)?.kinds ?? []),
  );
  return new Set(causes.filter(isError).map((kind) => kind.code));
}

function isError({ severity }: ProblemKind): boolean {
  return severity !== 'warning';
}
