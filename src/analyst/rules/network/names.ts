import { distance } from 'fastest-levenshtein';
import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { matchesLabels } from '../../../kube/selectors.ts';
import { entityOf, entityText, fileOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { type ClusterName, clusterNames, readyEndpoints, serviceSelector } from '../../model/services.ts';
import { type FailedCall, hasHost, sourceOf } from '../../signals/calls.ts';
import { endRefs } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Quotes, type Rule, type RuleView, step } from '../rule.ts';

export const unresolvedRules: readonly Rule[] = [
  {
    id: 'name-unresolved',
    catalogue: [60, 62, 73, 79, 80],
    needs: 'a log that says which name cannot be resolved or is waited for, and the Services',
    unless: 'a Service has that name in the namespace that is asked, and other names resolve',
    conclude: (view) => view.calls.flatMap((call) => explain({ ...call, graph: view.graph, view })),
  },
];

/** Why a name cannot be resolved: the surest explanation first. */
function explain(call: Call): Conclusion[] {
  const { kind } = call;
  if (kind === 'timeout' || kind === 'rejected' || kind === 'refused') return [];
  const found = statefulName(call) ?? dnsPolicy(call) ?? (call.service === null ? absentName(call) : null);
  return found ? [found] : [];
}

function statefulName(call: Call): Conclusion | null {
  const { graph, trouble, mention } = call;
  for (const name of clusterNames(mention.host, trouble.pod.namespace)) {
    if (name.pod === null) continue;
    const set = graph.all('StatefulSet', name.namespace).find((it) => name.pod?.startsWith(`${it.metadata.name}-`));
    const serviceName = textAt(set, 'spec', 'serviceName');
    if (!set || serviceName === name.service) continue;
    const service = graph.get('Service', name.namespace, name.service);
    const absent = graph.absent('Service', name.namespace, serviceName);
    if (!service && !absent) continue;
    return conclusion('stateful-service-name', {
      entity: { kind: 'StatefulSet', namespace: name.namespace, name: set.metadata.name },
      mechanism: 'wrong_service_name',
      wrongValue: serviceName,
      statement: `serviceName of StatefulSet ${set.metadata.name} is ${serviceName}${absent ? ', which names no Service' : ''}, but its clients ask for ${mention.host}${service ? ` (Service ${name.service})` : ''}, so the names of its pods do not resolve.`,
      weight: 95,
      evidence: [call.ref, graph.fieldRef(set, 'serviceName', serviceName), absent],
      affects: [trouble.workload.entity],
      ruledOut: 'DNS of the cluster and the selector of the Service: only the names of single pods are missing',
      remediation: step(
        `Make serviceName of StatefulSet ${set.metadata.name} and the headless Service agree (serviceName cannot be edited: recreate the StatefulSet, or create Service ${serviceName})`,
        `kubectl -n ${name.namespace} get statefulset ${set.metadata.name} -o yaml`,
        'medium',
      ),
    });
  }
  return null;
}

function dnsPolicy(call: Call): Conclusion | null {
  const { graph, trouble, mention, service } = call;
  const policy = textAt(trouble.pod.object, 'spec', 'dnsPolicy');
  const hostNetwork = textAt(trouble.pod.object, 'spec', 'hostNetwork') === 'true';
  const cannot = policy === 'None' || policy === 'Default' || (policy === 'ClusterFirst' && hostNetwork);
  if (!cannot || (service === null && clusterNames(mention.host, trouble.pod.namespace).length === 0)) return null;
  const path = fileOf(entityOf(trouble.pod.object));
  return conclusion('dns-policy', {
    entity: trouble.workload.entity,
    mechanism: 'wrong_dns_policy',
    wrongValue: policy,
    statement: `dnsPolicy of ${entityText(trouble.workload.entity)} is ${policy}, so its pods do not ask the cluster's DNS and cannot resolve ${mention.host}${service ? `, which is a Service with ${readyEndpoints(graph, service) ?? '?'} endpoints` : ''}.`,
    weight: 95,
    evidence: [call.ref, graph.fieldRef(trouble.pod.object, 'dnsPolicy', policy), graph.ref(path, '"nameservers"')],
    ruledOut: service ? ['a missing Service: it exists'] : [],
    remediation: edit(`Set dnsPolicy of ${trouble.workload.entity.name} to ClusterFirst`, trouble.workload.entity),
  });
}

/** A failed call with what is needed to explain it. */
export type Call = FailedCall & { readonly graph: EvidenceGraph; readonly view: RuleView };

interface Draft {
  readonly call: Call;
  readonly name: ClusterName | undefined;
  readonly where: string;
  readonly shared: Pick<Conclusion, 'entity' | 'affects' | 'remediation'> & {
    readonly wrongValue: string;
    readonly evidence: Quotes;
  };
}

