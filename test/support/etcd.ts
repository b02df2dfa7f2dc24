import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { kindFacts } from '../../src/kube/kinds.ts';
import type { ControlPlane } from './control-plane.ts';

/** Resources that the API server keeps under another name than the plural. */
const storedAs: Readonly<Record<string, string>> = {
  services: 'services/specs',
  nodes: 'minions',
  ingresses: 'ingress',
  apiservices: 'apiregistration.k8s.io/apiservices',
  customresourcedefinitions: 'apiextensions.k8s.io/customresourcedefinitions',
};

/** Where the API server keeps an object. */
export function etcdKey(resource: string, { metadata }: KubeObject): string {
  const namespace = metadata.namespace === undefined ? '' : `/${metadata.namespace}`;
  return `/registry/${storedAs[resource] ?? resource}${namespace}/${metadata.name}`;
}

/** A call of etcd's JSON gateway. @throws Error with its answer */
export async function etcd(plane: Pick<ControlPlane, 'etcd'>, call: string, body: object): Promise<unknown> {
  const response = await fetch(`${plane.etcd}/v3/kv/${call}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd ${call}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** As etcd's gateway takes keys and values. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Writes an object as it is, its uid, times and status too, past the API server, which notices it at once. */
export async function putInEtcd(plane: Pick<ControlPlane, 'etcd'>, object: KubeObject): Promise<void> {
  const key = etcdKey(kindFacts(object.kind)?.plural ?? '', object);
  await etcd(plane, 'put', { key: base64(key), value: base64(JSON.stringify(object)) });
}

/** Takes an object away in the same way. */
export async function deleteFromEtcd(plane: Pick<ControlPlane, 'etcd'>, object: KubeObject): Promise<void> {
  const key = etcdKey(kindFacts(object.kind)?.plural ?? '', object);
  await etcd(plane, 'deleterange', { key: base64(key) });
}

/** Forgets the history of etcd: what happened before now cannot be watched any more. */
export async function compactEtcd(plane: Pick<ControlPlane, 'etcd'>): Promise<void> {
  const { header } = (await etcd(plane, 'range', { key: base64('/'), count_only: true })) as {
    header: { revision: string };
  };
  await etcd(plane, 'compaction', { revision: header.revision, physical: true });
}
