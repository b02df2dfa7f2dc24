import type { Cluster, ClusterDashboard, ClusterEvent, ProfileTemplate } from '../api/shapes.ts';
import type { PackDrift } from './pack-drift.ts';

export const severities = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** Something that is wrong with a cluster, or soon will be. */
export interface PaletteIssue {
  readonly rule: string;
  readonly severity: Severity;
  readonly category: 'state' | 'health' | 'nodes' | 'packs' | 'capacity' | 'events' | 'drift';
  /** KIND/NAME. */
  readonly resource: string;
  readonly message: string;
  readonly evidence: readonly string[];
  readonly recommendation: string;
}

/** What is known of a cluster. */
export interface DiagnosedCluster {
  readonly whole: Cluster;
  readonly dashboard: ClusterDashboard;
  readonly profiles: readonly ProfileTemplate[];
  readonly events: readonly ClusterEvent[];
  readonly drift: readonly PackDrift[];
  /** ms since the epoch. */
  readonly now: number;
}
