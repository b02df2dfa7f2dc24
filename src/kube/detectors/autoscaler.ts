import type { KubeObject } from '../cluster-reader.ts';
import { type Condition, conditionOf, conditionTime, items } from '../objects.ts';
import { sentence } from './container.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

export interface Autoscaler extends KubeObject {
  readonly spec?: { readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string } };
  readonly status?: { readonly conditions?: readonly Condition[] | null };
}

/** Metrics of new pods may be missing for so long. */
const metricsGraceMs = 5 * 60_000;

/** Faults of a HorizontalPodAutoscaler: it has no metrics, or cannot find or scale its target. */
export function detectAutoscaler(object: KubeObject, context: DetectContext): Finding[] {
  const autoscaler = object as Autoscaler;
  if (autoscaler.metadata.deletionTimestamp) return stuckDeletion(autoscaler, context);
  const conditions = items(autoscaler.status?.conditions);
  const broken = ['AbleToScale', 'ScalingActive']
    .map((type) => conditionOf(conditions, type))
    // A target that somebody scaled to zero turns scaling off by design.
    .find((condition) => condition?.status === 'False' && condition.reason !== 'ScalingDisabled');
  const since = conditionTime(broken);
  if (!broken || (since !== null && context.now - since <= metricsGraceMs)) return [];
  const text = sentence(`Autoscaler does not scale: ${broken.reason ?? broken.type}`, { message: broken.message });
  return [finding('ScalingInactive', autoscaler, text, { since })];
}
