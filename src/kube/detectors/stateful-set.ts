import type { KubeObject } from '../cluster-reader.ts';
import type { Workload } from '../objects.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { createFailed, stalledSince } from './stalled.ts';
import { stuckDeletion } from './stuck.ts';

/** Faults of a StatefulSet: it stands still, its pods cannot be created. */
export function detectStatefulSet(object: KubeObject, context: DetectContext): Finding[] {
  const set = object as Workload;
  if (set.metadata.deletionTimestamp) return stuckDeletion(set, context);
  const wanted = set.spec?.replicas ?? 1;
  const ready = set.status?.readyReplicas ?? 0;
  if (wanted === 0 || ready >= wanted) return [];
  const since = stalledSince(set, wanted, context);
  const refused = createFailed(set, context);
  if (since === null) return refused;
  return [
    finding('StatefulSetStalled', set, `StatefulSet stands still: ${ready} of ${wanted} pods ready`, { since }),
    ...refused,
  ];
}
