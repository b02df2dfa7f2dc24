import { accessRules } from './rules/access/access-rights.ts';
import { certificateRules, credentialRules } from './rules/access/credentials.ts';
import { identityRules } from './rules/access/identities.ts';
import { admissionRules } from './rules/admission/refused-pods.ts';
import { rewriteRules } from './rules/admission/webhooks.ts';
import { apiServiceRules } from './rules/cluster/api-services.ts';
import { customResourceRules } from './rules/cluster/custom-resources.ts';
import { deletionRules } from './rules/cluster/deletions.ts';
import { namespaceRules } from './rules/cluster/namespaces.ts';
import { configRules } from './rules/config/config-values.ts';
import { fileRules, settingRules } from './rules/config/missing-inputs.ts';
import { precedenceRules } from './rules/config/precedence.ts';
import { referenceRules } from './rules/config/references.ts';
import { staleValueRules } from './rules/config/stale-values.ts';
import { valueShapeRules } from './rules/config/value-shape.ts';
import { imageRules } from './rules/image/images.ts';
import { failedJobRules } from './rules/job/failed-jobs.ts';
import { jobRules } from './rules/job/jobs.ts';
import { scheduleRules } from './rules/job/schedules.ts';
import { calledWronglyRules } from './rules/network/called-wrongly.ts';
import { dnsRules } from './rules/network/dns.ts';
import { addressRules, calledPortRules } from './rules/network/endpoints.ts';
import { meshRules } from './rules/network/mesh.ts';
import { unresolvedRules } from './rules/network/names.ts';
import { sidecarOrderRules } from './rules/network/sidecar-order.ts';
import { networkPolicyRules } from './rules/network/policies.ts';
import { proxyRules } from './rules/network/proxies.ts';
import { serviceRules } from './rules/network/services.ts';
import { ingressRules, trafficPolicyRules } from './rules/network/traffic.ts';
import { evictionRules } from './rules/node/evictions.ts';
import { nodeRules } from './rules/node/nodes.ts';
import { oneNodeRules } from './rules/node/one-node.ts';
import { sandboxRules } from './rules/node/sandboxes.ts';
import { apiKindRules } from './rules/process/api-kinds.ts';
import { clientVersionRules } from './rules/process/client-versions.ts';
import { flagRules } from './rules/process/flags.ts';
import { heapRules } from './rules/process/heap.ts';
import { libraryRules } from './rules/process/libraries.ts';
import { lockRules } from './rules/process/locks.ts';
import { nodeLimitRules } from './rules/process/node-limits.ts';
import { startFailureRules } from './rules/process/start-failures.ts';
import { volumeAccessRules } from './rules/process/volume-access.ts';
import { volumeContentRules } from './rules/process/volume-content.ts';
import type { Rule } from './rules/rule.ts';
import { preemptionRules } from './rules/scheduling/capacity.ts';
import { disruptionRules } from './rules/scheduling/disruption.ts';
import { schedulingRules } from './rules/scheduling/unscheduled-pods.ts';
import { storageRules } from './rules/storage/claims.ts';
import { csiDriverRules } from './rules/storage/csi-drivers.ts';
import { mountRules } from './rules/storage/mounts.ts';
import { autoscalingRules } from './rules/workload/autoscaling.ts';
import { changedSettingRules } from './rules/workload/changed-settings.ts';
import { crashRules } from './rules/workload/crashes.ts';
import { deadlockRules } from './rules/workload/deadlocks.ts';
import { exitReasonRules } from './rules/workload/exit-reasons.ts';
import { probeRules } from './rules/probe/probes.ts';
import { recurringActorRules } from './rules/workload/recurring-actor.ts';
import { releaseRules } from './rules/workload/releases.ts';
import { rolloutRules } from './rules/workload/rollouts.ts';
import { securityRules } from './rules/workload/security-context.ts';
import { memberOrderRules } from './rules/workload/member-order.ts';
import { stuckRevisionRules } from './rules/workload/stuck-revisions.ts';

/** Every rule, family by family of the fault catalogue. */
export const allRules: readonly Rule[] = [
  ...crashRules,
  ...apiKindRules,
  ...flagRules,
  ...heapRules,
  ...libraryRules,
  ...clientVersionRules,
  ...nodeLimitRules,
  ...lockRules,
  ...startFailureRules,
  ...volumeAccessRules,
  ...volumeContentRules,
  ...settingRules,
  ...fileRules,
  ...imageRules,
  ...referenceRules,
  ...precedenceRules,
  ...valueShapeRules,
  ...staleValueRules,
  ...schedulingRules,
  ...preemptionRules,
  ...disruptionRules,
  ...admissionRules,
  ...unresolvedRules,
  ...dnsRules,
  ...proxyRules,
  ...serviceRules,
  ...calledPortRules,
  ...sidecarOrderRules,
  ...calledWronglyRules,
  ...ingressRules,
  ...networkPolicyRules,
  ...meshRules,
  ...trafficPolicyRules,
  ...addressRules,
  ...accessRules,
  ...identityRules,
  ...autoscalingRules,
  ...certificateRules,
  ...configRules,
  ...credentialRules,
  ...exitReasonRules,
  ...failedJobRules,
  ...jobRules,
  ...scheduleRules,
  ...probeRules,
  ...releaseRules,
  ...changedSettingRules,
  ...rewriteRules,
  ...recurringActorRules,
  ...rolloutRules,
  ...deadlockRules,
  ...memberOrderRules,
  ...stuckRevisionRules,
  ...securityRules,
  ...storageRules,
  ...mountRules,
  ...csiDriverRules,
  ...nodeRules,
  ...evictionRules,
  ...oneNodeRules,
  ...sandboxRules,
  ...apiServiceRules,
  ...customResourceRules,
  ...deletionRules,
  ...namespaceRules,
];
