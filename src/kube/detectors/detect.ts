import type { KubeObject } from '../cluster-reader.ts';
import { detectAutoscaler } from './autoscaler.ts';
import { detectClaim } from './claim.ts';
import { detectDaemonSet } from './daemon-set.ts';
import { detectDeployment } from './deployment.ts';
import { detectEvent } from './event.ts';
import type { DetectContext, Finding } from './finding.ts';
import { detectIngress } from './ingress.ts';
import { detectJob } from './job.ts';
import { detectNode } from './node.ts';
import { detectNamespace } from './namespace.ts';
import { detectPod } from './pod.ts';
import { detectService } from './service.ts';
import { detectStatefulSet } from './stateful-set.ts';

export interface KindToRead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** A credential need not be able to list it: what a refusal hides is not told as unread at each sweep. */
  readonly optional?: true;
}

type Detector = (object: KubeObject, context: DetectContext) => Finding[];

const detectors: Record<string, Detector> = {
  Pod: detectPod,
  Node: detectNode,
  Deployment: detectDeployment,
  StatefulSet: detectStatefulSet,
  DaemonSet: detectDaemonSet,
  Job: detectJob,
  PersistentVolumeClaim: detectClaim,
  Event: detectEvent,
  Service: detectService,
  Ingress: detectIngress,
  HorizontalPodAutoscaler: detectAutoscaler,
  Namespace: detectNamespace,
};

/** The kinds that have a detector, in the order in which they are read, and EndpointSlices for Services. */
export const kindsToRead: readonly KindToRead[] = [
  { apiVersion: 'v1', kind: 'Node', namespaced: false },
  { apiVersion: 'v1', kind: 'Pod', namespaced: true },
  { apiVersion: 'apps/v1', kind: 'Deployment', namespaced: true },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', namespaced: true },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', namespaced: true },
  { apiVersion: 'batch/v1', kind: 'Job', namespaced: true },
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespaced: true },
  { apiVersion: 'v1', kind: 'Event', namespaced: true },
  { apiVersion: 'v1', kind: 'Service', namespaced: true },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespaced: true },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespaced: true, optional: true },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespaced: true, optional: true },
  { apiVersion: 'v1', kind: 'Namespace', namespaced: false, optional: true },
];

/** The faults that a full object shows; empty for a kind without a detector. Never throws. */
export function detect(object: KubeObject, context: DetectContext): Finding[] {
  return detectors[object.kind]?.(object, context) ?? [];
}
