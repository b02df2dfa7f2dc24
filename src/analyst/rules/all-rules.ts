import { accessRules } from './access/access-rights.ts';
import { certificateRules, credentialRules } from './access/credentials.ts';
import { admissionRules } from './admission/refused-pods.ts';
import { rewriteRules } from './admission/webhooks.ts';
import { configRules } from './config/config-values.ts';
import { fileRules, settingRules } from './config/missing-inputs.ts';
import { referenceRules } from './config/references.ts';
import { imageRules } from './image/images.ts';
import { jobRules } from './job/jobs.ts';
import { addressRules, calledPortRules } from './network/endpoints.ts';
import { unresolvedRules } from './network/names.ts';
import { serviceRules } from './network/services.ts';
import { ingressRules, networkPolicyRules } from './network/traffic.ts';
import { evictionRules, nodeRules } from './node/nodes.ts';
import type { Rule } from './rule.ts';
import { preemptionRules } from './scheduling/capacity.ts';
import { schedulingRules } from './scheduling/unscheduled-pods.ts';
import { storageRules } from './storage/claims.ts';
import { autoscalingRules } from './workload/autoscaling.ts';
import { crashRules } from './workload/crashes.ts';
import { exitReasonRules } from './workload/exit-reasons.ts';
import { probeRules } from './workload/probes.ts';
import { recurringActorRules } from './workload/recurring-actor.ts';
import { releaseRules } from './workload/releases.ts';
import { rolloutRules } from './workload/rollouts.ts';
import { securityRules } from './workload/security-context.ts';

/** Every rule, family by family of the fault catalogue. */
export const allRules: readonly Rule[] = [
  ...crashRules,
  ...settingRules,
  ...fileRules,
  ...imageRules,
  ...referenceRules,
  ...schedulingRules,
  ...preemptionRules,
  ...admissionRules,
  ...unresolvedRules,
  ...serviceRules,
  ...calledPortRules,
  ...ingressRules,
  ...networkPolicyRules,
  ...addressRules,
  ...accessRules,
  ...autoscalingRules,
  ...certificateRules,
  ...configRules,
  ...credentialRules,
  ...exitReasonRules,
  ...jobRules,
  ...probeRules,
  ...releaseRules,
  ...rewriteRules,
  ...recurringActorRules,
  ...rolloutRules,
  ...securityRules,
  ...storageRules,
  ...nodeRules,
  ...evictionRules,
];