/** A name that no Service has: where it comes from, and what was probably meant. */
function absentName(call: Call): Conclusion | null {
  const { graph, trouble, mention } = call;
  const name = clusterNames(mention.host, trouble.pod.namespace)[0];
  const { setting, value } = sourceOf(call, graph);
  const entity = setting?.entity ?? trouble.workload.entity;
  const part =
    setting?.from === 'env'
      ? `variable ${setting.name}`
      : setting?.from === 'args'
        ? 'arguments'
        : `key ${setting?.name}`;
  const where = setting === null ? '' : ` (${part} of ${entityText(setting.entity)})`;
  const wrongValue = value ?? mention.host;
  const draft: Draft = {
    call,
    name,
    where,
    shared: {
      entity,
      wrongValue,
      evidence: [
        call.ref,
        setting?.ref,
        name ? graph.absent('Service', name.namespace, name.service) : null,
        ...endRefs(graph, trouble),
      ],
      affects: [trouble.workload.entity],
      remediation: [edit(`Correct the name ${wrongValue}${where}`, entity)],
    },
  };
  const near = name ? similarService(graph, name.service, name.namespace) : null;
  return (
    inOtherNamespace(draft) ??
    (trouble.container.init || trouble.kind === 'waits' ? waitsFor(draft, near) : null) ??
    serviceMissing(draft) ??
    (near ? misspelt(draft, near) : unknownName(draft, setting === null))
  );
}

function inOtherNamespace({ call, name, where, shared }: Draft): Conclusion | null {
  const { graph, trouble, mention } = call;
  const elsewhere = graph
    .all('Service')
    .find((it) => it.metadata.name === name?.service && it.metadata.namespace !== name.namespace);
  if (!elsewhere) return null;
  const { name: service, namespace } = elsewhere.metadata;
  return conclusion('name-in-other-namespace', {
    ...shared,
    mechanism: 'wrong_dns_name',
    statement: `${entityText(trouble.workload.entity)} asks for ${mention.host}${where}, but Service ${service} is in namespace ${namespace}: the name must be ${service}.${namespace}.`,
    weight: 94,
    evidence: [...shared.evidence, graph.fieldRef(elsewhere, 'namespace', namespace)],
    ruledOut: `the DNS policy of the pod: it is ${textAt(trouble.pod.object, 'spec', 'dnsPolicy')}`,
  });
}

/** An init container that waits for a name that does not exist. */
function waitsFor({ call, shared }: Draft, near: KubeObject | null): Conclusion {
  const { trouble, mention } = call;
  return conclusion('init-waits', {
    ...shared,
    entity: trouble.workload.entity,
    wrongValue: mention.host,
    mechanism: 'dependency_missing',
    statement: `The init container ${trouble.container.name} of ${entityText(trouble.workload.entity)} waits for ${mention.host}, and there is no Service of that name${near ? ` (it is called ${near.metadata.name})` : ''}.`,
    weight: 94,
    ruledOut: 'a crash of the init container: it runs and waits',
    remediation: edit(
      near
        ? `Let ${trouble.container.name} wait for ${near.metadata.name}`
        : `Create Service ${mention.host}, or take the wait out`,
      trouble.workload.entity,
    ),
  });
}

/** What the name means runs, only its Service is not there; or others name it as well, or it answered before. */
function serviceMissing({ call, name, shared }: Draft): Conclusion | null {
  const { graph, trouble, mention } = call;
  if (!name) return null;
  const { namespace, service } = name;
  const runs = workloadNamed(call, name);
  const others = otherNamers(call, name);
  const before = answeredBefore(call);
  if (!runs && others.length === 0 && !before) return null;
  const why = runs
    ? `although ${entityText(runs)} runs there`
    : before
      ? `and it did: ${entityText(trouble.workload.entity)} reached it before`
      : `and ${others.map(({ entity }) => entityText(entity)).join(' and ')} ${others.length === 1 ? 'names' : 'name'} it as well`;
  const entity = { kind: 'Service', namespace, name: service };
  const isExact = runs?.name === service || before !== null || others.length > 0;
  const target = runs ?? { kind: 'Deployment', namespace, name: '' };
  return conclusion('service-missing', {
    ...shared,
    entity,
    mechanism: 'service_missing',
    wrongValue: service,
    statement: `Service ${service} does not exist in namespace ${namespace}, ${why}, so ${entityText(trouble.workload.entity)} cannot resolve ${mention.host}.`,
    weight: 93,
    confidence: isExact && graph.absent('Service', namespace, service) !== null ? 'high' : 'medium',
    evidence: [
      ...shared.evidence,
      before,
      ...others.slice(0, 2).map(({ ref }) => ref),
      graph.eventRef(lastEventOf(call, entity)),
    ],
    affects: [...shared.affects, ...(runs ? [runs] : [])],
    remediation: step(
      runs
        ? `Create Service ${service} for ${runs.name}`
        : `Create Service ${service} again, from where it was deployed`,
      runs
        ? `kubectl -n ${namespace} expose ${target.kind.toLowerCase()} ${target.name} --name=${service} --port=${mention.port ?? 80}`
        : `kubectl -n ${namespace} get services`,
      runs ? 'low' : 'none',
    ),
  });
}

