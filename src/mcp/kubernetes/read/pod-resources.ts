import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { parseQuantity } from '../../../kube/quantity.ts';
import { items, type Pod } from '../../../kube/objects.ts';
import { isSidecar } from './pod-status.ts';
import { textsOf } from './results.ts';

/** Resources by name, in their base unit: cores, bytes. */
export type Amounts = Readonly<Record<string, number>>;

/** What a pod asks for and may use. */
export interface PodResources {
  readonly requests: Amounts;
  readonly limits: Amounts;
  /** Containers without a limit of memory or of CPU. */
  readonly unlimited: number;
}

/**
 * What the scheduler counts for a pod: the containers and sidecars together, or the largest moment of its start, with what
 * its runtime takes. What the pod bounds as a whole goes before the sum of its containers (`kubectl describe node` of 1.34
 * and before does not count that).
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function podResources(pod: Pod): PodResources {
  const spec = pod.spec as { resources?: Resources | null } | null | undefined;
  const overhead = amounts(pod.spec?.overhead);
  const own = spec?.resources;
  const requests = { ...total(pod, 'requests'), ...supported(own?.requests) };
  const limits = { ...total(pod, 'limits'), ...supported(own?.limits) };
  const withOverhead = (sum: Amounts): Amounts =>
    // Where nothing is bounded, the overhead alone is no bound.
    Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value + (overhead[name] ?? 0)]));
  return {
    requests: added(requests, overhead),
    limits: withOverhead(limits),
    unlimited: containersOf(pod).filter((container) => !isBounded(container, own?.limits)).length,
  };
}

/** A pod with what counts for its resources and nothing else: of a large cluster all are held at once. */
export function resourcesOnly(pod: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = pod;
  const { name, namespace } = metadata;
  const { nodeName, overhead, resources, containers, initContainers } = (pod.spec ?? {}) as PodSpec;
  const slim = (all: unknown) =>
    items(all as readonly Container[] | null | undefined).map((one) => ({
      resources: one.resources,
      restartPolicy: one.restartPolicy,
    }));
  const spec = { nodeName, overhead, resources, containers: slim(containers), initContainers: slim(initContainers) };
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec };
}

type PodSpec = Readonly<Record<'nodeName' | 'overhead' | 'resources' | 'containers' | 'initContainers', unknown>>;

interface Resources {
  readonly requests?: unknown;
  readonly limits?: unknown;
}

interface Container {
  readonly resources?: Resources | null;
  readonly restartPolicy?: string | null;
}

function containersOf({ spec }: Pod): readonly Container[] {
  return [...items(spec?.containers), ...items(spec?.initContainers).filter(isSidecar)];
}

function isBounded({ resources }: Container, ofPod: unknown): boolean {
  const limits = { ...amounts(ofPod), ...amounts(resources?.limits) };
  return limits['cpu'] !== undefined && limits['memory'] !== undefined;
}

/** The most that stands at one moment: init containers start one after the other, beside the sidecars before them. */
function total({ spec }: Pod, which: 'requests' | 'limits'): Amounts {
  const of = (container: Container): Amounts => amounts(container.resources?.[which]);
  let sidecars: Amounts = {};
  let atStart: Amounts = {};
  for (const container of items(spec?.initContainers)) {
    const running = added(sidecars, of(container));
    if (isSidecar(container)) sidecars = running;
    atStart = larger(atStart, running);
  }
  const running = items(spec?.containers).reduce((sum, container) => added(sum, of(container)), sidecars);
  return larger(running, atStart);
}

/** A pod as a whole can bound these and huge pages. */
function supported(value: unknown): Amounts {
  const entries = Object.entries(amounts(value));
  return Object.fromEntries(entries.filter(([name]) => /^(?:cpu|memory|hugepages-.+)$/.test(name)));
}

/** A map of quantities in numbers. */
export function amounts(value: unknown): Amounts {
  return Object.fromEntries(
    Object.entries(textsOf(value)).flatMap(([name, text]) => {
      const amount = parseQuantity(text);
      return amount === null ? [] : [[name, amount] as const];
    }),
  );
}

/** Both together. */
export function added(a: Amounts, b: Amounts): Amounts {
  return merged(a, b, (one, other) => one + other);
}

function larger(a: Amounts, b: Amounts): Amounts {
  return merged(a, b, Math.max);
}

function merged(a: Amounts, b: Amounts, join: (one: number, other: number) => number): Amounts {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, join(a[name] ?? 0, b[name] ?? 0)]));
}
