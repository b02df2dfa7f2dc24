import { entityOf, rootOwner, sameEntity } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { selectedPods } from '../../model/services.ts';
import type { Workload } from '../../model/workload.ts';
import { type CallEdge, workloadsBehind } from '../calls.ts';

const maxEvents = 50;

/**
 * From workloads whose pods a failing webhook keeps out to what stands behind the webhook, where that is not ready: what is
 * wrong with it is then the cause of both.
 */
export function webhookEdges(graph: EvidenceGraph, workloads: readonly Workload[]): readonly CallEdge[] {
  const failed = graph.events.filter(
    (event) => event.reason === 'FailedCreate' && event.message.includes('failed calling webhook'),
  );
  return failed.slice(-maxEvents).flatMap((event): CallEdge[] => {
    const url = /https?:\/\/([\w-]+)\.([\w-]+)\.svc\b/.exec(event.message);
    const service = url ? graph.get('Service', url[2] ?? '', url[1] ?? '') : null;
    const object = graph.get(event.kind, event.objectNamespace, event.name);
    const owner = object ? rootOwner(graph, object) : null;
    const from = workloads.find(({ entity }) => owner !== null && sameEntity(entity, owner))?.entity;
    if (!service || !from || selectedPods(graph, service).every((pod) => pod.ready)) return [];
    const via = entityOf(service);
    return workloadsBehind(graph, service).map((to) => ({ from, to, via, ref: graph.eventRef(event) }));
  });
}
