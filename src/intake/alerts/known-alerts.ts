import type { Family } from '../../domain/fault.ts';
import type { KnownFaultType } from '../../domain/fault-types.ts';
import type { Kind } from '../../kube/kinds.ts';

/** What is known of an alert by its name. */
export interface KnownAlert {
  /** The fault that it is; without one its own name is the fault type. */
  readonly faultType?: KnownFaultType;
  /** The kind of object that it is about, whatever other labels it has. */
  readonly kind?: Kind;
  readonly family?: Family;
}

const pod = (faultType?: KnownFaultType): KnownAlert => ({ kind: 'Pod', ...(faultType && { faultType }) });
const of = (kind: Kind, faultType: KnownFaultType): KnownAlert => ({ kind, faultType });
const about = (kind: Kind, family: Family): KnownAlert => ({ kind, family });

/**
 * The alerts about objects of the kubernetes-mixin and of node-exporter's rules, as kube-prometheus ships them, and of the
 * collection "Awesome Prometheus alerts". Names that are not here are kept as they come.
 */
const knownAlerts: ReadonlyMap<string, KnownAlert> = new Map(
  Object.entries({
    KubePodCrashLooping: pod('CrashLoop'),
    KubernetesPodCrashLooping: pod('CrashLoop'),
    KubePodNotReady: pod('PodNotReady'),
    KubernetesPodNotHealthy: pod('PodNotReady'),
    KubeContainerWaiting: pod('PodNotReady'),
    KubernetesContainerOomKiller: pod('PodCrash'),
    CPUThrottlingHigh: pod(),
    KubeDeploymentReplicasMismatch: of('Deployment', 'DeploymentFailure'),
    KubeDeploymentGenerationMismatch: of('Deployment', 'DeploymentFailure'),
    KubeDeploymentRolloutStuck: of('Deployment', 'DeploymentFailure'),
    KubernetesDeploymentReplicasMismatch: of('Deployment', 'DeploymentFailure'),
    KubernetesDeploymentGenerationMismatch: of('Deployment', 'DeploymentFailure'),
    KubeStatefulSetReplicasMismatch: of('StatefulSet', 'StatefulSetStalled'),
    KubeStatefulSetGenerationMismatch: of('StatefulSet', 'StatefulSetStalled'),
    KubeStatefulSetUpdateNotRolledOut: of('StatefulSet', 'StatefulSetStalled'),
    KubernetesStatefulsetReplicasMismatch: of('StatefulSet', 'StatefulSetStalled'),
    KubernetesStatefulsetDown: of('StatefulSet', 'StatefulSetStalled'),
    KubeDaemonSetRolloutStuck: of('DaemonSet', 'DaemonSetIncomplete'),
    KubeDaemonSetNotScheduled: of('DaemonSet', 'DaemonSetIncomplete'),
    KubeDaemonSetMisScheduled: of('DaemonSet', 'DaemonSetIncomplete'),
    KubernetesDaemonsetRolloutStuck: of('DaemonSet', 'DaemonSetIncomplete'),
    KubeJobFailed: of('Job', 'JobFailure'),
    KubernetesJobFailed: of('Job', 'JobFailure'),
    KubeJobNotCompleted: about('Job', 'job'),
    KubeJobCompletion: about('Job', 'job'),
    KubeHpaReplicasMismatch: about('HorizontalPodAutoscaler', 'workload'),
    KubeHpaMaxedOut: about('HorizontalPodAutoscaler', 'workload'),
    KubePdbNotEnoughHealthyPods: about('PodDisruptionBudget', 'workload'),
    KubePersistentVolumeFillingUp: about('PersistentVolumeClaim', 'storage'),
    KubePersistentVolumeInodesFillingUp: about('PersistentVolumeClaim', 'storage'),
    KubePersistentVolumeErrors: about('PersistentVolume', 'storage'),
    KubernetesPersistentvolumeclaimPending: of('PersistentVolumeClaim', 'ClaimPending'),
    KubernetesVolumeOutOfDiskSpace: about('PersistentVolumeClaim', 'storage'),
    KubeNodeNotReady: of('Node', 'NodeUnhealthy'),
    KubeNodeUnreachable: of('Node', 'NodeUnhealthy'),
    KubeNodeReadinessFlapping: of('Node', 'NodeUnhealthy'),
    KubernetesNodeNotReady: of('Node', 'NodeUnhealthy'),
    KubernetesNodeReady: of('Node', 'NodeUnhealthy'),
    KubeNodePressure: of('Node', 'NodePressure'),
    KubernetesMemoryPressure: of('Node', 'NodePressure'),
    KubernetesNodeMemoryPressure: of('Node', 'NodePressure'),
    KubernetesDiskPressure: of('Node', 'NodePressure'),
    KubernetesNodeDiskPressure: of('Node', 'NodePressure'),
    KubeNodeEviction: about('Node', 'node'),
    KubeletTooManyPods: about('Node', 'node'),
    KubeletPlegDurationHigh: about('Node', 'node'),
    KubeletPodStartUpLatencyHigh: about('Node', 'node'),
    KubeletClientCertificateExpiration: about('Node', 'node'),
    KubeletServerCertificateExpiration: about('Node', 'node'),
    KubeletClientCertificateRenewalErrors: about('Node', 'node'),
    KubeletServerCertificateRenewalErrors: about('Node', 'node'),
    KubeAggregatedAPIDown: about('APIService', 'network'),
    KubeAggregatedAPIErrors: about('APIService', 'network'),
    TargetDown: about('Service', 'network'),
  } satisfies Record<string, KnownAlert>),
);

/** node-exporter's rules: NodeFilesystemAlmostOutOfSpace, NodeClockSkewDetected, HostOutOfMemory … */
const nodeRule =
  /^(?:Node|Host)(?:Filesystem|FileDescriptor|Network|Memory|Cpu|CPU|Disk|Clock|RAID|Raid|TextFile|System|Bond|HighNumber|Unusual|OutOf|Oom|Swap|Kernel|Edac|Conntrack)/;

/** What is known of an alert of this name; nothing, of most. */
export function knownAlert(name: string): KnownAlert {
  const known = knownAlerts.get(name);
  if (known !== undefined) return known;
  return nodeRule.test(name) ? about('Node', 'node') : {};
}

/** Alerts that always fire, or that only hold others back: they say nothing of a cluster (kube-prometheus). */
export function saysNothing(name: string, severity: string | undefined): boolean {
  return severity === 'none' || name === 'Watchdog' || name === 'DeadMansSwitch' || name === 'InfoInhibitor';
}
