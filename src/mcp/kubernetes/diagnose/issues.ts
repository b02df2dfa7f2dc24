import { z } from 'zod';
import { families, type ObjectRef } from '../../../domain/fault.ts';
import type { KnownFaultType } from '../../../domain/fault-types.ts';
import { confidences, type Verdict } from '../../../domain/verdict/verdict.ts';
import type { Finding } from '../../../kube/detect/finding.ts';
import { oneLine } from '../../../lib/text.ts';
import { eventRows } from '../read/event-rows.ts';
import { severityField } from '../read/results.ts';
import { placeOf, type Surroundings } from '../read/surroundings.ts';
import type { OwnedFaults } from './owned.ts';

const objectField = z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() });

/** All that stands for one root owner. */
export const issueItem = z.object({
  severity: severityField,
  category: z.enum(families),
  resource: objectField.describe('Where the most telling fault shows.'),
  owner: objectField.describe('The root owner: what would be changed.'),
  message: z.string().describe('The cause where it was found, else what stands.'),
  evidence: z.array(z.string()),
  recommendation: z.string(),
  mechanism: z.string().optional().describe('How the cause makes the fault, in a word: missing_env, oom_limit …'),
  cause: objectField
    .extend({ confidence: z.enum(confidences) })
    .optional()
    .describe('The object that makes the fault; not there when no cause was found or looked for.'),
});

export type Issue = z.infer<typeof issueItem>;

interface Said {
  /** What the analyst says; undefined when it was not asked. */
  readonly verdict: Verdict | undefined;
  readonly surroundings: Surroundings;
  /** Older events are no evidence, ms since the epoch. */
  readonly after: number;
}

const maxFindings = 5;
const maxQuotes = 3;
const maxEvents = 3;
const maxText = 400;

/** A root owner's faults as an issue, with the cause that the analyst found. */
export function issueOf({ owner, findings, severity, family }: OwnedFaults, said: Said): Issue {
  const [first] = findings;
  const { verdict } = said;
  const cause = verdict?.is_fault === true ? verdict.causes[0] : undefined;
  const step = verdict?.remediation[0];
  return {
    severity,
    category: family,
    resource: shown(first.resource),
    owner: shown(owner),
    message: cause?.statement ?? messageOf(first, verdict),
    evidence: evidenceOf(findings, said),
    recommendation: step === undefined || cause === undefined ? generally[first.type] : stepText(step),
    ...(cause === undefined ? {} : { mechanism: cause.mechanism }),
    ...(cause === undefined ? {} : { cause: { ...shown(cause.entity), confidence: cause.confidence } }),
  };
}

function shown({ kind, namespace, name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): z.infer<typeof objectField> {
  return { kind, ...(namespace === null ? {} : { namespace }), name };
}

function messageOf(finding: Finding, verdict: Verdict | undefined): string {
  return verdict === undefined ? finding.context : `${finding.context}. Looked into: ${verdict.summary}`;
}

function stepText({ action, command }: Verdict['remediation'][number]): string {
  return command === null ? action : `${action} (${command})`;
}

/** What stands, what the analyst quotes, and what events say of where it stands. */
function evidenceOf(findings: OwnedFaults['findings'], { verdict, surroundings, after }: Said): string[] {
  const texts = [
    ...new Set(findings.map(({ type, resource, context }) => `${type} ${placeText(resource)}: ${context}`)),
  ];
  const more = texts.length - maxFindings;
  const quotes = (verdict?.causes[0]?.evidence ?? []).slice(0, maxQuotes).map(({ quote }) => quote);
  const { kind, namespace, name } = findings[0].resource;
  const object = surroundings.find(kind, namespace, name);
  const events = object === null ? [] : eventRows(surroundings.eventsOf(object), after).slice(0, maxEvents);
  return [
    ...texts.slice(0, maxFindings),
    ...(more > 0 ? [`and ${more} more of the same root owner`] : []),
    ...quotes,
    ...events.map(({ reason, message, count }) => `event ${reason} (${count}): ${message}`),
  ].map((text) => oneLine(text, maxText));
}

function placeText({ kind, namespace, name }: ObjectRef): string {
  return placeOf(kind, namespace, name).replace('//', '/');
}

/** What to do next where no cause was found. */
const generally: Readonly<Record<KnownFaultType, string>> = {
  PodCrash: 'Read why it ended: get_pod_logs with previous, then describe_pod for its exit code.',
  CrashLoop: 'Read why it ends: get_pod_logs with previous, then describe_pod for exit code, probes and limits.',
  InitCrash: 'Read the log of the init container: get_pod_logs with its name.',
  NodeUnhealthy: 'See get_node_status for the condition; look at the kubelet of the node and at its network.',
  DeploymentFailure: 'See list_pods with problem_only for the pods of its new revision, then describe one.',
  JobFailure: 'Read the log of its last pod; a Job that has failed is made anew when what failed is mended.',
  ImagePull: 'See describe_pod: the message says whether the image, the registry or the credentials are at fault.',
  ConfigError: 'See describe_pod: a ConfigMap, Secret or key that it names is missing.',
  Unschedulable: 'See get_pod_events for what the scheduler misses, and get_resource_usage by node for what is free.',
  MountFailed: 'See get_pod_events for the volume, then describe_resource for its claim, ConfigMap or Secret.',
  PodFailed: 'See describe_pod for why it failed; a pod without an owner has to be made anew.',
  Evicted: 'See get_node_status for pressure, and get_resource_usage for pods that use more than they asked for.',
  NodePressure: 'See get_resource_usage by pod for what uses the most on the node.',
  StatefulSetStalled: 'See list_pods of its namespace: the first of its pods that is not ready holds the others back.',
  DaemonSetIncomplete: 'See list_pods with its label for the nodes where its pod is missing or not ready.',
  ClaimPending: 'See describe_resource of the claim for its class and events.',
  CreateFailed: 'See get_events of the namespace: a quota, a webhook, a policy or an account refuses its pods.',
  ServiceWithoutEndpoints:
    'Compare its selector and named ports (describe_resource) with the labels of the pods (list_pods).',
  BackendMissing: 'Compare the backends of the Ingress with list_services of its namespace.',
  ScalingInactive: 'See describe_resource of the autoscaler: its target, or metrics for it, are missing.',
  Stuck: 'See describe_resource: finalizers, or a gate that nobody removes, hold it.',
  WarningEvent: 'Read the event; describe_resource of its object says more.',
  PodNotReady: 'See describe_pod for its readiness probe and conditions.',
};
