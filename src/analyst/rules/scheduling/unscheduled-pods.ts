import { entityOf, entityText, rootOwner } from '../../model/entities.ts';
import { listAt, numberAt, textAt } from '../../model/fields.ts';
import { type Unscheduled, unscheduled } from '../../signals/unscheduled.ts';
import { type Conclusion, conclusion, edit, type Rule } from '../rule.ts';
import { capacity } from './capacity.ts';
import { cordoned, nodeChoice, podLimit, taints } from './node-choice.ts';
import { volumes } from './volume-places.ts';

export const schedulingRules: readonly Rule[] = [
  {
    id: 'unscheduled',
    catalogue: [35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 92],
    needs: "a pod without a node; the scheduler's message and the nodes where it gave one",
    unless: 'the pod has a node, or it was thrown off one by others of a higher priority',
    conclude: ({ graph, workloads }) =>
      unscheduled(graph, workloads).flatMap((waiting) => {
        for (const explain of explanations) {
          const found = explain(waiting);
          if (found) return [found];
        }
        return [];
      }),
  },
];

type Explain = (it: Unscheduled) => Conclusion | null;

function gate(waiting: Unscheduled): Conclusion | null {
  const { graph, pod, workload } = waiting;
  const gates = listAt(pod.object, 'spec', 'schedulingGates').map((entry) => textAt(entry, 'name'));
  const [name] = gates;
  if (name === undefined) return null;
  return conclusion('scheduling-gate', {
    entity: workload.entity,
    mechanism: 'scheduling_gate',
    wrongValue: name,
    statement: `The pods of ${entityText(workload.entity)} carry the scheduling gate ${gates.join(', ')}, which nobody has removed, so the scheduler leaves them alone.`,
    weight: 94,
    evidence: [
      graph.refIn(entityOf(pod.object), '"schedulingGates"'),
      graph.refIn(entityOf(pod.object), `"name": "${name}"`),
      graph.refIn(entityOf(pod.object), '"SchedulingGated"'),
    ],
    ruledOut: 'capacity: a gated pod is not tried on any node',
    remediation: edit(`Find what should remove the gate ${name}, or take it out of the pod template`, workload.entity),
  });
}

function scheduler(waiting: Unscheduled): Conclusion | null {
  const { graph, pod, workload } = waiting;
  const name = textAt(pod.object, 'spec', 'schedulerName');
  if (name === '' || name === 'default-scheduler' || waiting.message !== '') return null;
  return conclusion('wrong-scheduler', {
    entity: workload.entity,
    mechanism: 'wrong_scheduler',
    wrongValue: name,
    statement: `The pods of ${entityText(workload.entity)} ask for the scheduler ${name}, and nothing has scheduled them or said why: no scheduler of that name works here.`,
    weight: 92,
    evidence: [graph.fieldRef(pod.object, 'schedulerName', name), graph.fieldRef(pod.object, 'phase', 'Pending')],
    ruledOut: 'capacity: no scheduler has given a reason',
    remediation: edit(`Correct schedulerName of ${workload.entity.name}, or start that scheduler`, workload.entity),
  });
}

/** In the order in which they rule each other out. */
const explanations: readonly Explain[] = [
  gate,
  scheduler,
  claims,
  volumes,
  hostPort,
  topologySpread,
  antiAffinity,
  podLimit,
  capacity,
  nodeChoice,
  taints,
  cordoned,
];

function antiAffinity(waiting: Unscheduled): Conclusion | null {
  const { graph, pod, workload } = waiting;
  if (!/anti-affinity/.test(waiting.message)) return null;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const term = listAt(pod.object, 'spec', 'affinity', 'podAntiAffinity', required)[0];
  const key = textAt(term, 'topologyKey') || 'podAntiAffinity';
  return conclusion('anti-affinity', {
    entity: workload.entity,
    mechanism: 'anti_affinity',
    wrongValue: key,
    statement: `${entityText(workload.entity)} wants its pods apart by ${key} (required pod anti-affinity) and has more replicas (${workload.desired}) than ${graph.all('Node').length || 'there are'} nodes can take.`,
    weight: 90,
    evidence: [waiting.ref, graph.fieldRef(pod.object, 'topologyKey', key)],
    ruledOut: 'free capacity: the message names anti-affinity',
    remediation: edit(
      `Lower the replicas, add nodes, or make the anti-affinity of ${workload.entity.name} preferred`,
      workload.entity,
    ),
  });
}

