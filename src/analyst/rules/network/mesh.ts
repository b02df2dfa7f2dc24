import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { matchesLabels } from '../../../kube/selectors.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, recordAt, textAt, textsAt } from '../../model/fields.ts';
import { meshProxy, says } from '../../model/lexicon.ts';
import { selectedPods } from '../../model/services.ts';
import type { PodView } from '../../model/workload.ts';
import type { FailedCall } from '../../signals/calls.ts';
import { type Conclusion, conclusion, edit, type Rule } from '../rule.ts';

export const meshRules: readonly Rule[] = [
  {
    id: 'mesh-denied',
    catalogue: [85],
    needs: 'a call that the proxy of its callee refuses, and the AuthorizationPolicies of the callee',
    unless: 'the callee has no proxy of a mesh, or nothing says that the proxy has refused',
    conclude: ({ graph, calls }) => calls.flatMap((call) => denied(graph, call) ?? []),
  },
  {
    id: 'mesh-plain-text',
    catalogue: [85],
    needs: 'a call that is reset, a callee in a mesh that takes mutual TLS only, and a caller without its proxy',
    unless: 'the caller has a proxy of the mesh, or the callee takes plain text too',
    conclude: ({ graph, calls }) => calls.flatMap((call) => plainText(graph, call) ?? []),
  },
];

/** Whether a pod has the proxy of a mesh beside it: only then it has an identity there. */
const isInMesh = (pod: PodView): boolean => pod.containers.some(({ name }) => meshProxy.test(name));

/** The identity that a pod has in its mesh, in the usual trust domain. */
const principalOf = (pod: PodView): string =>
  `cluster.local/ns/${pod.namespace}/sa/${textAt(pod.object, 'spec', 'serviceAccountName') || 'default'}`;

function denied(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { service, trouble, ref } = call;
  const [callee] = service ? selectedPods(graph, service) : [];
  if (!service || !callee || !isInMesh(callee)) return null;
  const logs = graph.logsOf(callee.namespace, callee.name).filter((log) => says.meshDenied.test(log.text));
  const said = trouble.entries.findLast((entry) => says.meshDenied.test(entry.message));
  if (!said && logs.length === 0) return null;
  const policies = graph.all('AuthorizationPolicy', callee.namespace).filter((policy) => isFor(policy, callee));
  const refusing = policies.find((policy) => textAt(policy, 'spec', 'action') === 'DENY') ?? null;
  const allowing = policies.filter((policy) => ['', 'ALLOW'].includes(textAt(policy, 'spec', 'action')));
  const policy = allowing.find((one) => listAt(one, 'spec', 'rules').length > 0) ?? allowing[0] ?? refusing;
  if (!policy) return null;
  const { wrong, why } = whyDenied(policy, trouble.pod);
  const entity = entityOf(policy);
  const log = logs[0];
  const line = log?.text.split('\n').findLast((it) => says.meshDenied.test(it));
  return conclusion('mesh-denied', {
    entity,
    mechanism: 'other',
    wrongValue: wrong ?? entity.name,
    statement: `AuthorizationPolicy ${entity.namespace}/${entity.name} does not let ${entityText(trouble.workload.entity)} through to Service ${service.metadata.name}: ${why} ("RBAC: access denied").`,
    weight: 95,
    confidence: policies.length === 1 && wrong !== null ? 'high' : 'medium',
    evidence: [
      ref,
      said && trouble.log ? graph.ref(trouble.log.path, said.message) : null,
      log && line !== undefined ? graph.ref(log.path, line) : null,
      wrong === null ? graph.refIn(entity, '"rules"') : graph.refIn(entity, `"${wrong}"`),
    ],
    affects: [trouble.workload.entity],
    ruledOut: [
      'roles of the Kubernetes API: the proxy of the callee has refused, not the API server',
      `Service ${service.metadata.name} and its pods: the call has reached them`,
    ],
    remediation: edit(`Let ${entity.name} take this caller, or bring the caller into the mesh`, entity, 'medium'),
  });
}

function isFor(policy: KubeObject, pod: PodView): boolean {
  const labels = textsAt(policy, 'spec', 'selector', 'matchLabels');
  return Object.keys(labels).length === 0 || matchesLabels(labels, pod.object.metadata.labels ?? {});
}

/** What a policy asks of a caller that this one does not show. */
function whyDenied(policy: KubeObject, caller: PodView): { wrong: string | null; why: string } {
  const sources = listAt(policy, 'spec', 'rules').flatMap((rule) =>
    listAt(rule, 'from').map((from) => recordAt(from, 'source')),
  );
  const principals = sources.flatMap((it) => listAt(it, 'principals').map(String));
  const namespaces = sources.flatMap((it) => listAt(it, 'namespaces').map(String));
  const own = principalOf(caller);
  if (textAt(policy, 'spec', 'action') === 'DENY') return { wrong: null, why: 'it refuses what its rules name' };
  if (sources.length === 0 && listAt(policy, 'spec', 'rules').length === 0)
    return { wrong: null, why: 'it has no rule, which lets nobody through' };
  if (!isInMesh(caller)) {
    const wrong = principals.find((it) => it === own) ?? principals[0] ?? namespaces[0] ?? null;
    return {
      wrong,
      why: `it asks for an identity of the mesh (${wrong ?? 'a source'}), and pod ${caller.name} has no proxy beside it, so it has none`,
    };
  }
  const wrong = principals[0] ?? namespaces[0] ?? null;
  return {
    wrong,
    why: `it takes ${[...principals, ...namespaces.map((it) => `namespace ${it}`)].slice(0, 3).join(', ') || 'other paths or methods'}, and the caller is ${own}`,
  };
}

function plainText(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { service, trouble, ref, kind } = call;
  const [callee] = service ? selectedPods(graph, service).filter((pod) => pod.ready) : [];
  if (!service || !callee || kind !== 'refused' || !isInMesh(callee) || isInMesh(trouble.pod)) return null;
  if (!/reset|EOF|closed/i.test(trouble.text)) return null;
  const policy = graph
    .all('PeerAuthentication')
    .filter((one) => one.metadata.namespace === callee.namespace)
    .find((one) => textAt(one, 'spec', 'mtls', 'mode') === 'STRICT' && isFor(one, callee));
  if (!policy) return null;
  const entity = entityOf(policy);
  return conclusion('mesh-plain-text', {
    entity,
    mechanism: 'other',
    wrongValue: 'STRICT',
    statement: `PeerAuthentication ${entity.namespace}/${entity.name} lets the pods of Service ${service.metadata.name} take mutual TLS only (STRICT), and ${entityText(trouble.workload.entity)} has no proxy of the mesh and speaks plain text, so its connections are reset.`,
    weight: 94,
    evidence: [ref, graph.refIn(entity, '"STRICT"')],
    affects: [trouble.workload.entity],
    ruledOut: `Service ${service.metadata.name} and its pods: they are ready`,
    remediation: edit(
      `Bring ${trouble.workload.entity.name} into the mesh, or set PERMISSIVE for this port`,
      entity,
      'medium',
    ),
  });
}
