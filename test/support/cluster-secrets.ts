/** Secrets as the tools write them that describe clusters in one. */

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The kubeconfig Secret of a Cluster API cluster (cluster-api: util/secret, `<cluster>-kubeconfig`). */
export function clusterApiSecret(
  cluster: string,
  kubeconfig: string,
  more: { namespace?: string; labels?: object } = {},
) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'cluster.x-k8s.io/secret',
    metadata: {
      name: `${cluster}-kubeconfig`,
      namespace: more.namespace ?? 'default',
      labels: { 'cluster.x-k8s.io/cluster-name': cluster, ...more.labels },
    },
    data: { value: base64(kubeconfig) },
  };
}

/** A cluster Secret of Argo CD (argo-cd docs: operator-manual/declarative-setup, Clusters). */
export function argoSecret(
  secret: string,
  { name, server, config }: { name: string; server: string; config: object },
  more: { namespace?: string; labels?: object } = {},
) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: secret,
      namespace: more.namespace ?? 'argocd',
      labels: { 'argocd.argoproj.io/secret-type': 'cluster', ...more.labels },
    },
    data: { name: base64(name), server: base64(server), config: base64(JSON.stringify(config)) },
  };
}
