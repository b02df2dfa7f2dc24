import type { KubeObject } from '../cluster-reader.ts';
import { type KubeEvent, items } from '../objects.ts';
import { lastSeenOf } from './event-time.ts';

/** What autoscalers say of a pod for which they bring a node: the cluster autoscaler, Karpenter. */
export const scaleUpReasons = ['TriggeredScaleUp', 'Nominated'] as const;
/** What the cluster autoscaler says when it brings none. */
export const noScaleUpReason = 'NotTriggerScaleUp';
/** So long it waits for the node that it has asked for (`--max-node-provision-time`). */
const maxScaleUpMs = 15 * 60_000;

/** Whether a node is on its way for a pod, by the newest event of an autoscaler about it. */
export function scaleUpUnderWay(events: readonly KubeObject[] | undefined, now: number): boolean {
  const reasons: readonly string[] = [...scaleUpReasons, noScaleUpReason];
  const said = (items(events) as readonly KubeEvent[])
    .filter(({ reason }) => reasons.includes(reason ?? ''))
    .map((event) => ({ reason: event.reason, at: lastSeenOf(event) ?? 0 }))
    .toSorted((a, b) => b.at - a.at)[0];
  return said !== undefined && said.reason !== noScaleUpReason && now - said.at <= maxScaleUpMs;
}
