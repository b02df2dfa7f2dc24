import type { Impact } from '../../domain/verdict/impact.ts';
import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { workloadKinds } from '../../kube/kinds.ts';
import { entityText, sameEntity } from '../model/entities.ts';
import { textAt } from '../model/fields.ts';
import type { Focus } from '../model/focus.ts';
import { podReferences } from '../model/pod-references.ts';
import { backendNames, hasOtherBackend } from '../model/services.ts';
import type { Workload } from '../model/workload.ts';
import type { Health } from '../rank/health-state.ts';
import type { RuleView } from '../rules/rule.ts';
import { nodeImpact } from './node-impact.ts';
import { endpointsTell, leadsTo, podsImpact } from './pods-impact.ts';
import { cronJobImpact, jobImpact } from './runs-impact.ts';

export interface ImpactInput {
  readonly view: RuleView;
  readonly focus: Focus;
  /** Whether the incident is about more objects than the focus holds. */
  readonly isCut: boolean;
  readonly health: Health;
  /** Whether a fault tells of what is measured elsewhere, such as a rate of errors: ready pods do not answer for that. */
  readonly measured: boolean;
  /** When the evidence was read, ms since the epoch; null where that is not known. */
  readonly at: number | null;
}

/**
 * What an incident means for those who use what it is about: how many pods of how many are ready and which Services
 * have an endpoint; of a CronJob and a Job how their runs went; of a node what is on it. Every number stands in the
 * evidence or is a count of what was read; what the evidence does not say is `unknown` with the reason.
 */
export function impactOf(input: ImpactInput): Impact {
  const { view, focus, at } = input;
  const [subject] = focus.entities;
  if (subject === undefined || view.graph.now === 0) return { of: 'unknown', at, why: 'no evidence was read' };
  if (subject.kind === 'Node') return nodeImpact(view.graph, subject, at);
  const services = focus.entities.flatMap((entity) => servicesOf(view, entity));
  const behind = workloadsOf(view, focus, services);
  const [first] = behind;
  if (first?.entity.kind === 'CronJob') return cronJobImpact(first, at);
  if (first?.entity.kind === 'Job') return jobImpact(first, at);
  const serving = behind.filter(keepsRunning);
  const telling = services.filter((service) => endpointsTell(view.graph, service) !== null);
  if (serving.length + telling.length === 0) return { of: 'unknown', at, why: whyUnknown(view, subject, behind) };
  return podsImpact(input, serving, { services, lacksSome: focus.entities.some((one) => lacksServices(view, one)) });
}

/** What is to keep running: no Job, and no pod by itself that has done its work. */
function keepsRunning({ entity, pods }: Workload): boolean {
  if (entity.kind === 'CronJob' || entity.kind === 'Job') return false;
  return entity.kind !== 'Pod' || pods.some(({ phase }) => phase !== 'Succeeded');
}

/** Kinds whose pods are looked for; of another kind only the workloads that it controls. */
const counted: ReadonlySet<string> = new Set([
  ...workloadKinds,
  'Pod',
  'ReplicaSet',
  'Service',
  'Ingress',
  'APIService',
  'PersistentVolumeClaim',
  'HorizontalPodAutoscaler',
]);

function whyUnknown({ graph }: RuleView, subject: Entity, [first]: readonly Workload[]): string {
  const { kind, namespace, name } = subject;
  if (kind === 'Namespace') return `no workload was found in ${entityText(subject)}`;
  if (first !== undefined) return `${entityText(first.entity)} has done its work, and nothing of it is to keep running`;
  if (graph.absent(kind, namespace, name) !== null) return `${entityText(subject)} does not exist`;
  if (graph.get(kind, namespace, name) === null) return `${entityText(subject)} is not in the evidence`;
  if (!counted.has(kind)) return `what serves is not counted for objects of kind ${kind}`;
  return `no pod that belongs to ${entityText(subject)} was found`;
}

/** The workloads that an incident is about, what alerted first: its own, and those behind its other objects. */
function workloadsOf(view: RuleView, focus: Focus, services: readonly KubeObject[]): readonly Workload[] {
  const all = view.workloads;
  if (focus.namespace !== null)
    return all.filter((one) => one.entity.namespace === focus.namespace && keepsRunning(one));
  const own = focus.entities.flatMap((entity) => [
    ...all.filter((workload) => sameEntity(workload.entity, entity)),
    ...all.filter((workload) => dependsOn(view, workload, entity)),
  ]);
  const behind = all.filter((workload) => services.some((service) => leadsTo(service, workload)));
  return [...new Set([...own, ...behind])];
}

/** The Services that an object is, or sends to. */
function servicesOf({ graph }: RuleView, { kind, namespace, name }: Entity): readonly KubeObject[] {
  const object = graph.get(kind, namespace, name);
  if (object === null) return [];
  if (kind === 'Service') return [object];
  if (kind === 'Ingress') return backendNames(object).flatMap((one) => graph.get('Service', namespace, one) ?? []);
  if (kind !== 'APIService') return [];
  const service = textAt(object, 'spec', 'service', 'name');
  return service === ''
    ? []
    : [graph.get('Service', textAt(object, 'spec', 'service', 'namespace'), service) ?? []].flat();
}

/** Whether an Ingress sends to what was not read: a Service, or an object of another kind. */
function lacksServices({ graph }: RuleView, { kind, namespace, name }: Entity): boolean {
  const ingress = kind === 'Ingress' ? graph.get(kind, namespace, name) : null;
  if (ingress === null) return false;
  const isUnread = (one: string): boolean =>
    graph.get('Service', namespace, one) === null && graph.absent('Service', namespace, one) === null;
  return backendNames(ingress).some(isUnread) || hasOtherBackend(ingress);
}

/** Whether a workload mounts a claim, or is what an autoscaler scales. */
function dependsOn({ graph }: RuleView, { entity, template }: Workload, { kind, namespace, name }: Entity): boolean {
  if (namespace !== entity.namespace) return false;
  if (kind === 'PersistentVolumeClaim') {
    return podReferences(template).some((one) => one.kind === kind && one.name === name);
  }
  if (kind !== 'HorizontalPodAutoscaler') return false;
  const target = graph.get(kind, namespace, name);
  return (
    textAt(target, 'spec', 'scaleTargetRef', 'name') === entity.name &&
    textAt(target, 'spec', 'scaleTargetRef', 'kind') === entity.kind
  );
}
