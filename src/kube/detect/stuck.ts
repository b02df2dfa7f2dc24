import { formatDuration } from '../../lib/format.ts';
import type { KubeObject } from '../cluster-reader.ts';
import { type Namespace, items, timeOf } from '../objects.ts';
import { type DetectContext, type Finding, finding, sentence } from './finding.ts';

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

/** Faults of a Namespace: its deletion does not end, and what its conditions say of what is left in it. */
export function detectNamespace(object: KubeObject, context: DetectContext): Finding[] {
  const namespace: Namespace = object;
  const left = items(namespace.status?.conditions).filter(
    ({ type, status: value }) => value === 'True' && (type ?? '').startsWith('Namespace'),
  );
  const remaining = left.map(({ message }) => message ?? '').join(' ');
  return stuckDeletion(object, context).map((one) => ({ ...one, context: sentence(one.context, { remaining }) }));
}
