import type { Impact } from '../../domain/verdict/impact.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import type { Focus } from '../model/focus.ts';
import type { Workload } from '../model/workload.ts';
import type { Conclusion, RuleView } from '../rules/rule.ts';
import type { Sign } from './standing.ts';
import type { Health } from './health-state.ts';
import type { RankedCause, Ranking } from './rank-causes.ts';

/** Everything that led to an answer, for reports and for `--explain`. */
export interface Analysis {
  readonly graph: EvidenceGraph;
  readonly workloads: readonly Workload[];
  readonly view: RuleView;
  readonly conclusions: readonly Conclusion[];
  readonly focus: Focus;
  readonly health: Health;
  /** Whether a fault tells of what is measured elsewhere, such as a rate of errors. */
  readonly measured: boolean;
  /** What it means for those who use what the incident is about. */
  readonly impact: Impact;
  readonly ranking: Ranking;
  /** Of the ranked causes those that count: of an object that is well only what is wrong by itself. */
  readonly causes: readonly RankedCause[];
  /** What says that it is not well and no cause explains; empty where the first cause is sure. */
  readonly unexplained: readonly Sign[];
}
