import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import { entityKey, entityOf, entityText } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { missingDriver } from '../../signals/mount-events.ts';
import { daemonPod, driverDaemon } from '../../signals/node-parts.ts';
import { mountEvents } from '../../signals/mount-events.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const csiDriverRules: readonly Rule[] = [
  {
    id: 'csi-driver-missing',
    catalogue: [95],
    needs: 'a mount or attach event that says a volume driver is not on the node; its CSINode and DaemonSet',
    unless: 'the CSINode of the node lists the driver',
    conclude: drivers,
  },
];

interface Lack {
  readonly workload: Workload;
  readonly pod: PodView;
  readonly event: ClusterEvent;
  readonly driver: string;
}

function drivers({ graph, workloads }: RuleView): Conclusion[] {
  const lacks = mountEvents(graph, workloads).flatMap(({ workload, pod, events }): Lack[] => {
    for (const event of events) {
      const driver = missingDriver(event.message);
      if (driver !== null) return [{ workload, pod, event, driver }];
    }
    return [];
  });
  const byDriver = Map.groupBy(lacks, ({ driver, pod }) => `${driver} ${pod.node}`);
  return [...byDriver.values()].map((group) => lacking(graph, workloads, group as [Lack, ...Lack[]]));
}

function lacking(
  graph: EvidenceGraph,
  workloads: readonly Workload[],
  [first, ...more]: readonly [Lack, ...Lack[]],
): Conclusion {
  const { driver, pod, event } = first;
  const place = placeOf(graph, workloads, driver, pod.node);
  const owners = [...new Map([first, ...more].map(({ workload: { entity } }) => [entityKey(entity), entity])).values()];
  const csiNode = graph.get('CSINode', null, pod.node);
  const registered = listAt(csiNode, 'spec', 'drivers').map((it) => textAt(it, 'name'));
  const onNode =
    csiNode === null ? '' : ` Registered there: ${registered.length === 0 ? 'none' : registered.join(', ')}.`;
  return conclusion('csi-driver-missing', {
    entity: place.entity,
    mechanism: 'csi_driver_missing',
    wrongValue: driver,
    statement: `The volume driver ${driver} does not run on node ${pod.node}, so the volumes of ${owners.map(entityText).join(', ')} cannot be ${event.reason === 'FailedAttachVolume' ? 'attached' : 'mounted'}.${onNode} ${place.text}`,
    weight: 95,
    confidence: place.confidence,
    evidence: [
      graph.eventRef(event),
      csiNode ? (graph.refIn(entityOf(csiNode), '"drivers"') ?? graph.fieldRef(csiNode, 'name', pod.node)) : null,
      ...place.refs,
    ],
    affects: owners,
    ruledOut: 'image, settings and code: no container of the pod has started',
    remediation: step(place.todo, `kubectl get csinode ${pod.node} -o yaml`, 'none'),
  });
}

interface Place {
  readonly entity: Entity;
  readonly text: string;
  readonly todo: string;
  readonly refs: readonly (EvidenceRef | null)[];
  readonly confidence: 'high' | 'medium';
}

/** What is to be changed: the DaemonSet that should bring the driver, else the driver that is not installed, else the node. */
function placeOf(graph: EvidenceGraph, workloads: readonly Workload[], driver: string, node: string): Place {
  const daemon = driverDaemon(graph, driver);
  if (daemon) {
    const entity = entityOf(daemon);
    const name = entityText(entity);
    const pod = daemonPod(graph, daemon, node);
    const state =
      pod === null
        ? `has no pod on ${node}`
        : pod.ready
          ? 'is ready there but has not registered'
          : `is not ready there (pod ${pod.name})`;
    const trouble = workloads.find((it) => entityKey(it.entity) === entityKey(entity));
    return {
      entity,
      text: `${name}, which brings it to the nodes, ${state}.`,
      todo:
        pod === null
          ? `Let ${name} run on ${node}: look at its nodeSelector and tolerations against the node's labels and taints`
          : `Look at pod ${pod.name} of ${name}: its log and that of its registrar`,
      refs: [
        graph.refIn(entity, driver),
        pod
          ? graph.fieldRef(pod.object, 'name', pod.name)
          : graph.fieldRef(daemon, 'desiredNumberScheduled', trouble?.desired ?? null),
      ],
      confidence: 'high',
    };
  }
  const absent = graph.absent('CSIDriver', null, driver);
  if (absent) {
    return {
      entity: { kind: 'CSIDriver', namespace: null, name: driver },
      text: 'The cluster has no such CSIDriver: the driver is not installed.',
      todo: `Install the volume driver ${driver}, or move the data to a class whose driver is installed`,
      refs: [absent],
      confidence: 'high',
    };
  }
  return {
    entity: { kind: 'Node', namespace: null, name: node },
    text: 'No DaemonSet that speaks of it was seen.',
    todo: `Look for the node pod of ${driver} on ${node}, and at /var/lib/kubelet/plugins_registry there`,
    refs: [],
    confidence: 'medium',
  };
}
