import pLimit from 'p-limit';
import type { CompactRecording } from '../../eval/recorded-state.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import type { ControlPlane } from './control-plane.ts';
import { base64, etcd, etcdKey } from './etcd.ts';
import type { KubeletLogs } from './kubelet-logs.ts';

/** A recording that stands in a control plane. */
export interface LoadedRecording {
  readonly objects: number;
  /** Takes its objects away again; logs stay, their pods are gone. */
  remove(): Promise<void>;
}

/**
 * Puts a recorded cluster into a control plane without controllers, exactly as it was: straight into etcd, so that uids,
 * times and status stay. The nodes say that their kubelet is `logs`, which gets the recorded logs.
 */
export async function loadRecording(
  plane: ControlPlane,
  logs: KubeletLogs,
  recording: CompactRecording,
): Promise<LoadedRecording> {
  const definitions = new Set(
    Object.entries(recording.cluster).flatMap(([path, { items }]) =>
      path.endsWith('/customresourcedefinitions') ? items.map(({ metadata }) => metadata.name) : [],
    ),
  );
  const entries = Object.entries(recording.cluster).flatMap(([path, list]) => {
    const [, group = ''] = path.split('/');
    const plural = path.split('/').at(-1) ?? '';
    // Custom resources are kept by their group.
    const resource = definitions.has(`${plural}.${group}`) ? `${group}/${plural}` : plural;
    const [apiVersion, kind] = [list.apiVersion, list.kind.replace(/List$/, '')];
    return list.items.map((item) => {
      const object = { ...item, apiVersion, kind };
      return { key: etcdKey(resource, object), value: JSON.stringify(stored(object, logs.port)) };
    });
  });
  const slots = pLimit(16);
  const put = ({ key, value }: (typeof entries)[number]) =>
    slots(() => etcd(plane, 'put', { key: base64(key), value: base64(value) }));
  const known = await Promise.all(entries.map(({ key }) => slots(() => exists(plane, key))));
  const before = new Set(entries.filter((_, at) => known[at]).map(({ key }) => key));
  await Promise.all(entries.filter(({ key }) => !before.has(key)).map(put));
  for (const [place, text] of Object.entries(recording.logs)) {
    const [namespace = '', pod = '', file = ''] = place.split('/');
    logs.set(namespace, pod, file.replace(/\.previous$/, ''), text, file.endsWith('.previous'));
  }
  return {
    objects: entries.length,
    remove: async () => {
      const ours = entries.filter(({ key }) => !before.has(key));
      await Promise.all(ours.map(({ key }) => slots(() => etcd(plane, 'deleterange', { key: base64(key) }))));
    },
  };
}

/** The object as etcd keeps it: without its version; a node with the address of our kubelet. */
function stored(object: KubeObject, kubeletPort: number): object {
  const metadata = { ...object.metadata, resourceVersion: undefined };
  if (object.kind !== 'Node') return { ...object, metadata };
  const addresses = [
    { type: 'InternalIP', address: '127.0.0.1' },
    { type: 'Hostname', address: metadata.name },
  ];
  const daemonEndpoints = { kubeletEndpoint: { Port: kubeletPort } };
  return { ...object, metadata, status: { ...(object['status'] as object), addresses, daemonEndpoints } };
}

/** What a control plane has of its own (its namespaces, its default roles) stays as it is. */
async function exists(plane: ControlPlane, key: string): Promise<boolean> {
  const answer = await etcd(plane, 'range', { key: base64(key), count_only: true });
  return Number((answer as { count?: string }).count ?? 0) > 0;
}
