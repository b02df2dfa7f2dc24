import type { PodsImpact } from '../../domain/verdict/impact.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesLabels } from '../../kube/selectors.ts';
import { entityOf, entityText } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, dig, listAt, numberAt, timeAt } from '../model/fields.ts';
import { readyEndpoints, serviceSelector } from '../model/services.ts';
import { isLeftover, type PodView, type Workload } from '../model/workload.ts';
import { byTwin, reaches } from '../rank/idle.ts';
import { readyPods } from '../rank/workload-health.ts';
import type { RuleView } from '../rules/rule.ts';
import { readyRevisions } from '../signals/rollout/ready-revisions.ts';
import type { ImpactInput } from './impact-of.ts';

const shownWorkloads = 3;
const shownServices = 5;
const shownCallers = 3;

/** The Services that an incident is about. */
export interface AskedServices {
  readonly services: readonly KubeObject[];
  /** Whether it is about another one too that was not read. */
  readonly lacksSome: boolean;
}

/** How many pods of workloads are ready, and which Services that lead to them have an endpoint. */
export function podsImpact(
  { view, isCut, health, measured, at }: ImpactInput,
  workloads: readonly Workload[],
  asked: AskedServices,
): PodsImpact {
  const counts = workloads.map(countOf);
  const ready = sum(counts.map((one) => one.ready));
  const pods = sum(counts.map((one) => one.pods));
  const [first, ...others] = workloads;
  const only = first !== undefined && others.length === 0 ? first : null;
  const revisions = only && readyRevisions(only);
  const crashing = crashingPods(view, workloads);
  const leading = endpointsOf(view, workloads, asked.services);
  const services = leading.filter(isTold);
  const callers = callersOf(view, workloads, services);
  const failing = measured || callers.length > 0 || hasTrouble(view, workloads);
  const isHeld = revisions !== null && revisions.before > 0 && ready >= pods && !failing;
  const byDesign = health.state === 'by_design' && (ready < pods || pods === 0);
  const isWhole = !asked.lacksSome && !isCut;
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
    at_least: isCut,
    revisions,
    crashing,
    since: ready === 0 ? only && noneSince(only) : null,
    services: services
      .map(({ service, endpoints }) => ({ object: entityText(entityOf(service)), endpoints }))
      .slice(0, shownServices),
    callers: callers.slice(0, shownCallers),
    serves: isWhole ? servesOf(view, workloads, leading, { canFail: pods > 0 && !byDesign, canHold: isHeld }) : null,
    by_design: byDesign,
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
 * Since when none of the pods is ready, as the conditions of those say that had been; null where they are fewer than are
 * wanted, as after a pod was deleted, and where one was restarted and so may have been ready since.
 */
function noneSince({ pods, desired }: Workload): number | null {
  const live = pods.filter(isLive);
  const lost = live.flatMap((pod) => lostAt(pod) ?? []);
  const isKnown = lost.length > 0 && lost.length >= desired;
  const isSteady = live.every(({ containers }) => containers.every(({ restarts }) => restarts === 0));
  return isKnown && isSteady ? Math.max(...lost) : null;
}

/** The kubelet gives a pod that never was ready the condition when it takes the pod up, in its clock. */
const takenUpMs = 30_000;

/** When a pod lost its readiness; null where it is ready, and where it never was or may never have been. */
function lostAt({ object }: PodView): number | null {
  const lost = timeAt(conditionAt(object, 'Ready', 'False'), 'lastTransitionTime');
  const began = timeAt(object, 'status', 'startTime') ?? timeAt(object, 'metadata', 'creationTimestamp');
  return lost !== null && began !== null && lost - began > takenUpMs ? lost : null;
}

interface Leading {
  readonly service: KubeObject;
  /** Null where `endpointsTell` does not say. */
  readonly endpoints: number | null;
}

interface Reached extends Leading {
  readonly endpoints: number;
}

const isTold = (one: Leading): one is Reached => one.endpoints !== null;

/** The Services that lead to workloads, and those that are asked about, those without an endpoint first. */
function endpointsOf(
  { graph }: RuleView,
  workloads: readonly Workload[],
  asked: readonly KubeObject[],
): readonly Leading[] {
  const namespaces = [...new Set(workloads.map(({ entity }) => entity.namespace))];
  const leading = namespaces
    .flatMap((namespace) => (namespace === null ? [] : graph.all('Service', namespace)))
    .filter((service) => workloads.some((workload) => leadsTo(service, workload)));
  return [...new Set([...asked, ...leading])]
    .map((service) => ({ service, endpoints: endpointsTell(graph, service) }))
    .toSorted((a, b) => Number(a.endpoints !== 0) - Number(b.endpoints !== 0));
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

/** What a Service that was not read serves is not known, and so neither that nothing nor that all of it serves. */
function servesOf(
  view: RuleView,
  workloads: readonly Workload[],
  leading: readonly Leading[],
  { canFail, canHold }: { readonly canFail: boolean; readonly canHold: boolean },
): boolean | null {
  const services = leading.filter(isTold);
  if (services.length === 0 || services.length < leading.length) return null;
  const areEmpty = services.every(({ endpoints }) => endpoints === 0);
  if (areEmpty) return canFail && workloads.every((one) => isOnlyBehind(view, one, services)) ? false : null;
  return canHold && services.every(({ endpoints }) => endpoints > 0) ? true : null;
}

/**
 * Whether a workload is reached through these Services and in no other way that is known: not past them by a port of its
 * node, and no twin serves in its place.
 */
function isOnlyBehind({ graph, workloads }: RuleView, workload: Workload, services: readonly Reached[]): boolean {
  const { template } = workload;
  const ports = listAt(template, 'containers').flatMap((container) => listAt(container, 'ports'));
  const isOnNode = dig(template, 'hostNetwork') === true || ports.some((port) => (numberAt(port, 'hostPort') ?? 0) > 0);
  return (
    !isOnNode &&
    services.some(({ service }) => leadsTo(service, workload)) &&
    byTwin(graph, workloads, workload) === null
  );
}
