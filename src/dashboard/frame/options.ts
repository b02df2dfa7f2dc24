import type { AgentBudget } from '../../domain/agent-limits.ts';
import type { ClusterDirectory } from '../../domain/cluster-status.ts';
import type { DomainEvents } from '../../domain/events.ts';
import type { Matcher } from '../../domain/fault.ts';
import type { FeedbackStore, HistoryReader } from '../../domain/history.ts';
import type { OrderStore } from '../../domain/incident.ts';
import type { ArtifactStore } from '../../domain/ports.ts';
import type { AgentAnswerer, QuestionAnswerer } from '../../domain/question.ts';
import type { SilenceStore } from '../../domain/cluster-policy.ts';
import type { StateReader } from '../../domain/state-store.ts';
import type { StandingProblem } from '../../domain/wire/cluster.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/log.ts';

/** What the pages look at and what their acts change. */
export interface DashboardOptions {
  readonly reader: Pick<StateReader, 'incidents' | 'incident' | 'faults' | 'counters' | 'silences' | 'spend'>;
  readonly directory: ClusterDirectory;
  /** What agents may spend in a cluster, null for one that is not configured. */
  readonly budget: (cluster: string) => AgentBudget | null;
  /** What was before: what stands in order, what nobody was told, a search. */
  readonly history: HistoryReader;
  readonly feedback: FeedbackStore;
  /** Answers what people ask about an incident. */
  readonly questions: QuestionAnswerer;
  /** Has agents answer it. */
  readonly agents: AgentAnswerer;
  readonly artifacts: Pick<ArtifactStore, 'get' | 'list' | 'link'>;
  readonly orders: OrderStore;
  readonly silences: Pick<SilenceStore, 'addSilence' | 'endSilence' | 'silences'> & {
    /** How many active faults matchers fit. */
    fitting(matchers: readonly Matcher[]): Promise<number>;
  };
  /** What is wrong with nightcrier itself and with clusters. */
  readonly problems: () => Promise<readonly StandingProblem[]>;
  readonly events: Emitter<DomainEvents>;
  readonly clock: Clock;
  readonly publicUrl: () => string | null;
  readonly version: string;
  readonly log: Logger;
}
