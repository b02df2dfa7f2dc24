/** Bounds of one sweep. Over one of them the sweep is `partial` and says so. */
export interface SweepLimits {
  /** Objects or rows kept of one kind. */
  readonly maxObjectsPerKind: number;
  /** Suspects read one by one, active faults first. */
  readonly maxReads: number;
  /** Pods of one owner read one by one: its other pods are read when there is room. */
  readonly maxReadsPerOwner: number;
  /** Pods that ended long ago and were looked at before, read again at each sweep, in turn. */
  readonly maxEndedReads: number;
  /** Healthy-looking nodes, and Ingresses, read at each sweep, in turn: rows show neither pressure nor backends. */
  readonly nodesInTurn: number;
  /** Namespaces asked one by one when a list of all is too large. */
  readonly maxNamespaces: number;
  readonly maxFindings: number;
  readonly maxWarnings: number;
  /** After so long nothing more is read, ms: what is left is first the next time. */
  readonly maxMs: number;
}

export const sweepLimits: SweepLimits = {
  maxObjectsPerKind: 20_000,
  maxReads: 200,
  maxReadsPerOwner: 10,
  maxEndedReads: 50,
  nodesInTurn: 10,
  maxNamespaces: 1000,
  maxFindings: 5000,
  maxWarnings: 100,
  maxMs: 3 * 60_000,
};
