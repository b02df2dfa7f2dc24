import type { KubeObject } from '../cluster-reader.ts';
import { type SweptKind, isSwept } from '../kinds.ts';
import { detectClaim } from './claim.ts';
import { detectEvent } from './event.ts';
import type { DetectContext, Finding } from './finding.ts';
import { detectNode } from './node.ts';
import { detectIngress, detectService } from './network.ts';
import { detectPod } from './pod.ts';
import { detectNamespace } from './stuck.ts';
import { detectAutoscaler, detectDaemonSet, detectDeployment, detectJob, detectStatefulSet } from './workloads.ts';

type Detector = (object: KubeObject, context: DetectContext) => Finding[];

/** EndpointSlices are read for the sake of Services. */
const detectors: Record<SweptKind, Detector | null> = {
  Pod: detectPod,
  Node: detectNode,
  Deployment: detectDeployment,
  StatefulSet: detectStatefulSet,
  DaemonSet: detectDaemonSet,
  Job: detectJob,
  PersistentVolumeClaim: detectClaim,
  Event: detectEvent,
  Service: detectService,
  EndpointSlice: null,
  Ingress: detectIngress,
  HorizontalPodAutoscaler: detectAutoscaler,
  Namespace: detectNamespace,
};

/** The faults that a full object shows; empty for a kind without a detector. Never throws. */
export function detect(object: KubeObject, context: DetectContext): Finding[] {
  return (isSwept(object.kind) ? detectors[object.kind]?.(object, context) : null) ?? [];
}
