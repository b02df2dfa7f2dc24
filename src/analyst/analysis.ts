import type { EvidenceGraph } from './graph/evidence-graph.ts';
import type { Workload } from './graph/workload.ts';
import type { Focus } from './ranking/find-focus.ts';
import type { Health } from './ranking/health.ts';
import type { Ranking } from './ranking/rank-causes.ts';
import type { Conclusion, RuleView } from './rules/rule.ts';

/** Everything that led to an answer, for reports and for `--explain`. */
export interface Analysis {
  readonly graph: EvidenceGraph;
  readonly workloads: readonly Workload[];
  readonly view: RuleView;
  readonly conclusions: readonly Conclusion[];
  readonly focus: Focus;
  readonly health: Health;
  readonly ranking: Ranking;
}