const lastEventOf = ({ graph }: Call, entity: Entity) => graph.eventsOf(entity).at(-1);

/** Others that name the same Service: it was there, or several would be wrong in the same way. */
function otherNamers({ graph, view, trouble }: Call, { service, namespace }: ClusterName) {
  const callers = view.calls
    .filter(({ trouble: other }) => other.workload !== trouble.workload)
    .filter(({ mention, trouble: other }) =>
      clusterNames(mention.host, other.pod.namespace).some(
        (it) => it.service === service && it.namespace === namespace,
      ),
    )
    .map(({ trouble: other, ref }) => ({ entity: other.workload.entity, ref }));
  const routes = graph
    .all('Ingress', namespace)
    .map((it) => ({ entity: entityOf(it), ref: graph.refIn(entityOf(it), `"name": "${service}"`) }))
    .filter(({ ref }) => ref !== null);
  return [...new Map([...callers, ...routes].map((it) => [entityText(it.entity), it])).values()];
}

/** An earlier line of the same log that tells of an answer from the host. */
function answeredBefore({ graph, trouble, mention }: Call): EvidenceRef | null {
  const { log, reason, entries } = trouble;
  const end = entries.findIndex((it) => it.line === reason?.line);
  const entry = entries
    .slice(0, Math.max(end, 0))
    .find((it) => it.level === 'info' && hasHost(it.message, mention.host) && says.answered.test(it.message));
  return log && entry ? graph.ref(log.path, entry.message) : null;
}

function misspelt({ call, where, shared }: Draft, near: KubeObject): Conclusion {
  return conclusion('name-misspelt', {
    ...shared,
    mechanism: 'wrong_dns_name',
    statement: `${entityText(call.trouble.workload.entity)} asks for ${call.mention.host}${where}, a name that does not exist; the Service is called ${near.metadata.name}.`,
    weight: 93,
  });
}

function unknownName({ call, name, where, shared }: Draft, nowhereSet: boolean): Conclusion {
  const missing = name && nowhereSet ? { kind: 'Service', namespace: name.namespace, name: name.service } : null;
  return conclusion('name-unknown', {
    ...shared,
    mechanism: missing ? 'service_missing' : 'wrong_dns_name',
    entity: missing ?? shared.entity,
    statement: `${entityText(call.trouble.workload.entity)} asks for ${call.mention.host}${where}, and no such name exists${name ? `: there is no Service ${name.service} in namespace ${name.namespace}` : ''}.`,
    weight: 88,
    confidence: 'medium',
  });
}

/** The workload that a Service of this name would be for: of its name, else of a name that one is a part of (`cart`, `cart-api`). */
function workloadNamed({ graph, view }: Call, { service, namespace }: ClusterName): Entity | null {
  const services = graph.all('Service', namespace).map(serviceSelector);
  const there = view.workloads
    .filter(({ entity }) => entity.namespace === namespace && !['Job', 'CronJob', 'Pod'].includes(entity.kind))
    .filter(
      ({ entity, templateLabels }) =>
        // What another Service serves lacks none: its name is another one.
        entity.name === service || !services.some((selector) => matchesLabels(selector, templateLabels)),
    )
    .map((it) => it.entity);
  const isPart = (a: string, b: string): boolean => a.startsWith(`${b}-`) || a.endsWith(`-${b}`);
  return (
    there.find((it) => it.name === service) ??
    there.find((it) => it.name.length >= 3 && (isPart(service, it.name) || isPart(it.name, service))) ??
    null
  );
}

/** The Service whose name is nearest: a typo, or one name inside the other. */
function similarService(graph: EvidenceGraph, name: string, namespace: string): KubeObject | null {
  const scored = graph
    .all('Service', namespace)
    .map((service) => ({ service, score: nearness(name, service.metadata.name) }))
    .filter((it) => it.score <= 0.4)
    .sort((a, b) => a.score - b.score);
  return scored[0]?.service ?? null;
}

function nearness(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length >= 4 && b.length >= 4 && (a.startsWith(b) || b.startsWith(a) || a.endsWith(b) || b.endsWith(a)))
    return 0.3;
  // Two letters that changed places are one slip.
  if (a.length === b.length && [...a].sort().join('') === [...b].sort().join('')) return 0.3;
  return distance(a, b) / Math.max(a.length, b.length);
}
