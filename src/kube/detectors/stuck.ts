import { formatDuration } from '../../lib/format.ts';
import type { KubeObject } from '../cluster-reader.ts';
import { timeOf } from '../objects.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';

/** An object may be in deletion for so long (a pod: after its grace period) before it counts as stuck. */
const deletionGraceMs = 10 * 60_000;

/** An object that is being deleted and does not go away; nothing while its deletion is young. */
export function stuckDeletion(object: KubeObject, context: DetectContext): Finding[] {
  const since = timeOf(object.metadata.deletionTimestamp);
  if (since === null || context.now - since <= deletionGraceMs) return [];
  const finalizers = Array.isArray(object.metadata.finalizers) ? object.metadata.finalizers.join(' ') : '';
  const age = formatDuration(Math.floor((context.now - since) / 60_000) * 60_000);
  const why = finalizers === '' ? 'no finalizers' : `finalizers: ${finalizers}`;
  return [finding('Stuck', object, `${object.kind} is terminating for ${age}, ${why}`, { since })];
}
