import type { Family, Severity } from './fault.ts';

const familyByType: Record<string, Family> = {
  PodCrash: 'workload',
  CrashLoop: 'workload',
  DeploymentFailure: 'workload',
  StatefulSetStalled: 'workload',
  DaemonSetIncomplete: 'workload',
  InitCrash: 'workload',
  PodFailed: 'workload',
  Stuck: 'workload',
  WarningEvent: 'workload',
  ImagePull: 'image',
  ConfigError: 'config',
  Unschedulable: 'scheduling',
  MountFailed: 'storage',
  ClaimPending: 'storage',
  CreateFailed: 'admission',
  ServiceWithoutEndpoints: 'network',
  BackendMissing: 'network',
  ScalingInactive: 'workload',
  JobFailure: 'job',
  NodeUnhealthy: 'node',
  NodePressure: 'node',
  Evicted: 'node',
};

/** These join an open incident of the same root owner whatever its family. */
const joiningTypes = new Set([
  'DeploymentFailure',
  'StatefulSetStalled',
  'DaemonSetIncomplete',
  'CreateFailed',
  'ServiceWithoutEndpoints',
  'WarningEvent',
]);

const criticalTypes = new Set(['CrashLoop', 'DeploymentFailure', 'JobFailure', 'NodeUnhealthy', 'StatefulSetStalled']);

/** The failure family of a fault type; an unknown type is the workload's. */
export function familyOf(faultType: string): Family {
  return familyByType[faultType] ?? 'workload';
}

/** Whether a fault of this type joins any open incident of its root owner. */
export function joinsAnyFamily(faultType: string): boolean {
  return joiningTypes.has(faultType);
}

/** The severity of a fault type where its source does not say one. */
export function defaultSeverity(faultType: string): Severity {
  if (criticalTypes.has(faultType)) return 'critical';
  return faultType === 'WarningEvent' ? 'info' : 'warning';
}
