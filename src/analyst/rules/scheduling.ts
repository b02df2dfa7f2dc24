import { listAt, textAt } from '../graph/fields.ts';
import { entityOf, entityText } from '../graph/owner.ts';
import { type Conclusion, conclusion, editCommand, fileOf, type Rule, step } from './rule.ts';
import { capacity } from './scheduling-capacity.ts';
import { cordoned, nodeChoice, podLimit, taints } from './scheduling-nodes.ts';
import { antiAffinity, hostPort, topologySpread } from './scheduling-pods.ts';
import { claims, volumes } from './scheduling-volumes.ts';
import { type Unscheduled, unscheduled } from './unscheduled.ts';

export const schedulingRules: readonly Rule[] = [
  {
    id: 'unscheduled',
    catalogue: [35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 92],
    needs: "a pod without a node; the scheduler's message and the nodes where it gave one",
    conclude: (view) =>
      unscheduled(view).flatMap((it) => {
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
