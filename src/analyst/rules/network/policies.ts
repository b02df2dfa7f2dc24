import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { clusterNames, containerPorts, readyEndpoints, selectedPods, servicePorts } from '../../model/services.ts';
import type { PodView } from '../../model/workload.ts';
import { asksInVain, type FailedCall } from '../../signals/calls.ts';
import { type Block, blockBetween, blockOfDns, blockToOutside } from '../../signals/network/network-policies.ts';
import { endRefs } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Rule } from '../rule.ts';

export const networkPolicyRules: readonly Rule[] = [
  {
    id: 'network-policy',
    catalogue: [76, 77],
    needs:
      'calls that time out although the Service has endpoints, or names that do not resolve, and the policies of both sides',
    unless:
      'the call is refused at once instead of dropped, the callee has no ready endpoint, or a rule lets the call pass',
    conclude: ({ graph, calls }) =>
      calls.flatMap((call) => blockedCall(graph, call) ?? blockedDns(graph, call) ?? blockedOutside(graph, call) ?? []),
  },
];

/** A packet that a policy drops gets no answer; some networks answer that the host cannot be reached. */
const isDropped = ({ kind, trouble }: FailedCall): boolean =>
  kind === 'timeout' || (kind === 'refused' && /no route to host|EHOSTUNREACH|not permitted|EPERM/i.test(trouble.text));

function blockedCall(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { service, trouble, mention } = call;
  if (!service || !isDropped(call) || !readyEndpoints(graph, service)) return null;
  const target = selectedPods(graph, service).find((pod) => pod.ready);
  if (!target) return null;
  const block = blockBetween(graph, trouble.pod, target, calledPort(call, target));
  if (!block) return null;
  return policyConclusion(graph, call, block, {
    what: `${mention.host} cannot be reached by ${entityText(trouble.workload.entity)}`,
    ruledOut: [
      `a missing Service: ${mention.host} exists and has ready endpoints`,
      'the port: a call to a port on which nothing listens is refused at once, it does not wait',
    ],
  });
}

function blockedDns(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { service, trouble, mention } = call;
  if (!asksInVain(call) || (service && !readyEndpoints(graph, service))) return null;
  const block = blockOfDns(graph, trouble.pod);
  if (!block) return null;
  return policyConclusion(
    graph,
    call,
    { ...block, wrong: null },
    {
      todo: `Let port 53 (UDP and TCP) to the DNS of the cluster (namespace kube-system) out in NetworkPolicy ${block.policy.metadata.name}`,
      what: `${entityText(trouble.workload.entity)} cannot ask the DNS of the cluster (port 53) for ${mention.host}`,
      ruledOut: service ? `a missing Service: ${mention.host} exists and has ready endpoints` : [],
    },
  );
}

/** A name of the outside that resolves and does not answer. */
function blockedOutside(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { service, trouble, mention } = call;
  const isOutside = service === null && clusterNames(mention.host, trouble.pod.namespace).length === 0;
  if (!isOutside && !isPublicName(mention.host)) return null;
  if (service !== null || !isDropped(call)) return null;
  const block = blockToOutside(graph, trouble.pod, mention.port);
  if (!block) return null;
  return policyConclusion(graph, call, block, {
    what: `${entityText(trouble.workload.entity)} cannot reach ${mention.host}, which is outside the cluster`,
    ruledOut: 'the name: it resolves, the connection is what gets no answer',
  });
}

/** A name of two labels that ends like one of the Internet: the last is hardly a namespace. */
const isPublicName = (host: string): boolean =>
  /^[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|dev|cloud|app|ai|co|eu|gov|edu)$/i.test(host);

/** The port of the container: policies look at pods, behind the Service. */
function calledPort({ service, mention }: FailedCall, target: PodView): number | null {
  const ports = service ? servicePorts(service) : [];
  const port = ports.find((it) => it.port === mention.port) ?? (ports.length === 1 ? ports[0] : undefined);
  if (!port) return null;
  const named = containerPorts([target]).find((it) => it.name === port.targetPort);
  return named?.port ?? (/^\d+$/.test(port.targetPort) ? Number(port.targetPort) : null);
}

interface Words {
  readonly what: string;
  readonly ruledOut: string | readonly string[];
  /** What to change in the policy; by default to let the traffic through. */
  readonly todo?: string;
}

/** The vocabulary has no word for it, so the mechanism is `other`. */
function policyConclusion(graph: EvidenceGraph, call: FailedCall, block: Block, words: Words): Conclusion {
  const { trouble } = call;
  const { what, ruledOut, todo } = words;
  const { policy, direction, lets, wrong } = block;
  const entity = entityOf(policy);
  const [key = '', value = ''] = wrong?.split('=') ?? [];
  return conclusion('network-policy', {
    entity,
    mechanism: 'other',
    wrongValue: wrong ?? entity.name,
    statement: `NetworkPolicy ${entity.namespace}/${entity.name} ${lets} (${direction.toLowerCase()}), and no other policy of these pods opens it, so ${what}.`,
    weight: 93,
    evidence: [
      call.ref,
      graph.refIn(entity, direction === 'Ingress' ? '"ingress"' : '"egress"') ?? graph.refIn(entity, '"podSelector"'),
      value === '' ? graph.refIn(entity, '"podSelector"') : graph.refIn(entity, `"${key}": "${value}"`),
      ...endRefs(graph, trouble),
    ],
    affects: [trouble.workload.entity],
    ruledOut,
    remediation: edit(todo ?? `Let this traffic through in NetworkPolicy ${entity.name}`, entity, 'medium'),
  });
}
