import { z } from 'zod';
import { severities } from '../../../domain/fault.ts';
import { kubectlAge } from '../../../lib/format.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { type Condition, items, timeOf } from '../../../kube/objects.ts';
import type { ToolCluster } from '../../clusters.ts';

/** Beside lists: what the result does not show although it was asked for. */
export const notCheckedField = {
  not_checked: z
    .array(z.string())
    .optional()
    .describe('What could not be looked at, why, and what to do: the result says nothing of it.'),
};

/** What every list says of itself. */
export function listHead(cluster: ToolCluster, now: number): { as_of: string; source: string } {
  return { as_of: isoTime(now), source: cluster.source };
}

/** ISO 8601, UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A Kubernetes time in our form; undefined when it is none. */
export function isoOf(text: unknown): string | undefined {
  const ms = timeOf(text);
  return ms === null ? undefined : isoTime(ms);
}

export const ageField = { age: z.string().describe('As kubectl prints it: 45s, 8m56s, 5h3m, 3d4h.') };

/** How old an object is, as kubectl prints it. */
export function ageOf({ metadata }: KubeObject, now: number): string {
  const created = timeOf(metadata.creationTimestamp);
  return created === null ? '<unknown>' : kubectlAge(now - created);
}

export const severityField = z.enum(severities);

/** What stands in a map of an object whose values are texts. */
export function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) =>
      typeof text === 'string' || typeof text === 'number' ? [[key, String(text)] as const] : [],
    ),
  );
}

export const conditionItem = z.object({
  type: z.string(),
  status: z.string().describe('True, False or Unknown.'),
  reason: z.string().optional(),
  message: z.string().optional(),
  since: z.string().optional().describe('ISO 8601 UTC.'),
});

/** The conditions of an object. */
export function conditionsOf(conditions: readonly Condition[] | null | undefined): z.infer<typeof conditionItem>[] {
  return items(conditions).map(({ type, status, reason, message, lastTransitionTime }) => {
    const since = isoOf(lastTransitionTime);
    return {
      type: textOf(type),
      status: textOf(status) || 'Unknown',
      ...(reason ? { reason: textOf(reason) } : {}),
      ...(message ? { message: textOf(message) } : {}),
      ...(since === undefined ? {} : { since }),
    };
  });
}

/** Custom resources put anything into any field. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}
