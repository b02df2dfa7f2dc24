import type { KubeObject } from '../cluster-reader.ts';
import { type Workload, conditionOf, conditionTime } from '../objects.ts';
import { sentence } from './container.ts';
import { type DetectContext, type Finding, finding } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

/** Faults of a Deployment: its rollout does not end, its pods cannot be created. */
export function detectDeployment(object: KubeObject, context: DetectContext): Finding[] {
  const deployment = object as Workload;
  if (deployment.metadata.deletionTimestamp) return stuckDeletion(deployment, context);
  if (deployment.spec?.paused === true || deployment.spec?.replicas === 0) return [];
  const found: Finding[] = [];
  const progressing = conditionOf(deployment.status?.conditions, 'Progressing');
  if (progressing?.status === 'False' && progressing.reason === 'ProgressDeadlineExceeded') {
    const text = sentence('Deployment rollout failed: ProgressDeadlineExceeded', { message: progressing.message });
    found.push(finding('DeploymentFailure', deployment, text, { since: conditionTime(progressing) }));
  }
  const refused = conditionOf(deployment.status?.conditions, 'ReplicaFailure');
  if (refused?.status === 'True') {
    const facts = { message: refused.message };
    const text = sentence(`Pods cannot be created: ${refused.reason ?? 'FailedCreate'}`, facts);
    found.push(finding('CreateFailed', deployment, text, { since: conditionTime(refused) }));
  }
  return found;
}
