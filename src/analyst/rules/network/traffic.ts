import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, textAt } from '../../model/fields.ts';
import { matchesSelector } from '../../../kube/selectors.ts';
import { readyEndpoints, selectedPods } from '../../model/services.ts';
import type { PodView } from '../../model/workload.ts';
import type { FailedCall } from '../../signals/calls.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView } from '../rule.ts';

export const networkPolicyRules: readonly Rule[] = [
  {
    id: 'network-policy',
    catalogue: [76, 77],
    needs: 'calls that time out (or names that do not resolve) although the Service has endpoints, and the policies',
    conclude: (view) => view.calls.flatMap((call) => blocked(view, call) ?? []),
  },
  {
    id: 'traffic-policy',
    catalogue: [75],
    needs: 'a Service with internalTrafficPolicy Local and callers on other nodes',
    conclude: (view) => view.calls.flatMap((call) => localOnly(view, call) ?? []),
  },
];

/** The vocabulary has no word for it, so the mechanism is `other`. */
function blocked({ graph }: RuleView, call: FailedCall): Conclusion | null {
  const { service, trouble, kind } = call;
  if (!service || !readyEndpoints(graph, service)) return null;
  if (kind === 'timeout') {
    const [target] = selectedPods(graph, service);
    const policy = target ? policyAgainst(graph, target, trouble.pod) : null;
    return policy
      ? policyConclusion(graph, call, policy, `admits no traffic from ${entityText(trouble.workload.entity)}`)
      : null;
  }
  if (kind !== 'unresolved') return null;
  const policy = graph
    .all('NetworkPolicy', trouble.pod.namespace)
    .find((it) => isFor(it, trouble.pod) && hasType(it, 'Egress') && !allowsDns(it));
  return policy ? policyConclusion(graph, call, policy, 'lets no DNS query out (egress without port 53)') : null;
}

function policyConclusion(graph: EvidenceGraph, call: FailedCall, policy: KubeObject, what: string): Conclusion {
  const { trouble, mention } = call;
  return conclusion('network-policy', {
    entity: entityOf(policy),
    mechanism: 'other',
    wrongValue: policy.metadata.name,
    statement: `NetworkPolicy ${policy.metadata.name} ${what}, so ${entityText(trouble.workload.entity)} cannot reach ${mention.host}, which has ready endpoints.`,
    weight: 90,
    confidence: 'medium',
    evidence: [call.ref, graph.refIn(entityOf(policy), '"podSelector"')],
    affects: [trouble.workload.entity],
    ruledOut: `a missing Service: ${mention.host} exists and has ready endpoints`,
    remediation: edit(`Admit this traffic in NetworkPolicy ${policy.metadata.name}`, entityOf(policy), 'medium'),
  });
}

const hasType = (policy: KubeObject, type: string): boolean => listAt(policy, 'spec', 'policyTypes').includes(type);

const isFor = (policy: KubeObject, pod: PodView): boolean =>
  matchesSelector(dig(policy, 'spec', 'podSelector'), pod.object.metadata.labels ?? {});

/** An ingress policy for the target that none of its rules opens for the caller; any policy that opens counts. */
function policyAgainst(graph: EvidenceGraph, target: PodView, caller: PodView): KubeObject | null {
  const policies = graph
    .all('NetworkPolicy', target.namespace)
    .filter((it) => isFor(it, target) && hasType(it, 'Ingress'));
  const admitted = policies.some((policy) =>
    listAt(policy, 'spec', 'ingress').some((rule) => admits(rule, target, caller)),
  );
  return admitted ? null : (policies[0] ?? null);
}

function admits(rule: unknown, target: PodView, caller: PodView): boolean {
  const from = listAt(rule, 'from');
  if (from.length === 0) return true;
  return from.some((peer) => {
    if (dig(peer, 'ipBlock') !== undefined) return true;
    const anywhere = dig(peer, 'namespaceSelector') !== undefined;
    if (!anywhere && target.namespace !== caller.namespace) return false;
    return matchesSelector(dig(peer, 'podSelector'), caller.object.metadata.labels ?? {});
  });
}

function allowsDns(policy: KubeObject): boolean {
  return listAt(policy, 'spec', 'egress').some((rule) => {
    const ports = listAt(rule, 'ports');
    return ports.length === 0 || ports.some((it) => textAt(it, 'port') === '53' || textAt(it, 'port') === 'dns');
  });
}

function localOnly({ graph }: RuleView, call: FailedCall): Conclusion | null {
  const { service, trouble } = call;
  if (!service || textAt(service, 'spec', 'internalTrafficPolicy') !== 'Local') return null;
  const pods = selectedPods(graph, service);
  if (pods.length === 0 || pods.some((pod) => pod.node === trouble.pod.node)) return null;
  return conclusion('traffic-policy', {
    entity: entityOf(service),
    mechanism: 'other',
    wrongValue: 'Local',
    statement: `Service ${service.metadata.name} has internalTrafficPolicy Local and no pod on ${trouble.pod.node}, where ${entityText(trouble.workload.entity)} runs, so its calls go nowhere.`,
    weight: 92,
    evidence: [
      call.ref,
      graph.fieldRef(service, 'internalTrafficPolicy', 'Local'),
      graph.fieldRef(trouble.pod.object, 'nodeName', trouble.pod.node),
    ],
    affects: [entityOf(service), trouble.workload.entity],
    remediation: edit(`Set internalTrafficPolicy of Service ${service.metadata.name} to Cluster`, entityOf(service)),
  });
}

export const ingressRules: readonly Rule[] = [
  {
    id: 'ingress-backend',
    catalogue: [81],
    needs: 'an Ingress and the complete list of Services',
    conclude: ingressBackends,
  },
];

/** An Ingress that sends to a Service which does not exist. */
function ingressBackends({ graph }: RuleView): Conclusion[] {
  return graph.all('Ingress').flatMap((ingress): Conclusion[] => {
    const namespace = ingress.metadata.namespace ?? null;
    const paths = listAt(ingress, 'spec', 'rules').flatMap((it) => listAt(it, 'http', 'paths'));
    const names = [
      ...paths.map((it) => textAt(it, 'backend', 'service', 'name')),
      textAt(ingress, 'spec', 'defaultBackend', 'service', 'name'),
    ];
    const name = names.find((it) => it !== '' && graph.absent('Service', namespace, it) !== null);
    if (name === undefined) return [];
    return [
      conclusion('ingress-backend-missing', {
        entity: entityOf(ingress),
        mechanism: 'ingress_backend_missing',
        wrongValue: name,
        statement: `Ingress ${ingress.metadata.name} sends to Service ${name}, which does not exist in namespace ${namespace}.`,
        weight: 90,
        evidence: [graph.refIn(entityOf(ingress), `"name": "${name}"`), graph.absent('Service', namespace, name)],
        affects: [entityOf(ingress), { kind: 'Service', namespace, name }],
        remediation: edit(
          `Correct the backend of Ingress ${ingress.metadata.name}, or create Service ${name}`,
          entityOf(ingress),
        ),
      }),
    ];
  });
}
