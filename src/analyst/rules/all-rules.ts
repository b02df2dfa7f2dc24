import { networkPolicyRules } from './network-policies.ts';
import { addressRules } from './own-addresses.ts';
import { storageRules } from './storage.ts';
import { securityRules } from './security-context.ts';
import { rolloutRules } from './rollouts.ts';
import { rewriteRules } from './rewrites.ts';
import { releaseRules } from './releases.ts';
import { probeRules } from './probes.ts';
import { jobRules } from './jobs.ts';
import { exitReasonRules } from './exit-reasons.ts';
import { credentialRules } from './credentials.ts';
import { configRules } from './config-values.ts';
import { certificateRules } from './certificates.ts';
import { autoscalingRules } from './autoscaling.ts';
import { accessRules } from './access-rights.ts';
import { admissionRules } from './admission.ts';
import { calledPortRules } from './called-ports.ts';
import { crashRules } from './container-crashes.ts';
import { evictionRules } from './evictions.ts';
import { imageRules } from './images.ts';
import { ingressRules } from './ingress.ts';
import { fileRules } from './missing-files.ts';
import { settingRules } from './missing-settings.ts';
import { nodeRules } from './nodes.ts';
import { preemptionRules } from './preemption.ts';
import { referenceRules } from './references.ts';
import type { Rule } from './rule.ts';
import { schedulingRules } from './scheduling.ts';
import { serviceRules } from './services.ts';
import { unresolvedRules } from './names-unresolved.ts';

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
  ...rolloutRules,
  ...securityRules,
  ...storageRules,
  ...nodeRules,
  ...evictionRules,
];
