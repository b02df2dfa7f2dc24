import type { Entity } from '../../../domain/verdict.ts';
import { entityText, rootOwner } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, editCommand, type Rule, type RuleView, step } from '../rule.ts';
import { type Refusal, webhookRefusal } from './webhooks.ts';

export const admissionRules: readonly Rule[] = [
  {
    id: 'pod-refused',
    catalogue: [46, 47, 48, 49, 50, 51, 52, 53],
    needs: 'FailedCreate events of a controller that lacks pods',
    conclude: (view) => refusals(view).flatMap(explain),
  },
];

/** The last refusal of each workload whose pods the API server does not let in; events of one try each are folded. */
function refusals({ graph, workloads }: RuleView): Refusal[] {
  return workloads.flatMap((workload) => {
    const lacking = workload.pods.filter((pod) => !pod.deleting).length < Math.max(workload.desired, 1);
    const events = graph.events.filter((event) => event.reason === 'FailedCreate' && ownerOf(graph, event, workload));
    const event = events.at(-1);
    if (!event || !lacking) return [];
    return [{ graph, workload, text: event.message, ref: graph.ref(event.path, quotable(event.message)) }];
  });
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

function explain(it: Refusal): Conclusion[] {
  const found =
    quotaExceeded(it) ??
    quotaNeeds(it) ??
    webhookRefusal(it) ??
    podSecurity(it) ??
    serviceAccount(it) ??
    limitRange(it);
  return found ? [found] : [];
}

const forWorkload = (it: Refusal) => ({ affects: [it.workload.entity] });

function quotaExceeded(it: Refusal): Conclusion | null {
  const match = /exceeded quota: ([\w.-]+), requested: (\S+), used: (\S+), limited: (\S+)/.exec(it.text);
  if (!match) return null;
  const [, quota = '', requested = '', used = '', limited = ''] = match.map((part) => part?.replace(/,$/, ''));
  const namespace = it.workload.entity.namespace;
  const resource = requested.split('=')[0] ?? requested;
  const injected = injectedByLimitRange(it, resource);
  return conclusion('quota-exceeded', {
    entity: { kind: 'ResourceQuota', namespace, name: quota },
    mechanism: 'quota_exceeded',
    wrongValue: resource,
    statement: `ResourceQuota ${quota} is used up, so ${entityText(it.workload.entity)} gets no pod: it asks for ${requested}, ${used} is used of ${limited}.${injected}`,
    weight: 94,
    evidence: [it.ref, it.graph.ref(`evidence/objects/${namespace}/ResourceQuota/${quota}.json`, `"${resource}":`)],
    ...forWorkload(it),
    ruledOut: ['the capacity of the nodes: the scheduler has seen no pod'],
    remediation: [
      step(
        `Raise ${resource} of ResourceQuota ${quota}, or remove what uses it up`,
        `kubectl -n ${namespace} describe resourcequota ${quota}`,
        'none',
      ),
    ],
  });
}

function injectedByLimitRange(it: Refusal, resource: string): string {
  const range = it.graph.all('LimitRange', it.workload.entity.namespace)[0];
  const name = resource.replace(/^(?:limits|requests)\./, '');
  const value = textAt(listAt(range, 'spec', 'limits')[0], 'default', name);
  return range && value !== ''
    ? ` LimitRange ${range.metadata.name} gives containers without an own value ${name}=${value}.`
    : '';
}

function quotaNeeds(it: Refusal): Conclusion | null {
  const match = /failed quota: ([\w.-]+): must specify ([^\n]+?)(?: for: ([\w.,-]+))?$/.exec(it.text);
  if (!match) return null;
  const [, quota = '', what = '', container = ''] = match;
  const resource = what.split(/[ ,;]/)[0] ?? what;
  return conclusion('quota-requires-limits', {
    entity: it.workload.entity,
    mechanism: 'quota_requires_limits',
    wrongValue: resource,
    statement: `ResourceQuota ${quota} demands ${resource} on every container, and ${entityText(it.workload.entity)} sets none${container === '' ? '' : ` for ${container}`}.`,
    weight: 94,
    evidence: [it.ref],
    ruledOut: [`a used-up quota: ${quota} refuses because a value is missing`],
    remediation: [
      step(
        `Set ${resource} on the containers of ${it.workload.entity.name}`,
        `kubectl -n ${it.workload.entity.namespace} set resources ${it.workload.entity.kind.toLowerCase()}/${it.workload.entity.name} --${resource.split('.')[0]}=${resource.split('.')[1]}=<value>`,
        'low',
      ),
    ],
  });
}

function podSecurity(it: Refusal): Conclusion | null {
  const match = /violates PodSecurity "([^"]+)": (.+)$/s.exec(it.text);
  if (!match) return null;
  const [, level = '', what = ''] = match;
  const namespace = it.workload.entity.namespace ?? '';
  const field =
    /(runAsNonRoot|allowPrivilegeEscalation|capabilities|seccompProfile|privileged|hostNetwork|hostPath|hostPort|hostPID|runAsUser|host namespaces)/.exec(
      what,
    )?.[1];
  return conclusion('pod-security', {
    entity: it.workload.entity,
    mechanism: 'pod_security',
    wrongValue: field ?? level.split(':')[0] ?? level,
    statement: `Pod Security Admission of namespace ${namespace} (enforce ${level}) refuses the pods of ${entityText(it.workload.entity)}: ${what.trim()}.`,
    weight: 94,
    evidence: [
      it.ref,
      it.graph.ref(`evidence/objects/_cluster/Namespace/${namespace}.json`, 'pod-security.kubernetes.io/enforce'),
    ],
    remediation: [
      step(
        `Give the pods of ${it.workload.entity.name} a security context that fits ${level}`,
        `kubectl -n ${namespace} edit ${it.workload.entity.kind.toLowerCase()} ${it.workload.entity.name}`,
        'low',
      ),
    ],
  });
}

