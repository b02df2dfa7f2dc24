import { faultId, type Severity } from '../../domain/fault.ts';

/** A fault as the push server detects it. */
export interface PushFault {
  readonly faultType: string;
  readonly severity: Severity;
  readonly resource: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
  };
  /** Container of a pod fault; it is part of the id and not of the payload. */
  readonly container?: string;
  readonly context: string;
  /** ms since the epoch; the time of sending by default. */
  readonly at?: number;
}

/** `data` of a `kubernetes/faults` notification, keys in the server's order. */
export function faultData(fault: PushFault, subscriptionId: string, serverCluster: string, now: number) {
  const { apiVersion, kind, name, namespace, uid } = fault.resource;
  return {
    subscriptionId,
    cluster: serverCluster,
    faultId: faultId(serverCluster, fault.faultType, uid, fault.container ?? ''),
    faultType: fault.faultType,
    severity: fault.severity,
    resource: { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }), uid },
    context: fault.context,
    timestamp: secondsTime(fault.at ?? now),
  };
}

/** RFC 3339 in whole seconds, as the server writes times. */
export function secondsTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
