import type { KubeObject } from '../../kube/cluster-reader.ts';
import { makeNode } from './nodes.ts';
import { makeHealthyDeployment, makeService } from './workloads.ts';
import type { World } from './world.ts';

const day = 24 * 3_600_000;

export interface Background {
  readonly nodes: readonly string[];
  /** `namespace/name:version`, with the number of replicas. */
  readonly workloads: readonly (readonly [image: string, replicas: number])[];
}

/** Fills a cluster with what is well: namespaces, nodes, services and their pods with logs. */
export function addBackground(world: World, { nodes, workloads }: Background): void {
  for (const node of nodes) makeNode(world, node);
  const namespaces = new Set(['default', 'kube-system', ...workloads.map(([image]) => image.split('/')[0] ?? '')]);
  for (const namespace of namespaces) addNamespace(world, namespace);
  addHealthy(world, 'kube-system/coredns:v1.12.1', 2, nodes);
  for (const [image, replicas] of workloads) addHealthy(world, image, replicas, nodes);
}

/** A namespace with what every namespace has. */
export function addNamespace(world: World, name: string): void {
  const labels = { 'kubernetes.io/metadata.name': name };
  world.put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: world.meta(null, name, 60 * day, { labels }),
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
  world.put({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: world.meta(name, 'default', 60 * day) });
  const data = { 'ca.crt': '(certificate of the simulated cluster)' };
  world.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: world.meta(name, 'kube-root-ca.crt', 60 * day), data });
}

/** A running Deployment with Service, endpoints and logs. */
export function addHealthy(
  world: World,
  image: string,
  replicas: number,
  nodes: readonly string[],
  port = 8080,
): KubeObject[] {
  const [, namespace = '', name = '', version = ''] = /^([^/]+)\/([^:]+):(.+)$/.exec(image) ?? [];
  const template = { containers: [{ name, image: `registry.example/${namespace}/${name}:${version}`, port }] };
  const facts = { namespace, name, replicas, age: 3 * day, hash: world.suffix(10), template };
  const pods = makeHealthyDeployment(world, facts, nodes);
  makeService(world, name, port, pods);
  for (const pod of pods)
    world.state.setLog(namespace, pod.metadata.name, name, quietLog(world, `${name} ${version}`, port));
  return pods;
}

function quietLog(world: World, app: string, port: number): string {
  const beat = (i: number): string =>
    `${world.ago((10 - i) * 12_000)} INFO heartbeat: ${90 + ((i * 37) % 60)} requests, 0 errors in the last interval`;
  const started = `${world.ago(3 * day)} INFO ${app} listening on 0.0.0.0:${port}`;
  return `${[started, ...Array.from({ length: 10 }, (_, i) => beat(i))].join('\n')}\n`;
}
