import { listAt, numberAt, textAt } from '../graph/fields.ts';
import { entityText, rootOwner } from '../graph/owner.ts';
import { type Conclusion, conclusion, editCommand, step } from './rule.ts';
import type { Unscheduled } from './unscheduled.ts';

export function antiAffinity(it: Unscheduled): Conclusion | null {
  if (!/anti-affinity/.test(it.message)) return null;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const term = listAt(it.pod.object, 'spec', 'affinity', 'podAntiAffinity', required)[0];
  const key = textAt(term, 'topologyKey') || 'podAntiAffinity';
  return conclusion('anti-affinity', {
    entity: it.workload.entity,
    mechanism: 'anti_affinity',
    wrongValue: key,
    statement: `${entityText(it.workload.entity)} wants its pods apart by ${key} (required pod anti-affinity) and has more replicas (${it.workload.desired}) than ${it.graph.all('Node').length || 'there are'} nodes can take.`,
    weight: 90,
    evidence: [it.ref, it.graph.fieldRef(it.pod.object, 'topologyKey', key)],
    ruledOut: ['free capacity: the message names anti-affinity'],
    remediation: [
      step(
        `Lower the replicas, add nodes, or make the anti-affinity of ${it.workload.entity.name} preferred`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}

export function topologySpread(it: Unscheduled): Conclusion | null {
  if (!/topology spread constraints/.test(it.message)) return null;
  const constraints = listAt(it.pod.object, 'spec', 'topologySpreadConstraints');
  const hard = constraints.filter((entry) => textAt(entry, 'whenUnsatisfiable') === 'DoNotSchedule');
  const nodes = it.graph.all('Node');
  const missing = hard.find(
    (entry) => !nodes.some((node) => textAt(entry, 'topologyKey') in (node.metadata.labels ?? {})),
  );
  const key = textAt(missing ?? hard[0], 'topologyKey');
  return conclusion('topology-spread', {
    entity: it.workload.entity,
    mechanism: 'topology_spread',
    wrongValue: key,
    statement: `The topologySpreadConstraint of ${entityText(it.workload.entity)} (DoNotSchedule) over ${key} cannot be met${missing ? `: no node has the label ${key}` : ` with maxSkew ${numberAt(hard[0], 'maxSkew') ?? 1}`}.`,
    weight: 92,
    evidence: [it.ref, it.graph.fieldRef(it.pod.object, 'topologyKey', key)],
    ruledOut: ['free capacity: the message names the spread constraint'],
    remediation: [
      step(
        `Label the nodes with ${key}, or use a label that they have in ${it.workload.entity.name}`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}

export function hostPort(it: Unscheduled): Conclusion | null {
  if (!/free ports for the requested pod ports/.test(it.message)) return null;
  const wanted = listAt(it.pod.object, 'spec', 'containers').flatMap((container) =>
    listAt(container, 'ports').flatMap((port) => numberAt(port, 'hostPort') ?? []),
  );
  for (const other of it.graph.all('Pod')) {
    if (other.metadata.name === it.pod.name || textAt(other, 'spec', 'nodeName') === '') continue;
    const taken = listAt(other, 'spec', 'containers').flatMap((container) =>
      listAt(container, 'ports').flatMap((port) => numberAt(port, 'hostPort') ?? []),
    );
    const port = wanted.find((number) => taken.includes(number));
    if (port === undefined) continue;
    const holder = rootOwner(it.graph, other);
    if (holder.name === it.workload.entity.name && holder.kind === it.workload.entity.kind) continue;
    return conclusion('host-port', {
      entity: holder,
      mechanism: 'host_port',
      wrongValue: String(port),
      statement: `hostPort ${port}, which ${entityText(it.workload.entity)} wants, is taken on ${textAt(other, 'spec', 'nodeName')} by ${entityText(holder)}, and no other node is free.`,
      weight: 93,
      evidence: [
        it.ref,
        it.graph.fieldRef(other, 'hostPort', port),
        it.graph.fieldRef(it.pod.object, 'hostPort', port),
      ],
      affects: [it.workload.entity],
      ruledOut: ['two containers of one pod: the ports belong to different pods'],
      remediation: [
        step(
          `Give ${it.workload.entity.name} another hostPort, or none behind a Service`,
          editCommand(it.workload.entity),
          'low',
        ),
      ],
    });
  }
  return conclusion('host-port', {
    entity: it.workload.entity,
    mechanism: 'host_port',
    wrongValue: wanted[0] === undefined ? null : String(wanted[0]),
    statement: `${entityText(it.workload.entity)} wants hostPort ${wanted.join(', ')}, which is taken on every node that it may use.`,
    weight: 90,
    confidence: 'medium',
    evidence: [it.ref],
  });
}
