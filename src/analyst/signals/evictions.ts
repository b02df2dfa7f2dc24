import { parseQuantity } from '../../kube/quantity.ts';
import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import { entityKey } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { textAt } from '../model/fields.ts';
import type { PodView, Workload } from '../model/workload.ts';

/** A pod that the kubelet threw out, as its status or an event tells. */
export interface Eviction {
  readonly workload: Workload;
  readonly pod: PodView;
  readonly message: string;
  readonly lastAt: number | null;
  readonly evidence: readonly (EvidenceRef | null)[];
}

/** What a container held when its pod was evicted, in the base unit of the resource. */
interface Usage {
  readonly container: string;
  readonly used: number;
  readonly request: number;
  /** `900Mi, request is 100Mi`, as the message has it. */
  readonly text: string;
}

/** What a node ran out of. */
export type Resource = 'memory' | 'storage' | 'other';

/** Longer ago than this an eviction says nothing of now. */
const maxAgeMs = 60 * 60_000;
const maxPods = 30;

/** The newest evictions of each workload, newest last. */
export function findEvictions(graph: EvidenceGraph, workloads: readonly Workload[]): readonly Eviction[] {
  const told = new Map(
    graph.events
      .filter((it) => it.reason === 'Evicted')
      .map((event) => [`${event.objectNamespace}/${event.name}`, event] as const),
  );
  return workloads.flatMap((workload) =>
    workload.pods
      .flatMap((pod): Eviction[] => {
        const event = told.get(`${pod.namespace}/${pod.name}`);
        const isMarked = textAt(pod.object, 'status', 'reason') === 'Evicted';
        const message = event?.message ?? (isMarked ? textAt(pod.object, 'status', 'message') : '');
        const isOld = event?.lastAt != null && graph.now - event.lastAt > maxAgeMs;
        if (message === '' || isOld) return [];
        const evidence = [
          graph.eventRef(event),
          graph.fieldRef(pod.object, 'reason', 'Evicted'),
          graph.fieldRef(pod.object, 'message', message),
        ];
        return [{ workload, pod, message, lastAt: event?.lastAt ?? null, evidence }];
      })
      .slice(0, maxPods),
  );
}

/** `Container app was using 900Mi, request is 100Mi`, in the words of older and newer kubelets. */
const usageForm =
  /Container (\S+) was using (([\w.]+), (?:which exceeds its request of|request is) ([\w.]+?))(?=\.?\s|\.?$|,)/g;

function usagesIn(message: string): readonly Usage[] {
  return [...message.matchAll(usageForm)].map(([, container = '', text = '', used, request]) => ({
    container,
    text,
    used: parseQuantity(used) ?? 0,
    request: parseQuantity(request) ?? 0,
  }));
}

/** What the node was low on; null for an eviction by a limit of the pod itself. */
export function lackIn(message: string): { readonly word: string; readonly resource: Resource } | null {
  const word = /low on resource: ([\w-]+)/.exec(message)?.[1] ?? /had condition: \[(\w+)/.exec(message)?.[1];
  if (word === undefined) return null;
  if (/memory/i.test(word)) return { word, resource: 'memory' };
  return { word, resource: /ephemeral|nodefs|imagefs|disk/i.test(word) ? 'storage' : 'other' };
}

/** What the pods of one workload held over what they asked for, when a node evicted them. */
export interface Consumer {
  readonly workload: Workload;
  readonly evictions: readonly Eviction[];
  /** Over the request, in the base unit of the resource. */
  readonly excess: number;
  /** The container that held most over its request. */
  readonly largest: Usage | null;
}

/** Who was evicted from one node for want of one resource, the one that held most over its requests first. */
export function consumers(evictions: readonly Eviction[]): readonly Consumer[] {
  const groups = new Map<string, Eviction[]>();
  for (const eviction of evictions) {
    const key = entityKey(eviction.workload.entity);
    groups.set(key, [...(groups.get(key) ?? []), eviction]);
  }
  const found = [...groups.values()].flatMap((own): Consumer[] => {
    const [first] = own;
    if (!first) return [];
    const usages = own.flatMap((it) => usagesIn(it.message)).toSorted((a, b) => over(b) - over(a));
    const excess = usages.reduce((sum, it) => sum + Math.max(0, over(it)), 0);
    return [{ workload: first.workload, evictions: own, excess, largest: usages[0] ?? null }];
  });
  return found.toSorted((a, b) => b.excess - a.excess);
}

const over = ({ used, request }: Usage): number => used - request;

/** So many evictions within the hour are no single one that is over. */
const manyEvictions = 3;

/** Whether a workload has all the pods that it wants again, and was not thrown out again and again. */
export function isReplaced({ object, pods, desired }: Workload, evictions: readonly Eviction[]): boolean {
  if (!object || desired === 0 || pods.filter((pod) => pod.ready).length < desired) return false;
  return evictions.filter((it) => it.lastAt !== null).length < manyEvictions;
}
