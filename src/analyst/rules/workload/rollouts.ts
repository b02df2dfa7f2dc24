import { entityOf, entityText } from '../../model/entities.ts';
import { conditionAt, dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, edit, rollBack, type Rule, type RuleView, step } from '../rule.ts';

export const rolloutRules: readonly Rule[] = [
  {
    id: 'rollout-paused',
    catalogue: [57],
    needs: 'a paused Deployment that is not up to date',
    unless: 'all pods are of the newest revision already',
    conclude: each(paused),
  },
  {
    id: 'rollout-strategy',
    catalogue: [58],
    needs: 'a strategy that lets all pods go while the new ones are not ready',
    unless: 'a new pod is ready, or says by itself why it is not',
    conclude: each(strategy),
  },
  {
    id: 'readiness-gate',
    catalogue: [56],
    needs: 'a pod with a readiness gate whose condition is not True',
    unless: 'a container of the pod is not ready: then its probe tells',
    conclude: each(readinessGate),
  },
  {
    id: 'zero-replicas',
    catalogue: [61],
    needs: 'a workload with 0 replicas',
    unless: "an autoscaler or somebody's annotation keeps it at zero on purpose",
    conclude: each(zero),
  },
];

function each(read: (view: RuleView, workload: Workload) => Conclusion | null): Rule['conclude'] {
  return (view) => view.workloads.flatMap((workload) => read(view, workload) ?? []);
}

function paused({ graph }: RuleView, { entity, object }: Workload): Conclusion | null {
  if (!object || dig(object, 'spec', 'paused') !== true) return null;
  const updated = numberAt(object, 'status', 'updatedReplicas') ?? 0;
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  if (
    updated >= wanted &&
    numberAt(object, 'status', 'observedGeneration') === object.metadata.generation &&
    (numberAt(object, 'status', 'readyReplicas') ?? 0) >= wanted
  )
    return null;
  return conclusion('rollout-paused', {
    entity,
    mechanism: 'rollout_paused',
    wrongValue: 'paused',
    statement: `${entityText(entity)} is paused (spec.paused: true), so its new revision is not rolled out: ${updated} of ${wanted} pods are up to date.`,
    weight: 90,
    evidence: [graph.refIn(entity, '"paused": true'), graph.refIn(entity, '"DeploymentPaused"')],
    remediation: step(
      `Resume the rollout of ${entity.name}`,
      `kubectl -n ${entity.namespace} rollout resume deployment/${entity.name}`,
      'low',
    ),
  });
}

function strategy({ graph, troubles }: RuleView, workload: Workload): Conclusion | null {
  const { entity, object, currentPods } = workload;
  const unavailable = textAt(object, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable');
  const recreate = textAt(object, 'spec', 'strategy', 'type') === 'Recreate';
  const all =
    unavailable === '100%' ||
    (/^\d+$/.test(unavailable) && Number(unavailable) >= workload.desired && workload.desired > 1);
  if (!object || !(all || recreate) || workload.replicaSets.length < 2) return null;
  if (currentPods.length === 0 || currentPods.some((pod) => pod.ready)) return null;
  const value = recreate ? 'Recreate' : unavailable;
  // Why the new pods do not get ready is the cause, where one of them says so; the strategy only made it felt.
  const says = troubles.some((one) => one.workload === workload && one.kind === 'crash' && one.reason !== null);
  return conclusion('rollout-strategy', {
    entity,
    mechanism: 'rollout_strategy',
    wrongValue: value,
    statement: `The strategy of ${entityText(entity)} (${recreate ? 'Recreate' : `maxUnavailable ${value}`}) has removed all serving pods while none of the new ones is ready.`,
    weight: says ? 20 : recreate ? 50 : 78,
    confidence: says ? 'low' : recreate ? 'medium' : 'high',
    evidence: [
      graph.refIn(
        entity,
        recreate
          ? '"type": "Recreate"'
          : `"maxUnavailable": ${JSON.stringify(dig(object, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable'))}`,
      ),
      ...graph
        .eventsOf(entity)
        .filter((it) => it.reason === 'ScalingReplicaSet')
        .slice(-1)
        .map((it) => graph.eventRef(it)),
    ],
    remediation: rollBack(
      entity,
      recreate
        ? `Take ${entity.name} back to its revision before; when two of its pods may run side by side, use the strategy RollingUpdate`
        : `Roll back, then set maxUnavailable of ${entity.name} so that pods keep serving`,
    ),
  });
}

function readinessGate({ graph }: RuleView, { entity, currentPods }: Workload): Conclusion | null {
  const pod = currentPods.find((it) => !it.ready && it.phase === 'Running');
  if (!pod) return null;
  const gates = listAt(pod.object, 'spec', 'readinessGates').map((it) => textAt(it, 'conditionType'));
  const open = gates.find((gate) => conditionAt(pod.object, gate, 'True') === undefined);
  if (open === undefined || !pod.containers.filter((it) => !it.init).every((it) => it.ready)) return null;
  return conclusion('readiness-gate', {
    entity,
    mechanism: 'readiness_gate',
    wrongValue: open,
    statement: `The pods of ${entityText(entity)} wait for the readiness gate ${open}, a condition that nobody sets; their containers are ready.`,
    weight: 94,
    evidence: [
      graph.fieldRef(pod.object, 'conditionType', open),
      graph.refIn(entityOf(pod.object), 'ReadinessGatesNotReady'),
    ],
    ruledOut: 'the probes: all containers are ready',
    remediation: edit(`Start what should set ${open}, or take the gate out of ${entity.name}`, entity),
  });
}

/** Only a lead by itself: somebody may want it so. What misses it is told by the Services. */
function zero({ graph }: RuleView, { entity, object, replicaSets }: Workload): Conclusion | null {
  if (!object || !['Deployment', 'StatefulSet'].includes(entity.kind) || numberAt(object, 'spec', 'replicas') !== 0)
    return null;
  const event = graph.eventsOf(entity).findLast((it) => /Scaled down/.test(it.message));
  return conclusion('zero-replicas', {
    entity,
    mechanism: 'scaled_to_zero',
    wrongValue: '0',
    statement: `${entityText(entity)} is scaled to 0 replicas.`,
    weight: 55,
    confidence: event || replicaSets.length > 0 ? 'medium' : 'low',
    evidence: [graph.fieldRef(object, 'replicas', 0), graph.eventRef(event)],
    remediation: step(
      `Scale ${entity.name} up again, if it should run`,
      `kubectl -n ${entity.namespace} scale ${entity.kind.toLowerCase()} ${entity.name} --replicas=<n>`,
      'low',
    ),
  });
}