function serviceAccount(it: Refusal): Conclusion | null {
  const name = /serviceaccount "([^"]+)" not found/.exec(it.text)?.[1];
  if (name === undefined) return null;
  const namespace = it.workload.entity.namespace;
  return conclusion('serviceaccount-missing', {
    entity: { kind: 'ServiceAccount', namespace, name },
    mechanism: 'missing_serviceaccount',
    wrongValue: name,
    statement: `${entityText(it.workload.entity)} runs as ServiceAccount ${name}, which does not exist in namespace ${namespace}, so no pod is created.`,
    weight: 95,
    evidence: [it.ref, it.graph.absent('ServiceAccount', namespace, name)],
    ...forWorkload(it),
    ruledOut: ['missing rights: the account itself is absent'],
    remediation: [
      step(
        `Create ServiceAccount ${name} with its bindings, or correct serviceAccountName`,
        `kubectl -n ${namespace} create serviceaccount ${name}`,
        'low',
      ),
    ],
  });
}

const limitWords = /(?:maximum|minimum|max limit to request ratio|limit to request ratio)/;

function limitRange(it: Refusal): Conclusion | null {
  if (!limitWords.test(it.text)) return null;
  const ranges = it.graph.all('LimitRange', it.workload.entity.namespace);
  const resource = /\b(cpu|memory|ephemeral-storage)\b/.exec(it.text)?.[1] ?? '';
  const range =
    ranges.find((object) =>
      listAt(object, 'spec', 'limits').some((limit) => JSON.stringify(limit).includes(resource)),
    ) ?? ranges[0];
  const entity: Entity = range
    ? { kind: 'LimitRange', namespace: it.workload.entity.namespace, name: range.metadata.name }
    : it.workload.entity;
  const detail = quotable(it.text).split('\n')[0] ?? '';
  return conclusion('limit-range', {
    entity,
    mechanism: 'limitrange',
    wrongValue: detail.slice(0, 200),
    statement: `LimitRange ${range?.metadata.name ?? 'of the namespace'} refuses the pods of ${entityText(it.workload.entity)}: ${detail}.`,
    weight: 94,
    evidence: [it.ref],
    ...forWorkload(it),
    ruledOut: ['a used-up quota and the capacity of nodes: the pod is refused for its own numbers'],
    remediation: [
      step(
        `Bring requests and limits of ${it.workload.entity.name} within LimitRange ${range?.metadata.name ?? ''}`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}
