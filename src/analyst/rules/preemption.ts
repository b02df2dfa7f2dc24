import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { dig, numberAt, textAt } from '../graph/fields.ts';
import { entityText, rootOwner } from '../graph/owner.ts';
import type { Workload } from '../graph/workload.ts';
import { type Conclusion, conclusion, fileOf, type Rule, type RuleView, step } from './rule.ts';

export const preemptionRules: readonly Rule[] = [
  {
    id: 'preempted',
    catalogue: [44],
    needs: 'Preempted events of a workload that lacks pods',
    conclude: (view) => view.workloads.flatMap((workload) => preempted(view, workload)),
  },
];

/** Pods that were thrown off their node by others of a higher priority. */
function preempted(view: RuleView, workload: Workload): Conclusion[] {
  const { graph } = view;
  if (workload.pods.filter((pod) => pod.ready).length >= workload.desired) return [];
  const events = graph.events.filter((it) => it.reason === 'Preempted' && isOf(workload, it.objectNamespace, it.name));
  const event = events.at(-1);
  if (!event) return [];
  const uids = events.map((it) => /by pod ([0-9a-f-]{36})/.exec(it.message)?.[1] ?? '');
  const preemptor = graph.all('Pod').find((pod) => uids.includes(pod.metadata.uid ?? '-')) ?? null;
  const rank = priorityClass(view, preemptor);
  const by = preemptor ? rootOwner(graph, preemptor) : null;
  const value = rank.value ?? numberAt(preemptor, 'spec', 'priority');
  return [
    conclusion('preempted', {
      entity: rank.entity ?? by ?? workload.entity,
      mechanism: 'preemption',
      wrongValue: rank.entity?.name ?? String(value ?? ''),
      statement: statement(workload, by, rank, value),
      weight: 95,
      confidence: preemptor || rank.entity ? 'high' : 'medium',
      evidence: [
        graph.ref(event.path, event.message),
        rank.entity && rank.global ? graph.ref(fileOf(rank.entity), '"globalDefault": true') : null,
        rank.object ? graph.fieldRef(rank.object, 'value', value) : null,
        preemptor ? graph.fieldRef(preemptor, 'priority', numberAt(preemptor, 'spec', 'priority')) : null,
      ],
      affects: [workload.entity],
      ruledOut: ['pressure or loss of the node: the event says Preempted'],
      remediation: [
        step(
          `Give ${workload.entity.name} a priority of its own${rank.global ? `, or take globalDefault from PriorityClass ${rank.entity?.name}` : ''}`,
          rank.entity ? `kubectl get priorityclass ${rank.entity.name} -o yaml` : null,
          'medium',
        ),
      ],
    }),
  ];
}

function isOf(workload: Workload, namespace: string, pod: string): boolean {
  if (namespace !== workload.entity.namespace) return false;
  return (
    workload.pods.some((it) => it.name === pod) ||
    workload.replicaSets.some((it) => pod.startsWith(`${it.metadata.name}-`))
  );
}

interface Rank {
  readonly object: KubeObject | null;
  readonly entity: Entity | null;
  readonly global: boolean;
  readonly value: number | null;
}

/** The class of the preemptor: the one it names, else the one that all pods without a class get. */
function priorityClass({ graph }: RuleView, preemptor: KubeObject | null): Rank {
  const classes = graph.all('PriorityClass');
  const named = textAt(preemptor, 'spec', 'priorityClassName');
  const object =
    classes.find((it) => it.metadata.name === named) ??
    (named === '' ? classes.find((it) => dig(it, 'globalDefault') === true) : undefined) ??
    null;
  return {
    object,
    entity: object ? { kind: 'PriorityClass', namespace: null, name: object.metadata.name } : null,
    global: dig(object, 'globalDefault') === true,
    value: numberAt(object, 'value'),
  };
}

function statement(workload: Workload, by: Entity | null, rank: Rank, value: number | null): string {
  const names = by ? entityText(by) : 'other pods';
  const own = numberAt(workload.pods[0]?.object, 'spec', 'priority') ?? 0;
  const why = rank.entity
    ? `PriorityClass ${rank.entity.name}${rank.global ? ' is globalDefault and' : ''} gives the pods of ${names} the priority ${value}`
    : `The pods of ${names} have the priority ${value ?? '?'}`;
  return `${why}, so they push out those of ${entityText(workload.entity)} (priority ${own}).`;
}
