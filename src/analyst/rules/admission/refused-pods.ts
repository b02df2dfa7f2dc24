import { entityOf, entityText, rootOwner } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, listAt, numberAt, textAt, timeAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';
import { webhookRefusal } from './failed-calls.ts';
import { defaultOverQuota, limitRange, requestOverDefault } from './limit-ranges.ts';
import { otherRefusal } from './other-refusals.ts';
import type { Refusal } from './webhook-call.ts';

export const admissionRules: readonly Rule[] = [
  {
    id: 'pod-refused',
    catalogue: [46, 47, 48, 49, 50, 51, 52, 53],
    needs: 'FailedCreate events of a controller that lacks pods',
    unless: 'the pods exist by now: the refusal is over',
    conclude: (view) => refusals(view).flatMap(explain),
  },
];

/** The last refusal of each workload whose pods the API server does not let in; events of one try each are folded. */
function refusals(view: RuleView): Refusal[] {
  const { graph, workloads } = view;
  const events = graph.events.filter((event) => createFailures.has(event.reason));
  return workloads.flatMap((workload): Refusal[] => {
    const event = events.findLast((it) => ownerOf(graph, it, workload));
    if (!isLacking(workload, event)) return [];
    if (event)
      return [{ view, graph, workload, text: event.message, ref: graph.ref(event.path, quotable(event.message)) }];
    return refusedByStatus(view, workload);
  });
}

const createFailures: ReadonlySet<string> = new Set(['FailedCreate', 'ReplicaSetCreateError']);

/** Events are kept for an hour; the condition of the Deployment or of its newest ReplicaSet stays. */
function refusedByStatus(view: RuleView, workload: Workload): Refusal[] {
  const { graph } = view;
  for (const object of [workload.object, workload.replicaSets[0]]) {
    const text = textAt(conditionAt(object, 'ReplicaFailure', 'True'), 'message');
    if (object && text !== '')
      return [{ view, graph, workload, text, ref: graph.refIn(entityOf(object), quotable(text)) }];
  }
  return [];
}

/** A CronJob lacks the Job that it could not make, whatever the pods of those before. */
function isLacking(workload: Workload, event: ClusterEvent | undefined): boolean {
  const { entity, jobs, pods, desired } = workload;
  if (entity.kind === 'CronJob' && event?.kind === 'CronJob')
    return (timeAt(jobs[0], 'metadata', 'creationTimestamp') ?? 0) < (event.lastAt ?? 0);
  // Of a rollout the old pods serve on, and the new revision gets none.
  const wanted = numberAt(workload.replicaSets[0], 'spec', 'replicas') ?? 0;
  if (workload.replicaSets.length > 1 && workload.currentPods.length < wanted) return true;
  // A pod that has ended, as after an eviction or a shutdown, is there and serves nobody; that of a Job has done its work.
  const serving = pods.filter(
    (pod) => !pod.deleting && pod.phase !== 'Failed' && (entity.kind === 'Job' || pod.phase !== 'Succeeded'),
  );
  return serving.length < Math.max(desired, 1);
}

/** The part after the random name of the pod. */
function quotable(message: string): string {
  return /is forbidden: (.+)$/s.exec(message)?.[1] ?? message;
}

function ownerOf(graph: EvidenceGraph, event: ClusterEvent, workload: Workload): boolean {
  const object = graph.get(event.kind, event.objectNamespace, event.name);
  if (object) {
    const root = rootOwner(graph, object);
    return (
      root.kind === workload.entity.kind &&
      root.name === workload.entity.name &&
      root.namespace === workload.entity.namespace
    );
  }
  return (
    event.objectNamespace === workload.entity.namespace &&
    (event.name === workload.entity.name || event.name.startsWith(`${workload.entity.name}-`))
  );
}

function explain(refusal: Refusal): Conclusion[] {
  const found =
    quotaExceeded(refusal) ??
    quotaNeeds(refusal) ??
    webhookRefusal(refusal) ??
    podSecurity(refusal) ??
    serviceAccount(refusal) ??
    requestOverDefault(refusal) ??
    limitRange(refusal) ??
    otherRefusal(refusal);
  return found ? [found] : [];
}

const forWorkload = (it: Refusal) => ({ affects: [it.workload.entity] });

function quotaExceeded(refusal: Refusal): Conclusion | null {
  const { workload } = refusal;
  const match = /exceeded quota: ([\w.-]+), requested: (\S+), used: (\S+), limited: (\S+)/.exec(refusal.text);
  if (!match) return null;
  const [, quota = '', requested = '', used = '', limited = ''] = match.map((part) => part?.replace(/,$/, ''));
  const namespace = workload.entity.namespace;
  const resource = requested.split('=')[0] ?? requested;
  const byDefault = defaultOverQuota(refusal, quota, resource, limited.split('=')[1] ?? '');
  if (byDefault) return byDefault;
  const injected = injectedByLimitRange(refusal, resource);
  const beside = stillServing(workload);
  return conclusion('quota-exceeded', {
    entity: { kind: 'ResourceQuota', namespace, name: quota },
    mechanism: 'quota_exceeded',
    wrongValue: resource,
    statement: `ResourceQuota ${quota} is used up, so ${entityText(workload.entity)} gets no ${beside === '' ? '' : 'new '}pod: it asks for ${requested}, ${used} is used of ${limited}.${injected}${beside}`,
    weight: 94,
    evidence: [
      refusal.ref,
      refusal.graph.ref(`evidence/objects/${namespace}/ResourceQuota/${quota}.json`, `"${resource}":`),
    ],
    ...forWorkload(refusal),
    ruledOut: 'the capacity of the nodes: the scheduler has seen no pod',
    remediation: step(
      `Raise ${resource} of ResourceQuota ${quota}, or remove what uses it up`,
      `kubectl -n ${namespace} describe resourcequota ${quota}`,
      'none',
    ),
  });
}

