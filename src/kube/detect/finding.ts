import {
  type Family,
  faultId,
  type FaultSignal,
  type FaultSourceName,
  type ObjectRef,
  type Severity,
} from '../../domain/fault.ts';
import type { KnownFaultType } from '../../domain/fault-types.ts';
import { defaultSeverity } from '../../domain/fault-types.ts';
import { oneLine } from '../../lib/text.ts';
import type { KubeObject } from '../cluster-reader.ts';

/** Longest context sentence of a finding, characters. */
const maxContextLength = 1000;

/** An active fault as an object shows it, before it has an id. */
export interface Finding {
  readonly type: KnownFaultType;
  readonly severity: Severity;
  readonly resource: ObjectRef;
  /** Container of a pod's fault, empty otherwise. */
  readonly container: string;
  /** One sentence, in the words of the push server where it knows the kind. */
  readonly context: string;
  /** Since when it stands, ms since the epoch, when the object tells. */
  readonly since: number | null;
  /** Set when the finding knows its family better than its type does. */
  readonly family: Family | null;
  /** Tells findings of one type on one object apart where there is no container (the reason of a WarningEvent). */
  readonly part: string;
  /** How often its container has restarted; null where there is none. */
  readonly restarts: number | null;
}

/** What a detector may look at besides the object. What is not given was not read. */
export interface DetectContext {
  /** Ms since the epoch; of a recording: its newest time. */
  readonly now: number;
  /** Warning events whose involved object is the object. */
  readonly events?: readonly KubeObject[];
  /** Pods of the object's namespace, or those that it owns. */
  readonly pods?: readonly KubeObject[];
  /** There may be more pods: that one is not among them says nothing. */
  readonly podsCut?: true;
  /** EndpointSlices of a Service. */
  readonly endpointSlices?: readonly KubeObject[];
  /** Services of an Ingress' namespace, when all of them are known. */
  readonly services?: readonly KubeObject[];
  /** Workloads of a Service's namespace: one that is scaled to zero on purpose explains an empty Service. */
  readonly workloads?: readonly KubeObject[];
  /** Jobs of a Job's namespace: a later success of the same CronJob explains an old failure. */
  readonly jobs?: readonly KubeObject[];
  /** The involved object of an Event; null when it is gone. */
  readonly involved?: KubeObject | null;
}

export interface SignalSource {
  /** The cluster's name in our configuration. */
  readonly cluster: string;
  /** The server's own name for it, as its subscription answer gives it; empty when unknown. */
  readonly serverCluster: string;
  readonly source: FaultSourceName;
  readonly now: number;
}

/** A finding of the given type on an object, with the type's own severity unless `extra` says another. */
export function finding(
  type: KnownFaultType,
  object: KubeObject,
  context: string,
  extra: Partial<Omit<Finding, 'type' | 'resource' | 'context'>> = {},
): Finding {
  return {
    type,
    severity: extra.severity ?? defaultSeverity(type),
    resource: refOf(object),
    container: extra.container ?? '',
    context: oneLine(context, maxContextLength),
    since: extra.since ?? null,
    family: extra.family ?? null,
    part: extra.part ?? '',
    restarts: extra.restarts ?? null,
  };
}

/** Which object it is. */
export function refOf(object: KubeObject): ObjectRef {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace ?? null,
    name: object.metadata.name,
    uid: object.metadata.uid ?? null,
  };
}

/** The id that the push server gives (or would give) this fault. */
export function findingId(finding: Finding, serverCluster: string): string {
  const { uid, namespace, name } = finding.resource;
  return faultId(serverCluster, finding.type, uid ?? `${namespace ?? ''}/${name}`, finding.container || finding.part);
}

/** The finding as a source delivers it. */
export function signalOf(finding: Finding, source: SignalSource): FaultSignal {
  return {
    cluster: source.cluster,
    source: source.source,
    faultId: findingId(finding, source.serverCluster),
    faultType: finding.type,
    severity: finding.severity,
    resource: finding.resource,
    container: finding.container,
    context: finding.context,
    at: source.now,
    since: finding.since === null ? null : Math.min(finding.since, source.now),
    family: finding.family,
    ...(finding.restarts === null ? {} : { restarts: finding.restarts }),
  };
}

/** `Start, name: value, name: value`, without what is not known: the form of the push server's sentences. */
export function sentence(start: string, facts: Readonly<Record<string, string | number | null | undefined>>): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return [start, ...known.map(([name, value]) => `${name}: ${value}`)].join(', ');
}
