import type { Family, Severity } from './fault.ts';

interface TypeFacts {
  readonly family: Family;
  /** Where its source does not say one. */
  readonly severity: Severity;
  /** It only follows from other faults: it joins an open incident of the same root owner whatever its family. */
  readonly follows: boolean;
}

const cause = (family: Family, severity: Severity = 'warning'): TypeFacts => ({ family, severity, follows: false });
const follows = (family: Family, severity: Severity = 'warning'): TypeFacts => ({ family, severity, follows: true });

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
  PodCrash: cause('workload'),
  CrashLoop: cause('workload', 'critical'),
  NodeUnhealthy: cause('node', 'critical'),
  DeploymentFailure: follows('workload', 'critical'),
  JobFailure: cause('job', 'critical'),
  InitCrash: cause('workload'),
  ImagePull: cause('image'),
  ConfigError: cause('config'),
  Unschedulable: cause('scheduling'),
  MountFailed: cause('storage'),
  PodFailed: cause('workload'),
  Evicted: cause('node'),
  NodePressure: cause('node'),
  StatefulSetStalled: follows('workload', 'critical'),
  DaemonSetIncomplete: follows('workload'),
  ClaimPending: cause('storage'),
  CreateFailed: follows('admission'),
  ServiceWithoutEndpoints: follows('network'),
  BackendMissing: cause('network'),
  ScalingInactive: cause('workload'),
  Stuck: cause('workload'),
  WarningEvent: follows('workload', 'info'),
} satisfies Readonly<Record<string, TypeFacts>>;

export type KnownFaultType = keyof typeof typeFacts;
export const knownFaultTypes = Object.keys(typeFacts) as readonly KnownFaultType[];

/** A server may send a type that nobody knows, also one that is called like a property of every object. */
function factsOf(faultType: string): TypeFacts {
  return isKnown(faultType) ? typeFacts[faultType] : cause('workload');
}

function isKnown(faultType: string): faultType is KnownFaultType {
  return Object.hasOwn(typeFacts, faultType);
}

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
