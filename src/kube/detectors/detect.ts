import type { KubeObject } from '../cluster-reader.ts';
import { type SweptKind, isSwept } from '../kinds.ts';
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
