import type { Cause } from '../../domain/verdict.ts';
import { containersOf } from '../graph/container-view.ts';
import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { listAt, textAt } from '../graph/fields.ts';
import { entityKey, rootOwner } from '../graph/owner.ts';

/** Why the evidence rules a cause out; null when it does not. Only what the cluster itself states counts. */
export function clearedBy(graph: EvidenceGraph, cause: Cause): string | null {
  const { entity, mechanism } = cause;
  const object = graph.get(entity.kind, entity.namespace, entity.name);
  if (
    /^missing_(?:configmap|secret|serviceaccount)$|^pvc_missing$|^service_missing$|^storageclass_missing$/.test(
      mechanism,
    )
  ) {
    const missing = {
      missing_configmap: 'ConfigMap',
      missing_secret: 'Secret',
      missing_serviceaccount: 'ServiceAccount',
      pvc_missing: 'PersistentVolumeClaim',
      service_missing: 'Service',
      storageclass_missing: 'StorageClass',
    }[mechanism];
    return object && entity.kind === missing ? `${entity.kind} ${entity.name} exists` : null;
  }
  if (mechanism === 'oom_limit' && !anyOomKilled(graph, cause)) return 'no container of it was OOMKilled';
  if (entity.kind === 'Node' && object) return nodeCleared(mechanism, object);
  if (mechanism === 'scaled_to_zero' && object && textAt(object, 'spec', 'replicas') !== '0') {
    return `its replicas are ${textAt(object, 'spec', 'replicas') || '1'}`;
  }
  return null;
}

function anyOomKilled(graph: EvidenceGraph, cause: Cause): boolean {
  return graph
    .all('Pod', cause.entity.namespace)
    .filter(
      (pod) =>
        entityKey(rootOwner(graph, pod)) === entityKey(cause.entity) ||
        pod.metadata.name === cause.entity.name ||
        cause.entity.kind === 'Job',
    )
    .some((pod) =>
      containersOf(pod).some(
        (it) => it.terminated?.reason === 'OOMKilled' || it.lastTerminated?.reason === 'OOMKilled',
      ),
    );
}

function nodeCleared(mechanism: string, node: unknown): string | null {
  const condition = (type: string): string =>
    textAt(
      listAt(node, 'status', 'conditions').find((it) => textAt(it, 'type') === type),
      'status',
    );
  if (['node_down', 'cni_not_ready'].includes(mechanism) && condition('Ready') === 'True') return 'the node is Ready';
  if (mechanism === 'memory_pressure' && condition('MemoryPressure') === 'False')
    return 'MemoryPressure of the node is False';
  if (mechanism === 'disk_full' && condition('DiskPressure') === 'False') return 'DiskPressure of the node is False';
  if (mechanism === 'cordoned' && textAt(node, 'spec', 'unschedulable') !== 'true') return 'the node is schedulable';
  return null;
}