/** Pods that are there: of a rollout those of the revision before, else those that it had before it wanted more. */
function stillServing({ pods, currentPods }: Workload): string {
  const ready = pods.filter((pod) => pod.ready);
  if (ready.length === 0) return '';
  const isRollout = ready.some((pod) => !currentPods.includes(pod));
  return isRollout
    ? ' Its old pods serve on: the rollout needs room for a pod beside them.'
    : ` ${ready.length === 1 ? 'The one that is' : `The ${ready.length} that are`} there serve${ready.length === 1 ? 's' : ''} on.`;
}

function injectedByLimitRange(refusal: Refusal, resource: string): string {
  const range = refusal.graph.all('LimitRange', refusal.workload.entity.namespace)[0];
  const name = resource.replace(/^(?:limits|requests)\./, '');
  const value = textAt(listAt(range, 'spec', 'limits')[0], 'default', name);
  return range && value !== ''
    ? ` LimitRange ${range.metadata.name} gives containers without an own value ${name}=${value}.`
    : '';
}

function quotaNeeds(refusal: Refusal): Conclusion | null {
  const { workload } = refusal;
  const match = /failed quota: ([\w.-]+): must specify ([^\n]+?)(?: for: ([\w.,-]+))?$/.exec(refusal.text);
  if (!match) return null;
  const [, quota = '', what = '', container = ''] = match;
  const resource = what.split(/[ ,;]/)[0] ?? what;
  return conclusion('quota-requires-limits', {
    entity: workload.entity,
    mechanism: 'quota_requires_limits',
    wrongValue: resource,
    statement: `ResourceQuota ${quota} demands ${resource} on every container, and ${entityText(workload.entity)} sets none${container === '' ? '' : ` for ${container}`}.`,
    weight: 94,
    evidence: [refusal.ref],
    ruledOut: `a used-up quota: ${quota} refuses because a value is missing`,
    remediation: step(
      `Set ${resource} on the containers of ${workload.entity.name}`,
      `kubectl -n ${workload.entity.namespace} set resources ${workload.entity.kind.toLowerCase()}/${workload.entity.name} --${resource.split('.')[0]}=${resource.split('.')[1]}=<value>`,
      'low',
    ),
  });
}

function podSecurity(refusal: Refusal): Conclusion | null {
  const { workload } = refusal;
  const match = /violates PodSecurity "([^"]+)": (.+)$/s.exec(refusal.text);
  if (!match) return null;
  const [, level = '', what = ''] = match;
  const namespace = workload.entity.namespace ?? '';
  const field =
    /(runAsNonRoot|allowPrivilegeEscalation|capabilities|seccompProfile|privileged|hostNetwork|hostPath|hostPort|hostPID|runAsUser|host namespaces)/.exec(
      what,
    )?.[1];
  return conclusion('pod-security', {
    entity: workload.entity,
    mechanism: 'pod_security',
    wrongValue: field ?? level.split(':')[0] ?? level,
    statement: `Pod Security Admission of namespace ${namespace} (enforce ${level}) refuses the pods of ${entityText(workload.entity)}: ${what.trim()}.`,
    weight: 94,
    evidence: [
      refusal.ref,
      refusal.graph.ref(`evidence/objects/_cluster/Namespace/${namespace}.json`, 'pod-security.kubernetes.io/enforce'),
    ],
    remediation: step(
      `Give the pods of ${workload.entity.name} a security context that fits ${level}`,
      `kubectl -n ${namespace} edit ${workload.entity.kind.toLowerCase()} ${workload.entity.name}`,
      'low',
    ),
  });
}

function serviceAccount(refusal: Refusal): Conclusion | null {
  const { workload } = refusal;
  const name = /serviceaccount "([^"]+)" not found/.exec(refusal.text)?.[1];
  if (name === undefined) return null;
  const namespace = workload.entity.namespace;
  return conclusion('serviceaccount-missing', {
    entity: { kind: 'ServiceAccount', namespace, name },
    mechanism: 'missing_serviceaccount',
    wrongValue: name,
    statement: `${entityText(workload.entity)} runs as ServiceAccount ${name}, which does not exist in namespace ${namespace}, so no pod is created.`,
    weight: 95,
    evidence: [refusal.ref, refusal.graph.absent('ServiceAccount', namespace, name)],
    ...forWorkload(refusal),
    ruledOut: 'missing rights: the account itself is absent',
    remediation: step(
      `Create ServiceAccount ${name} with its bindings, or correct serviceAccountName`,
      `kubectl -n ${namespace} create serviceaccount ${name}`,
      'low',
    ),
  });
}
