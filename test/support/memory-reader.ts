import type { AgentBreaker, DailySpend, SpendQuery } from '../../src/domain/agent-limits.ts';
import type { ConnectionSpan } from '../../src/domain/cluster-status.ts';
import type { Incident } from '../../src/domain/records.ts';
import { notToldOutcomes, type Silence } from '../../src/domain/fault.ts';
import {
  type Counters,
  type EarlierQuestion,
  earlierOf,
  type FaultRate,
  type Feedback,
  type Found,
  type HistoryReader,
  type IncidentHistory,
  type NotToldQuery,
  type SearchQuery,
  type StandingCount,
  type StandingIncident,
  type StandingQuery,
} from '../../src/domain/history.ts';
import type { AgentQuestion } from '../../src/domain/question.ts';
import { isLive } from '../../src/domain/incident.ts';
import type { IncidentDetail, ListedFault, Page, StateReader } from '../../src/domain/state-store.ts';
import { emptyHistory } from './incident-samples.ts';

/** The reading side of the state store over lists, newest first. */
export class MemoryReader implements Pick<
  StateReader,
  'incidents' | 'incident' | 'faults' | 'counters' | 'agentBreakers' | 'spend' | 'silences' | keyof HistoryReader
> {
  details: IncidentDetail[] = [];
  listed: ListedFault[] = [];
  breakers: AgentBreaker[] = [];
  daily: DailySpend[] = [];
  kept: Silence[] = [];
  histories = new Map<string, IncidentHistory>();
  said: Feedback[] = [];
  questions: AgentQuestion[] = [];
  /** Answered by rules. */
  asked: EarlierQuestion[] = [];
  found: Found[] = [];
  rates: FaultRate[] = [];
  connections = new Map<string, readonly ConnectionSpan[]>();
  readonly spendQueries: SpendQuery[] = [];
  /** Thrown by every method when set. */
  failure: Error | null = null;

  async incidents(query: Parameters<StateReader['incidents']>[0]): Promise<Page<IncidentDetail>> {
    this.#check();
    const fits = this.details.filter(
      ({ incident }) =>
        (query.cluster === undefined || incident.cluster === query.cluster) &&
        (query.status === undefined || incident.status === query.status) &&
        (query.before === undefined || incident.id < query.before),
    );
    const items = fits.slice(0, query.limit);
    return { items, next: fits.length > items.length ? (items.at(-1)?.incident.id ?? null) : null };
  }

  async incident(id: string): Promise<IncidentDetail | null> {
    this.#check();
    return this.details.find(({ incident }) => incident.id === id) ?? null;
  }

  async faults(query: Parameters<StateReader['faults']>[0]): Promise<Page<ListedFault>> {
    this.#check();
    const fits = this.listed.filter(
      ({ reception }) =>
        (query.cluster === undefined || reception.cluster === query.cluster) &&
        (query.outcome === undefined || reception.outcome === query.outcome) &&
        (query.before === undefined || reception.seq < Number(query.before)),
    );
    const items = fits.slice(0, query.limit);
    return { items, next: fits.length > items.length ? String(items.at(-1)?.reception.seq) : null };
  }

  async silences({ ids }: { ids?: readonly string[] } = {}): Promise<readonly Silence[]> {
    this.#check();
    return this.kept.filter(({ id }) => ids === undefined || ids.includes(id));
  }

  async spend(query: SpendQuery): Promise<readonly DailySpend[]> {
    this.#check();
    this.spendQueries.push(query);
    return this.daily;
  }

  async agentQuestions(incidentId: string): Promise<readonly AgentQuestion[]> {
    this.#check();
    return this.questions.filter((question) => question.incidentId === incidentId);
  }

  async agentQuestion(id: string): Promise<AgentQuestion | null> {
    this.#check();
    return this.questions.find((question) => question.id === id) ?? null;
  }

  async earlierQuestions(incidentId: string): Promise<readonly EarlierQuestion[]> {
    this.#check();
    const byAgents = this.questions.filter((question) => question.incidentId === incidentId);
    return [...this.asked, ...byAgents.flatMap((question) => earlierOf(question) ?? [])].sort((a, b) => b.at - a.at);
  }

  async standing(query: StandingQuery): Promise<Page<StandingIncident>> {
    this.#check();
    const items = this.details
      .filter(({ incident }) => isLive(incident.status) && (query.cluster ?? incident.cluster) === incident.cluster)
      .filter(({ incident }) => (query.severity ?? incident.severity) === incident.severity)
      .slice(0, query.limit)
      .map(({ incident, faults }) => ({
        incident,
        faults: faults.filter(({ clearedAt }) => clearedAt === null).length,
        since: Math.min(incident.openedAt, ...faults.map(({ firstSeen }) => firstSeen)),
        mutedUntil: null,
      }));
    return { items, next: null };
  }

  async incidentHistory(id: string): Promise<IncidentHistory | null> {
    this.#check();
    const known = this.details.some(({ incident }) => incident.id === id);
    return this.histories.get(id) ?? (known ? emptyHistory : null);
  }

  async notTold({ outcome, ...query }: NotToldQuery): Promise<Page<ListedFault>> {
    const wanted = outcome === undefined ? [...notToldOutcomes, null] : [outcome === 'pending' ? null : outcome];
    const page = await this.faults({ ...query, limit: this.listed.length });
    const fits = page.items.filter(({ reception }) => wanted.some((one) => one === reception.outcome));
    const items = fits.slice(0, query.limit);
    return { items, next: fits.length > items.length ? String(items.at(-1)?.reception.seq) : null };
  }

  async search({ limit, before = '0' }: SearchQuery): Promise<Page<Found>> {
    this.#check();
    const end = Number(before) + limit;
    return {
      items: this.found.slice(Number(before), end),
      next: end < this.found.length ? String(end) : null,
    };
  }

  async faultRates(): Promise<readonly FaultRate[]> {
    this.#check();
    return this.rates;
  }

  async connectionSpans(cluster: string): Promise<readonly ConnectionSpan[]> {
    this.#check();
    return this.connections.get(cluster) ?? [];
  }

  async feedback({ limit }: { readonly limit: number; readonly before?: string }): Promise<Page<Feedback>> {
    this.#check();
    return { items: this.said.slice(0, limit), next: null };
  }

  async standingCounts(cluster?: string): Promise<readonly StandingCount[]> {
    this.#check();
    return this.#live().filter((one) => cluster === undefined || one.cluster === cluster);
  }

  async agentBreakers(): Promise<readonly AgentBreaker[]> {
    this.#check();
    return this.breakers;
  }

  async counters(): Promise<Counters> {
    this.#check();
    const incidents = new Map<string, { cluster: string; status: Incident['status']; count: number }>();
    for (const { incident } of this.details) {
      const key = `${incident.cluster} ${incident.status}`;
      const row = incidents.get(key) ?? { cluster: incident.cluster, status: incident.status, count: 0 };
      incidents.set(key, { ...row, count: row.count + 1 });
    }
    return {
      received: [],
      outcomes: [],
      incidents: [...incidents.values()],
      liveIncidents: this.#live(),
      openFaults: [],
      storms: [],
      breakers: this.breakers,
      queuedRuns: 0,
      oldestQueuedAt: null,
      runningRuns: 0,
      outbox: [],
    };
  }

  #live(): Counters['liveIncidents'] {
    const live = this.details.filter(({ incident }) => isLive(incident.status));
    const groups = Map.groupBy(live, ({ incident }) => `${incident.cluster} ${incident.severity}`);
    return [...groups.values()].flatMap((group) => {
      const [first] = group;
      return first ? [{ cluster: first.incident.cluster, severity: first.incident.severity, count: group.length }] : [];
    });
  }

  #check(): void {
    if (this.failure !== null) throw this.failure;
  }
}
