import type { PodsImpact } from '../../domain/verdict/impact.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesLabels } from '../../kube/selectors.ts';
import { entityOf, entityText } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, dig, timeAt } from '../model/fields.ts';
import { readyEndpoints, serviceSelector } from '../model/services.ts';
import { isLeftover, type PodView, type Workload } from '../model/workload.ts';
import { reaches } from '../rank/idle.ts';
import { readyPods } from '../rank/workload-health.ts';
import type { RuleView } from '../rules/rule.ts';
import { readyRevisions } from '../signals/rollout/ready-revisions.ts';
import type { ImpactInput } from './impact-of.ts';

const shownWorkloads = 3;
const shownServices = 5;
const shownCallers = 3;

/** How many pods of workloads are ready, and which Services that lead to them have an endpoint. */
export function podsImpact(
  { view, health, measured, at }: ImpactInput,
  workloads: readonly Workload[],
  asked: readonly KubeObject[],
): PodsImpact {
  const counts = workloads.map(countOf);
  const ready = sum(counts.map((one) => one.ready));
  const pods = sum(counts.map((one) => one.pods));
  const [only, ...others] = workloads;
  const revisions = only !== undefined && others.length === 0 ? readyRevisions(only) : null;
  const crashing = crashingPods(view, workloads);
  const services = endpointsOf(view, workloads, asked);
  const callers = callersOf(view, workloads, services);
  const failing = measured || callers.length > 0 || hasTrouble(view, workloads);
  const isHeld = revisions !== null && revisions.before > 0 && ready >= pods && !failing;
  return {
    of: 'pods',
    at,
    ready,
    pods,
    basis: counts.every((one) => one.basis === 'wanted') ? 'wanted' : 'read',
    workloads: counts
      .map(({ object, ready: some, pods: all }) => ({ object, ready: some, pods: all }))
      .toSorted((a, b) => b.pods - b.ready - (a.pods - a.ready))
      .slice(0, shownWorkloads),
    workload_count: workloads.length,
    revisions,
    crashing,
    since: only !== undefined && others.length === 0 && ready === 0 ? noneSince(only) : null,
    services: services
      .map(({ service, endpoints }) => ({ object: entityText(entityOf(service)), endpoints }))
      .slice(0, shownServices),
    callers: callers.slice(0, shownCallers),
    serves: servesOf(services, isHeld),
    by_design: health.state === 'by_design' && (ready < pods || pods === 0),
  };
}

/** Whether a Service leads to the pods of a workload, or would were there any. */
export function leadsTo(service: KubeObject, workload: Workload): boolean {
  if (reaches(service, workload)) return true;
  const selector = serviceSelector(service);
  return workload.pods.some(
    ({ namespace, object }) =>
      namespace === service.metadata.namespace && matchesLabels(selector, object.metadata.labels ?? {}),
  );
}

/** Of a workload with a status how many of those that it wants are ready, else how many of the pods that were read. */
function countOf(workload: Workload): { object: string; ready: number; pods: number; basis: 'wanted' | 'read' } {
  const { entity, object, pods, desired } = workload;
  const name = entityText(entity);
  if (entity.kind === 'Pod')
    return { object: name, ready: pods.filter((pod) => pod.ready).length, pods: 1, basis: 'wanted' };
  // A rollout can have more ready for a while than are wanted.
  if (object)
    return { object: name, ready: Math.min(readyPods(workload, object), desired), pods: desired, basis: 'wanted' };
  const live = pods.filter(isLive);
  return { object: name, ready: live.filter((pod) => pod.ready).length, pods: live.length, basis: 'read' };
}

const isLive = (pod: PodView): boolean => !pod.deleting && !isLeftover(pod) && pod.phase !== 'Succeeded';

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function crashingPods({ troubles }: RuleView, workloads: readonly Workload[]): number {
  const own = troubles.filter((one) => one.kind === 'crash' && one.pod.ready && workloads.includes(one.workload));
  return new Set(own.map(({ pod }) => pod.name)).size;
}

/**
 * Since when none of the pods is ready, as their conditions say; null where one of them was restarted or is missing, and
 * so may have been ready since.
 */
function noneSince({ pods, desired }: Workload): number | null {
  const live = pods.filter(isLive);
  const since = live.map(({ object }) => timeAt(conditionAt(object, 'Ready', 'False'), 'lastTransitionTime') ?? 0);
  const isKnown = live.length > 0 && live.length >= desired && !since.includes(0);
  const isSteady = live.every(({ containers }) => containers.every(({ restarts }) => restarts === 0));
  return isKnown && isSteady ? Math.max(...since) : null;
}

interface Reached {
  readonly service: KubeObject;
  readonly endpoints: number;
}

/** The Services that lead to workloads, and those that are asked about, as far as their EndpointSlices were read. */
function endpointsOf({ graph }: RuleView, workloads: readonly Workload[], asked: readonly KubeObject[]): Reached[] {
  const namespaces = [...new Set(workloads.map(({ entity }) => entity.namespace))];
  const leading = namespaces
    .flatMap((namespace) => (namespace === null ? [] : graph.all('Service', namespace)))
    .filter((service) => workloads.some((workload) => leadsTo(service, workload)));
  return [...new Set([...asked, ...leading])]
    .flatMap((service) => {
      const endpoints = endpointsTell(graph, service);
      return endpoints === null ? [] : [{ service, endpoints }];
    })
    .toSorted((a, b) => Number(a.endpoints > 0) - Number(b.endpoints > 0));
}

/**
 * How many addresses of a Service are ready; null where its EndpointSlices were not read, and where it has those of pods
 * that are not ready too (`publishNotReadyAddresses`), which count as ready there.
 */
export function endpointsTell(graph: EvidenceGraph, service: KubeObject): number | null {
  const endpoints = readyEndpoints(graph, service);
  const always = dig(service, 'spec', 'publishNotReadyAddresses') === true;
  return always && endpoints !== 0 ? null : endpoints;
}

/** Whose logs say that their calls to Services fail: others than the pods behind them. */
function callersOf(
  { calls }: RuleView,
  workloads: readonly Workload[],
  services: readonly Reached[],
): readonly string[] {
  const failing = calls.filter(
    ({ service, trouble }) =>
      !workloads.includes(trouble.workload) && services.some((reached) => reached.service === service),
  );
  return [...new Set(failing.map(({ trouble }) => entityText(trouble.workload.entity)))];
}

/** Whether a pod that is ready keeps ending, or its log is full of errors. */
function hasTrouble({ troubles }: RuleView, workloads: readonly Workload[]): boolean {
  return troubles.some((trouble) => trouble.pod.ready && workloads.includes(trouble.workload));
}

function servesOf(services: readonly Reached[], isHeld: boolean): boolean | null {
  if (services.length === 0) return null;
  if (services.every(({ endpoints }) => endpoints === 0)) return false;
  return isHeld && services.every(({ endpoints }) => endpoints > 0) ? true : null;
}
