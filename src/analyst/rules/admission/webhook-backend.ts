import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { matchesLabels } from '../../../kube/selectors.ts';
import { entityOf, entityText, rootOwner, sameEntity } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { recordAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import { selectedPods, serviceSelector } from '../../model/services.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import type { RuleView } from '../rule.ts';

/** What stands behind the Service of a webhook. */
export interface Backend {
  readonly object: KubeObject | null;
  readonly pods: readonly PodView[];
  readonly workload: Entity | null;
  /** Pods that it should have; null when its workload was not read. */
  readonly desired: number | null;
  /** Why its containers end, where a log says it. */
  readonly why: string | null;
  readonly refs: readonly (EvidenceRef | null)[];
}

/** The pods and the workload behind a Service; a workload without pods is found by its labels. */
export function backendOf({ graph, workloads, troubles }: RuleView, service: Entity): Backend {
  const object = graph.get('Service', service.namespace, service.name);
  const pods = object ? selectedPods(graph, object) : [];
  const [pod] = pods;
  const owner = pod ? rootOwner(graph, pod.object) : object ? idleWorkload(workloads, object) : null;
  const known = owner ? workloads.find((it) => sameEntity(it.entity, owner)) : undefined;
  const trouble = troubles.find((it) => known !== undefined && it.workload === known);
  const bad = pods.find((it) => !it.ready);
  return {
    object,
    pods,
    workload: owner,
    desired: known?.object ? known.desired : null,
    why: trouble?.reason?.text ?? null,
    refs: [
      known?.object && known.desired === 0 ? graph.fieldRef(known.object, 'replicas', 0) : null,
      bad ? waitingRef(graph, bad) : null,
    ],
  };
}

function idleWorkload(workloads: readonly Workload[], service: KubeObject): Entity | null {
  const selector = serviceSelector(service);
  if (Object.keys(selector).length === 0) return null;
  const found = workloads.find(
    (it) => it.entity.namespace === (service.metadata.namespace ?? null) && matchesLabels(selector, it.templateLabels),
  );
  return found?.entity ?? null;
}

function waitingRef(graph: EvidenceGraph, pod: PodView): EvidenceRef | null {
  const reason = pod.containers.find((it) => it.waitingReason !== '')?.waitingReason;
  return reason === undefined ? null : graph.fieldRef(pod.object, 'reason', reason);
}

/** How the pods behind stand: a clause, empty when all is well. */
export function stateOf({ desired, object, pods, why, workload }: Backend): string {
  if (object === null) return '';
  if (workload !== null && desired === 0) return `: ${entityText(workload)} is scaled to 0`;
  if (pods.length === 0) return ': its selector takes no pod';
  const bad = pods.find((it) => !it.ready);
  if (!bad) return '';
  const waiting = bad.containers.find((it) => !it.ready && it.waitingReason !== '')?.waitingReason ?? bad.phase;
  return `: pod ${bad.name} is not ready (${waiting}${why === null ? '' : `: ${why}`})`;
}

/** The Secret that holds the certificate of the pods behind. */
export interface CertificateSecret {
  readonly entity: Entity;
  readonly quote: string;
  /** When it ends; null when its content does not tell. */
  readonly until: string | null;
}

/** The mounted Secret with a certificate and its key: the one with a date first. */
export function certificateSecret(graph: EvidenceGraph, { pods }: Backend): CertificateSecret | null {
  const [pod] = pods;
  if (!pod) return null;
  const found = podReferences(pod.object['spec'])
    .filter((it) => it.kind === 'Secret' && it.how === 'volume')
    .flatMap(({ name }): CertificateSecret[] => {
      const secret = graph.get('Secret', pod.namespace, name);
      const data = recordAt(secret, 'data');
      const key = Object.keys(data).find((it) => /\.(?:crt|pem|cert)$|cert/i.test(it) && !/^ca\b/i.test(it));
      if (!secret || key === undefined) return [];
      const until = /valid until ([\dT:.Z-]+)/.exec(String(data[key]))?.[1] ?? null;
      return [{ entity: entityOf(secret), quote: `"${key}":`, until }];
    });
  return found.find((it) => it.until !== null) ?? found[0] ?? null;
}
