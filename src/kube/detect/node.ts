import { isInMaintenance, leavingBy } from '../by-design.ts';
import type { KubeObject } from '../cluster-reader.ts';
import { type NodeObject, conditionOf, conditionTime, items } from '../objects.ts';
import { type DetectContext, type Finding, finding, sentence } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

/** Conditions that mean trouble when True: the kubelet's own and those of the node problem detector. */
const troubleConditions = new Set([
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
  'NetworkUnavailable',
  'KernelDeadlock',
  'ReadonlyFilesystem',
  'ContainerRuntimeUnhealthy',
  'KubeletUnhealthy',
  'CorruptDockerOverlay2',
  'FrequentKubeletRestart',
  'FrequentContainerdRestart',
  'FrequentDockerRestart',
  'FrequentUnregisterNetDevice',
]);

/** Faults of a node: not ready, under pressure. One that its autoscaler takes away, or that is worked on, is none. */
export function detectNode(object: KubeObject, context: DetectContext): Finding[] {
  const node = object as NodeObject;
  if (node.metadata.deletionTimestamp) return stuckDeletion(node, context);
  const expected = leavingBy(node, context.now) !== null || isInMaintenance(node, context.now);
  if (expected) return [];
  const found: Finding[] = [];
  const ready = conditionOf(node.status?.conditions, 'Ready');
  if (ready && (ready.status === 'False' || ready.status === 'Unknown')) {
    const facts = { reason: ready.reason, message: ready.message };
    found.push(
      finding('NodeUnhealthy', node, sentence(`Node became unhealthy: Ready=${ready.status}`, facts), {
        severity: ready.status === 'False' ? 'critical' : 'warning',
        since: conditionTime(ready),
      }),
    );
  }
  const trouble = items(node.status?.conditions).filter(
    (condition) => condition.status === 'True' && troubleConditions.has(condition.type ?? ''),
  );
  const first = trouble[0];
  if (first) {
    const names = trouble.map((condition) => `${condition.type}=True`).join(' ');
    const facts = { reason: first.reason, message: first.message };
    const times = trouble.map(conditionTime).filter((time) => time !== null);
    const since = times.length > 0 ? Math.min(...times) : null;
    found.push(finding('NodePressure', node, sentence(`Node is under pressure: ${names}`, facts), { since }));
  }
  return found;
}
