import type { Family, FaultSignal, OwnerRef, Severity } from './fault.ts';

interface TypeFacts {
  readonly family: Family;
  /** Where its source does not say one. */
  readonly severity: Severity;
  /** It only follows from other faults: it joins an open incident of the same root owner whatever its family. */
  readonly follows: boolean;
  /** How long it stands before anybody is told, seconds: what passes by itself meanwhile was no fault (`intake.pending`). */
  readonly pending: number;
}

const cause = (family: Family, severity: Severity = 'warning', pending = 0): TypeFacts => ({
  family,
  severity,
  follows: false,
  pending,
});
const follows = (family: Family, severity: Severity = 'warning', pending = 0): TypeFacts => ({
  ...cause(family, severity, pending),
  follows: true,
});

/**
 * The fault types that the push servers and the sweep know, and what is known of each. A server may send others: they are
 * kept as they come. A new one is a line here, and the compiler asks for its line in the test of this file. It also needs
 * - its finding, in the detector of its kind (`kube/detect/`);
 * - an object that the sweep reads: what rows show is in `suspects` (`cluster/sweep/rows.ts`); what only events show is
 *   `toldByEvents`, and what no row shows is read in turns (both in `choose.ts` there);
 * - an end: a fault has cleared when its object is well (`kube/health.ts`), so a kind without a judge there keeps it until
 *   the object is gone;
 * - its rows in docs/faults.md.
 */
const typeFacts = {
  PodCrash: cause('workload', 'warning', 60),
  CrashLoop: cause('workload', 'critical', 60),
  NodeUnhealthy: cause('node', 'critical', 90),
  DeploymentFailure: follows('workload', 'critical'),
  JobFailure: cause('job', 'critical'),
  InitCrash: cause('workload', 'warning', 60),
  ImagePull: cause('image'),
  ConfigError: cause('config', 'warning', 60),
  Unschedulable: cause('scheduling', 'warning', 60),
  MountFailed: cause('storage', 'warning', 60),
  PodFailed: cause('workload', 'warning', 60),
  Evicted: cause('node', 'warning', 120),
  NodePressure: cause('node'),
  StatefulSetStalled: follows('workload', 'critical'),
  DaemonSetIncomplete: follows('workload'),
  ClaimPending: cause('storage'),
  CreateFailed: follows('admission', 'warning', 30),
  ServiceWithoutEndpoints: follows('network'),
  BackendMissing: cause('network'),
  ScalingInactive: cause('workload'),
  Stuck: cause('workload'),
  WarningEvent: follows('workload', 'info', 120),
  /** Of alerts alone: detectors say why a pod is not ready. */
  PodNotReady: follows('workload'),
} satisfies Readonly<Record<string, TypeFacts>>;

/** The type of what a person asks about an object that shows no fault of its own. */
export const manualFault = 'Manual';

export type KnownFaultType = keyof typeof typeFacts;
export const knownFaultTypes = Object.keys(typeFacts) as readonly KnownFaultType[];

/** A server may send a type that nobody knows, also one that is called like a property of every object. */
function factsOf(faultType: string): TypeFacts {
  return isKnown(faultType) ? typeFacts[faultType] : cause('workload');
}

export function isKnown(faultType: string): faultType is KnownFaultType {
  return Object.hasOwn(typeFacts, faultType);
}

/** How long faults of each type stand before anybody is told, ms, where the configuration does not say otherwise. */
export const pendingDefaults: Readonly<Record<KnownFaultType, number>> = Object.fromEntries(
  knownFaultTypes.map((type) => [type, typeFacts[type].pending * 1000]),
) as Record<KnownFaultType, number>;

/** Nobody waits to see whether a fault passes. */
export const nothingPending: Readonly<Record<KnownFaultType, number>> = Object.fromEntries(
  knownFaultTypes.map((type) => [type, 0]),
) as Record<KnownFaultType, number>;

/** The failure family of a fault type; an unknown type is the workload's. */
export function familyOf(faultType: string): Family {
  return factsOf(faultType).family;
}

/** Whether a fault of this type joins any open incident of its root owner. */
export function joinsAnyFamily(faultType: string): boolean {
  return factsOf(faultType).follows;
}

/** The severity of a fault type where its source does not say one. */
export function defaultSeverity(faultType: string): Severity {
  return factsOf(faultType).severity;
}

/**
 * The family of a fault of this owner. What fails of the pods of a Job is the Job's failure: both are one incident.
 */
export function familyIn(signal: Pick<FaultSignal, 'family' | 'faultType'>, owner: Pick<OwnerRef, 'kind'>): Family {
  const family = signal.family ?? familyOf(signal.faultType);
  return family === 'workload' && (owner.kind === 'Job' || owner.kind === 'CronJob') ? 'job' : family;
}
