import type { KubeObject } from '../../kube/cluster-reader.ts';
import { type EndpointSlice, type NodeObject, type Pod, type Workload, items } from '../../kube/objects.ts';

/** The object without what no detector looks at: a sweep holds the lists of a whole cluster for a moment. */
export function slimObject(object: KubeObject): KubeObject {
  const {
    name,
    namespace,
    uid,
    creationTimestamp,
    deletionTimestamp,
    generation,
    labels,
    ownerReferences,
    finalizers,
  } = object.metadata;
  const metadata = {
    name,
    namespace,
    uid,
    creationTimestamp,
    deletionTimestamp,
    generation,
    labels,
    ownerReferences,
    finalizers,
  } as KubeObject['metadata'];
  return { ...object, metadata, ...parts[object.kind]?.(object) };
}

const parts: Record<string, (object: KubeObject) => Record<string, unknown>> = {
  Pod: (object: Pod) => ({
    spec: {
      nodeName: object.spec?.nodeName,
      schedulerName: object.spec?.schedulerName,
      schedulingGates: object.spec?.schedulingGates,
      volumes: items(object.spec?.volumes)
        .filter((volume) => volume.persistentVolumeClaim)
        .map(({ persistentVolumeClaim }) => ({ persistentVolumeClaim })),
    },
  }),
  Node: (object: NodeObject) => ({ spec: {}, status: { conditions: object.status?.conditions } }),
  Deployment: slimWorkload,
  StatefulSet: slimWorkload,
  DaemonSet: slimWorkload,
  EndpointSlice: (object: EndpointSlice) => ({ endpoints: items(object.endpoints).slice(0, 1) }),
};

function slimWorkload(object: Workload): Record<string, unknown> {
  const { replicas, paused, template } = object.spec ?? {};
  return { spec: { replicas, paused, template: { metadata: { labels: template?.metadata?.labels } } } };
}
