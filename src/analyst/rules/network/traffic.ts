import { entityOf, entityText } from '../../model/entities.ts';
import { textAt } from '../../model/fields.ts';
import { backendNames, selectedPods } from '../../model/services.ts';
import type { FailedCall } from '../../signals/calls.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView } from '../rule.ts';

export const trafficPolicyRules: readonly Rule[] = [
  {
    id: 'traffic-policy',
    catalogue: [75],
    needs: 'a Service with internalTrafficPolicy Local and callers on other nodes',
    unless: "a pod of the Service runs on the caller's node",
    conclude: (view) => view.calls.flatMap((call) => localOnly(view, call) ?? []),
  },
];

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
    unless: 'the Service exists and has the port',
    conclude: ingressBackends,
  },
];

/** An Ingress that sends to a Service which does not exist. */
function ingressBackends({ graph }: RuleView): Conclusion[] {
  return graph.all('Ingress').flatMap((ingress): Conclusion[] => {
    const namespace = ingress.metadata.namespace ?? null;
    const name = backendNames(ingress).find((it) => graph.absent('Service', namespace, it) !== null);
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
