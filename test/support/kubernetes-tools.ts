import type { ClusterReader } from '../../src/kube/cluster-reader.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';
import type { ToolCluster, ToolClusters } from '../../src/mcp/clusters.ts';
import type { KubernetesDeps } from '../../src/mcp/kubernetes/deps.ts';
import { kubernetesToolset } from '../../src/mcp/kubernetes/kubernetes-toolset.ts';
import type { ToolCall } from '../../src/mcp/tool.ts';
import { callTool } from './call-tool.ts';

/** Calls a Kubernetes tool; gives what it gives. */
export type CallKubernetesTool = <T = Record<string, unknown>>(
  name: string,
  args?: Record<string, unknown>,
  call?: Partial<ToolCall>,
) => Promise<T>;

/** The Kubernetes tools over one cluster `c1`, without an analyst, incidents or the right to read releases. */
export function kubernetesTools(
  reader: ClusterReader,
  deps: Partial<KubernetesDeps> & { readonly now?: () => number } = {},
  cluster: Partial<ToolCluster> = {},
): CallKubernetesTool {
  const { now, ...rest } = deps;
  const { tools } = kubernetesToolset({
    clusters: oneCluster(reader, cluster),
    clock: now === undefined ? systemClock : { ...systemClock, now },
    redact: createRedactor,
    analyst: null,
    openIncidents: () => Promise.resolve([]),
    secretsAllowed: () => false,
    agentsSeeSecrets: () => true,
    ...rest,
  });
  return async <T>(name: string, args?: Record<string, unknown>, call?: Partial<ToolCall>) =>
    (await callTool(tools, name, args, call)) as T;
}

function oneCluster(reader: ClusterReader, overrides: Partial<ToolCluster>): ToolClusters {
  const cluster: ToolCluster = {
    name: 'c1',
    environment: 'test',
    reader,
    source: 'kubeconfig',
    kubectl: ['--context', 'c1'],
    teleport: null,
    status: () => null,
    ...overrides,
  };
  return { names: () => ['c1'], get: (name) => (name === 'c1' ? cluster : null) };
}

/** A list of a tool through all its pages. */
export async function allPages<T>(
  call: CallKubernetesTool,
  name: string,
  args: Record<string, unknown>,
  between: (page: number) => Promise<void> = () => Promise.resolve(),
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 1; page === 1 || cursor !== undefined; page += 1) {
    const given = await call<{ items: T[]; next_cursor?: string }>(name, { ...args, ...(cursor ? { cursor } : {}) });
    items.push(...given.items);
    cursor = given.next_cursor;
    await between(page);
  }
  return items;
}