function topologySpread(waiting: Unscheduled): Conclusion | null {
  const { graph, pod, workload } = waiting;
  if (!/topology spread constraints/.test(waiting.message)) return null;
  const constraints = listAt(pod.object, 'spec', 'topologySpreadConstraints');
  const hard = constraints.filter((entry) => textAt(entry, 'whenUnsatisfiable') === 'DoNotSchedule');
  const nodes = graph.all('Node');
  const missing = hard.find(
    (entry) => !nodes.some((node) => textAt(entry, 'topologyKey') in (node.metadata.labels ?? {})),
  );
  const key = textAt(missing ?? hard[0], 'topologyKey');
  return conclusion('topology-spread', {
    entity: workload.entity,
    mechanism: 'topology_spread',
    wrongValue: key,
    statement: `The topologySpreadConstraint of ${entityText(workload.entity)} (DoNotSchedule) over ${key} cannot be met${missing ? `: no node has the label ${key}` : ` with maxSkew ${numberAt(hard[0], 'maxSkew') ?? 1}`}.`,
    weight: 92,
    evidence: [waiting.ref, graph.fieldRef(pod.object, 'topologyKey', key)],
    ruledOut: 'free capacity: the message names the spread constraint',
    remediation: edit(
      `Label the nodes with ${key}, or use a label that they have in ${workload.entity.name}`,
      workload.entity,
    ),
  });
}

function hostPort(waiting: Unscheduled): Conclusion | null {
  const { graph, pod, ref, workload } = waiting;
  if (!/free ports for the requested pod ports/.test(waiting.message)) return null;
  const wanted = listAt(pod.object, 'spec', 'containers').flatMap((container) =>
    listAt(container, 'ports').flatMap((port) => numberAt(port, 'hostPort') ?? []),
  );
  for (const other of graph.all('Pod')) {
    if (other.metadata.name === pod.name || textAt(other, 'spec', 'nodeName') === '') continue;
    const taken = listAt(other, 'spec', 'containers').flatMap((container) =>
      listAt(container, 'ports').flatMap((port) => numberAt(port, 'hostPort') ?? []),
    );
    const port = wanted.find((number) => taken.includes(number));
    if (port === undefined) continue;
    const holder = rootOwner(graph, other);
    if (holder.name === workload.entity.name && holder.kind === workload.entity.kind) continue;
    return conclusion('host-port', {
      entity: holder,
      mechanism: 'host_port',
      wrongValue: String(port),
      statement: `hostPort ${port}, which ${entityText(workload.entity)} wants, is taken on ${textAt(other, 'spec', 'nodeName')} by ${entityText(holder)}, and no other node is free.`,
      weight: 93,
      evidence: [ref, graph.fieldRef(other, 'hostPort', port), graph.fieldRef(pod.object, 'hostPort', port)],
      affects: [workload.entity],
      ruledOut: 'two containers of one pod: the ports belong to different pods',
      remediation: edit(`Give ${workload.entity.name} another hostPort, or none behind a Service`, workload.entity),
    });
  }
  return conclusion('host-port', {
    entity: workload.entity,
    mechanism: 'host_port',
    wrongValue: wanted[0] === undefined ? null : String(wanted[0]),
    statement: `${entityText(workload.entity)} wants hostPort ${wanted.join(', ')}, which is taken on every node that it may use.`,
    weight: 90,
    confidence: 'medium',
    evidence: [ref],
  });
}

function claims(waiting: Unscheduled): Conclusion | null {
  const { graph, pod, workload } = waiting;
  const name = /persistentvolumeclaim "([^"]+)" not found/.exec(waiting.message)?.[1];
  if (name === undefined) return null;
  const namespace = pod.namespace;
  const near = graph.all('PersistentVolumeClaim', namespace).map((claim) => claim.metadata.name);
  return conclusion('claim-missing', {
    entity: { kind: 'PersistentVolumeClaim', namespace, name },
    mechanism: 'pvc_missing',
    wrongValue: name,
    statement: `${entityText(workload.entity)} mounts the claim ${name}, which does not exist in namespace ${namespace}${near.length === 0 ? '' : ` (claims there: ${near.slice(0, 5).join(', ')})`}.`,
    weight: 95,
    evidence: [
      waiting.ref,
      graph.absent('PersistentVolumeClaim', namespace, name),
      graph.refIn(entityOf(pod.object), `"claimName": "${name}"`),
    ],
    affects: [workload.entity],
    remediation: edit(`Create the claim ${name}, or correct claimName in ${workload.entity.name}`, workload.entity),
  });
}
