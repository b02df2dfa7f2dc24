import { textAt } from '../graph/fields.ts';
import { clusterNames } from '../graph/host-target.ts';
import { entityOf, entityText } from '../graph/owner.ts';
import { readyEndpoints } from '../graph/service-endpoints.ts';
import { failedCalls } from './calls.ts';
import { absentName, type Call } from './names-absent.ts';
import { type Conclusion, conclusion, editCommand, fileOf, type Rule, step } from './rule.ts';

export const unresolvedRules: readonly Rule[] = [
  {
    id: 'name-unresolved',
    catalogue: [60, 62, 73, 79, 80],
    needs: 'a log that says which name cannot be resolved or is waited for, and the Services',
    conclude: (view) =>
      failedCalls(view.graph, view.troubles).flatMap((call) => explain({ ...call, graph: view.graph, view })),
  },
];

/** Why a name cannot be resolved: the surest explanation first. */
function explain(call: Call): Conclusion[] {
  if (call.kind === 'timeout' || call.kind === 'rejected' || call.kind === 'refused') return [];
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
      ruledOut: ['DNS of the cluster and the selector of the Service: only the names of single pods are missing'],
      remediation: [
        step(
          `Make serviceName of StatefulSet ${set.metadata.name} and the headless Service agree (serviceName cannot be edited: recreate the StatefulSet, or create Service ${serviceName})`,
          `kubectl -n ${name.namespace} get statefulset ${set.metadata.name} -o yaml`,
          'medium',
        ),
      ],
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
    remediation: [
      step(
        `Set dnsPolicy of ${trouble.workload.entity.name} to ClusterFirst`,
        editCommand(trouble.workload.entity),
        'low',
      ),
    ],
  });
}
