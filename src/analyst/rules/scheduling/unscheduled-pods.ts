import type { Entity } from '../../../domain/verdict.ts';
import { entityOf, entityText, fileOf, rootOwner } from '../../model/entities.ts';
import { listAt, numberAt, recordAt, textAt, textsAt } from '../../model/fields.ts';
import { type Unscheduled, unscheduled } from '../../signals/unscheduled.ts';
import { type Conclusion, conclusion, editCommand, type Rule, step } from '../rule.ts';
import { capacity } from './capacity.ts';
import { cordoned, nodeChoice, podLimit, taints } from './node-choice.ts';

export const schedulingRules: readonly Rule[] = [
  {
    id: 'unscheduled',
    catalogue: [35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 92],
    needs: "a pod without a node; the scheduler's message and the nodes where it gave one",
    conclude: ({ graph, workloads }) =>
      unscheduled(graph, workloads).flatMap((it) => {
        for (const explain of explanations) {
          const found = explain(it);
          if (found) return [found];
        }
        return [];
      }),
  },
];

type Explain = (it: Unscheduled) => Conclusion | null;

function gate(it: Unscheduled): Conclusion | null {
  const gates = listAt(it.pod.object, 'spec', 'schedulingGates').map((entry) => textAt(entry, 'name'));
  const [name] = gates;
  if (name === undefined) return null;
  return conclusion('scheduling-gate', {
    entity: it.workload.entity,
    mechanism: 'scheduling_gate',
    wrongValue: name,
    statement: `The pods of ${entityText(it.workload.entity)} carry the scheduling gate ${gates.join(', ')}, which nobody has removed, so the scheduler leaves them alone.`,
    weight: 94,
    evidence: [
      it.graph.ref(fileOf(entityOf(it.pod.object)), '"schedulingGates"'),
      it.graph.ref(fileOf(entityOf(it.pod.object)), `"name": "${name}"`),
      it.graph.ref(fileOf(entityOf(it.pod.object)), '"SchedulingGated"'),
    ],
    ruledOut: ['capacity: a gated pod is not tried on any node'],
    remediation: [
      step(
        `Find what should remove the gate ${name}, or take it out of the pod template`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}

function scheduler(it: Unscheduled): Conclusion | null {
  const name = textAt(it.pod.object, 'spec', 'schedulerName');
  if (name === '' || name === 'default-scheduler' || it.message !== '') return null;
  return conclusion('wrong-scheduler', {
    entity: it.workload.entity,
    mechanism: 'wrong_scheduler',
    wrongValue: name,
    statement: `The pods of ${entityText(it.workload.entity)} ask for the scheduler ${name}, and nothing has scheduled them or said why: no scheduler of that name works here.`,
    weight: 92,
    evidence: [
      it.graph.fieldRef(it.pod.object, 'schedulerName', name),
      it.graph.fieldRef(it.pod.object, 'phase', 'Pending'),
    ],
    ruledOut: ['capacity: no scheduler has given a reason'],
    remediation: [
      step(
        `Correct schedulerName of ${it.workload.entity.name}, or start that scheduler`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
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

function antiAffinity(it: Unscheduled): Conclusion | null {
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

function topologySpread(it: Unscheduled): Conclusion | null {
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

function hostPort(it: Unscheduled): Conclusion | null {
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

function claims(it: Unscheduled): Conclusion | null {
  const name = /persistentvolumeclaim "([^"]+)" not found/.exec(it.message)?.[1];
  if (name === undefined) return null;
  const namespace = it.pod.namespace;
  const near = it.graph.all('PersistentVolumeClaim', namespace).map((claim) => claim.metadata.name);
  return conclusion('claim-missing', {
    entity: { kind: 'PersistentVolumeClaim', namespace, name },
    mechanism: 'pvc_missing',
    wrongValue: name,
    statement: `${entityText(it.workload.entity)} mounts the claim ${name}, which does not exist in namespace ${namespace}${near.length === 0 ? '' : ` (claims there: ${near.slice(0, 5).join(', ')})`}.`,
    weight: 95,
    evidence: [
      it.ref,
      it.graph.absent('PersistentVolumeClaim', namespace, name),
      it.graph.ref(fileOf(entityOf(it.pod.object)), `"claimName": "${name}"`),
    ],
    affects: [it.workload.entity],
    remediation: [
      step(
        `Create the claim ${name}, or correct claimName in ${it.workload.entity.name}`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}

/** A volume that the scheduler cannot bring together with a node. */
function volumes(it: Unscheduled): Conclusion | null {
  const name =
    listAt(it.pod.object, 'spec', 'volumes')
      .map((entry) => textAt(entry, 'persistentVolumeClaim', 'claimName'))
      .find((entry) => entry !== '') ?? '';
  if (/ReadWriteOncePod access mode already in-use/.test(it.message)) return oncePod(it, name);
  const affinity = /volume node affinity conflict|didn't match PersistentVolume's node affinity/.test(it.message);
  return affinity ? volumeAffinity(it, name) : null;
}

function oncePod(it: Unscheduled, name: string): Conclusion {
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: it.pod.namespace, name };
  return conclusion('rwop-conflict', {
    entity: claim,
    mechanism: 'rwop_conflict',
    wrongValue: 'ReadWriteOncePod',
    statement: `The claim ${name} is ReadWriteOncePod and already in use by another pod, so the next pod of ${entityText(it.workload.entity)} cannot be placed.`,
    weight: 94,
    evidence: [it.ref, it.graph.ref(fileOf(claim), '"ReadWriteOncePod"')],
    affects: [it.workload.entity],
    ruledOut: ['free capacity: the message names the claim'],
    remediation: [
      step(
        'Run one pod at a time (strategy Recreate, replicas 1), or use an access mode that may be shared',
        editCommand(it.workload.entity),
        'medium',
      ),
    ],
  });
}

function volumeAffinity(it: Unscheduled, name: string): Conclusion {
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: it.pod.namespace, name };
  const volumeName = textAt(it.graph.get('PersistentVolumeClaim', it.pod.namespace, name), 'spec', 'volumeName');
  const volume = it.graph.get('PersistentVolume', null, volumeName);
  const affinity = JSON.stringify(recordAt(volume, 'spec', 'nodeAffinity'));
  const place = /"values":\["([^"]+)"/.exec(affinity)?.[1];
  const pinned = Object.entries(textsAt(it.pod.object, 'spec', 'nodeSelector'))[0];
  const selector = pinned ? ` (its node selector is ${pinned.join('=')})` : '';
  return conclusion('volume-affinity', {
    entity: volume ? entityOf(volume) : claim,
    mechanism: 'volume_affinity',
    wrongValue: place ?? (volumeName || name),
    statement: `The volume ${volumeName || 'of the claim'} behind claim ${name} can only be used on ${place ?? 'certain nodes'}, and ${entityText(it.workload.entity)} may not or cannot run there${selector}.`,
    weight: 93,
    evidence: [it.ref, place === undefined || !volume ? null : it.graph.ref(fileOf(entityOf(volume)), `"${place}"`)],
    affects: [it.workload.entity],
    ruledOut: ['free capacity: the message names the volume'],
    remediation: [
      step(
        'Let the pod run where its volume is, or move the data to a volume that fits',
        editCommand(it.workload.entity),
        'medium',
      ),
    ],
  });
}
