import type { KubeObject } from '../cluster-reader.ts';
import type { Workload } from '../objects.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { createFailed, stalledSince } from './stalled.ts';
import { stuckDeletion } from './stuck.ts';

/** Faults of a DaemonSet: nodes without its ready pod, its pods cannot be created. */
export function detectDaemonSet(object: KubeObject, context: DetectContext): Finding[] {
  const set = object as Workload;
  if (set.metadata.deletionTimestamp) return stuckDeletion(set, context);
  const wanted = set.status?.desiredNumberScheduled ?? 0;
  const ready = set.status?.numberReady ?? 0;
  if (ready >= wanted) return [];
  const since = stalledSince(set, wanted, context);
  const refused = createFailed(set, context);
  if (since === null) return refused;
  const text = `DaemonSet is incomplete: ready on ${ready} of ${wanted} nodes`;
  return [finding('DaemonSetIncomplete', set, text, { since }), ...refused];
}
