import type {
  AgentAdmission,
  AgentEnd,
  AgentRequest,
  AgentStore,
  Spent,
  RunLimits,
} from '../../src/domain/agent-limits.ts';
import { openIncident, reportIncident, startIncident, transition } from '../../src/domain/incident.ts';
import type { FaultSignal, Severity } from '../../src/domain/fault.ts';
import { compareSeverity } from '../../src/domain/fault.ts';
import type { AnsweredQuestion, AskedStore } from '../../src/domain/history.ts';
import type { UploadStore, WaitingUpload } from '../../src/domain/ports.ts';
import type { FaultEpisode, Incident, Run, RunResult, RunTrigger } from '../../src/domain/records.ts';
import type {
  AgentQuestion,
  AgentQuestionDraft,
  AgentQuestionStore,
  QuestionAdmission,
  QuestionEnd,
} from '../../src/domain/question.ts';
import { endRun, queueRun, requeueRun, startRun } from '../../src/domain/decide/run.ts';
import type { ManualRequest, RunClaim, RunStore, StoreChange } from '../../src/domain/state-store.ts';
import { StoreUnavailableError } from '../../src/domain/state-store.ts';

/** The run part of the state store in memory, by the same reducers; can be made to refuse. */
export class FakeRunStore implements RunStore, AgentStore, UploadStore, AgentQuestionStore, AskedStore {
  /** Questions that rules have answered. */
  readonly answered: AnsweredQuestion[] = [];
  readonly runs = new Map<string, Run>();
  readonly incidents = new Map<string, Incident>();
  readonly faults = new Map<string, readonly FaultEpisode[]>();
  /** Clusters in the order in which their runs were claimed. */
  readonly claimed: string[] = [];
  /** The most runs that were going on at the same time, by cluster and over all (`*`). */
  readonly most = new Map<string, number>();
  /** Runs that asked whether they may start their agent, and what each is answered. */
  readonly asked: AgentRequest[] = [];
  admission: AgentAdmission = { kind: 'admitted', budget: { usd: null, tokens: null }, probe: false };
  readonly spent = new Map<string, Spent>();
  /** What the breakers were told. */
  readonly ends: (AgentEnd | null)[] = [];
  /** Reports that wait to be stored, by run, and where those went that did; null: given up. */
  readonly uploads = new Map<string, WaitingUpload>();
  readonly stored = new Map<string, string | null>();
  /** Questions that agents were given, by id. */
  readonly questions = new Map<string, AgentQuestion>();
  /** What questions are answered in place of being admitted. */
  refusal: Extract<QuestionAdmission, { kind: 'refused' }> | null = null;
  unavailable = false;
  refusals = 0;
  #listeners = new Set<(changes: readonly StoreChange[]) => void>();
  #ids = 0;

  onChange(listener: (changes: readonly StoreChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** An incident with one fault and a queued run. */
  add(cluster: string, at: number, options: { severity?: Severity; notBefore?: number; name?: string } = {}): Run {
    this.#ids += 1;
    const signal = faultSignal(cluster, at, options.name ?? `app-${this.#ids}`, options.severity ?? 'critical');
    const run = this.#open(signal, 'fault', at, options.notBefore ?? at).run;
    this.#tell(run);
    return run;
  }

  admitQuestion({ budget, ...draft }: AgentQuestionDraft, askedAt: number): Promise<QuestionAdmission> {
    return this.#write(() => {
      if (this.refusal !== null) return this.refusal;
      const open = { endedAt: null, answer: null, error: null, usage: null };
      const question: AgentQuestion = { id: this.#id('ask'), ...draft, askedAt, ...open };
      this.questions.set(question.id, question);
      return { kind: 'admitted', question, budget: { usd: budget.usdPerQuestion, tokens: null } };
    });
  }

  endQuestion(id: string, end: QuestionEnd, endedAt: number): Promise<void> {
    return this.#write(() => {
      const question = this.questions.get(id);
      if (question?.endedAt === null) this.questions.set(id, { ...question, ...end, endedAt });
    });
  }

  async endLeftQuestions(error: string, at: number): Promise<number> {
    const left = [...this.questions.values()].filter(({ endedAt }) => endedAt === null);
    for (const { id } of left) await this.endQuestion(id, { answer: null, error, usage: null, cutOff: true }, at);
    return left.length;
  }

  async questionOfHeard(incidentId: string, heard: string): Promise<AgentQuestion | null> {
    const asked = [...this.questions.values()].filter((one) => one.incidentId === incidentId && one.heard === heard);
    return asked.at(-1) ?? null;
  }

  async keepAnswered(asked: AnsweredQuestion): Promise<void> {
    await this.#write(() => this.answered.push(asked));
  }

  addUpload({ id: runId, incidentId, cluster }: Run, at: number): void {
    const row = { attempts: 0, createdAt: at, notBefore: at, error: null, busy: false };
    this.uploads.set(runId, { runId, incidentId, cluster, ...row });
  }

  claimRun(limits: RunLimits, at: number): Promise<RunClaim | null> {
    return this.#write(() => {
      const running = [...this.runs.values()].filter((run) => run.status === 'running');
      if (running.length >= limits.maxConcurrent) return null;
      const busy = (cluster: string): number => running.filter((run) => run.cluster === cluster).length;
      const next = [...this.runs.values()]
        .filter((run) => run.status === 'queued' && run.notBefore <= at)
        .filter((run) => busy(run.cluster) < (limits.perCluster[run.cluster] ?? limits.defaultPerCluster))
        .sort(
          (a, b) =>
            compareSeverity(b.severity, a.severity) ||
            this.claimed.lastIndexOf(a.cluster) - this.claimed.lastIndexOf(b.cluster) ||
            a.createdAt - b.createdAt,
        )[0];
      if (!next) return null;
      this.claimed.push(next.cluster);
      for (const [key, count] of [
        ['*', running.length],
        [next.cluster, busy(next.cluster)],
      ] as const) {
        this.most.set(key, Math.max(this.most.get(key) ?? 0, count + 1));
      }
      const run = startRun(next, at);
      const incident = startIncident(this.incident(run.incidentId), at);
      this.#save(run, incident);
      return { run, incident, faults: this.faults.get(incident.id) ?? [] };
    });
  }

  nextRunDue(after = -1): Promise<number | null> {
    return this.#write(() => {
      const queued = [...this.runs.values()].filter((run) => run.status === 'queued' && run.notBefore > after);
      const due = queued.map((run) => run.notBefore);
      return due.length === 0 ? null : Math.min(...due);
    });
  }

  finishRun(runId: string, result: RunResult, at: number, end: AgentEnd | null = null): Promise<Incident> {
    return this.#write(() => {
      this.ends.push(end);
      if (result.artifacts === 'waits') this.addUpload(this.run(runId), at);
      const run = endRun(this.run(runId), result, at);
      const incident = reportIncident(this.incident(run.incidentId), result, at);
      this.#save(run, incident);
      return incident;
    });
  }

  waitingUploads(): Promise<readonly WaitingUpload[]> {
    return Promise.resolve([...this.uploads.values()]);
  }

  delayUpload(runId: string, error: string, notBefore: number): Promise<void> {
    const upload = this.uploads.get(runId);
    if (upload) this.uploads.set(runId, { ...upload, attempts: upload.attempts + 1, error, notBefore });
    return Promise.resolve();
  }

  endUpload(runId: string, report: string | null): Promise<void> {
    if (this.uploads.delete(runId)) this.stored.set(runId, report);
    return Promise.resolve();
  }

  returnRun(runId: string, at: number): Promise<void> {
    return this.#write(() => this.#requeue(this.run(runId), at));
  }

  recoverRuns(at: number): Promise<number> {
    return this.#write(() => {
      const running = [...this.runs.values()].filter((run) => run.status === 'running');
      for (const run of running) this.#requeue(run, at);
      return running.length;
    });
  }

  requestRun(incidentId: string, trigger: RunTrigger, at: number): Promise<Run> {
    return this.#write(() => {
      const run = queueRun(this.#id('run'), this.incident(incidentId), trigger, at, at);
      this.#save(run, this.incident(incidentId));
      return run;
    });
  }

  triageByHand(request: ManualRequest, at: number): Promise<{ incident: Incident; run: Run }> {
    return this.#write(() => {
      const opened = this.#open(request.signal, 'manual', at, at);
      this.#tell(opened.run);
      return opened;
    });
  }

  admitAgent(request: AgentRequest): Promise<AgentAdmission> {
    return this.#write(() => {
      this.asked.push(request);
      return this.admission;
    });
  }

  saveSpend(runId: string, spent: Spent): Promise<void> {
    return this.#write(() => void this.spent.set(runId, spent));
  }

  counters(): Promise<never> {
    const queued = [...this.runs.values()].filter((run) => run.status === 'queued').length;
    return Promise.resolve({ queuedRuns: queued, breakers: [] } as never);
  }

  run(id: string): Run {
    const run = this.runs.get(id);
    if (!run) throw new Error(`no run ${id}`);
    return run;
  }

  incident(id: string): Incident {
    const incident = this.incidents.get(id);
    if (!incident) throw new Error(`no incident ${id}`);
    return incident;
  }

  #open(signal: FaultSignal, trigger: RunTrigger, at: number, notBefore: number): { incident: Incident; run: Run } {
    const owner = { kind: 'Deployment', namespace: 'shop', name: signal.resource.name, certain: true };
    const episode: FaultEpisode = {
      ...signal,
      id: this.#ids,
      owner,
      node: null,
      family: signal.family ?? 'workload',
      firstSeen: at,
      lastSeen: at,
      count: 1,
      sources: [signal.source],
      lastSweepAt: null,
      clearSeenAt: null,
      clearedAt: null,
      outcome: 'opened',
      rule: null,
      incidentId: null,
    };
    const cluster = {
      environment: 'production',
      labels: {},
      severityThreshold: 'info',
      triageEnabled: true,
      triageDisabledReason: null,
    } as const;
    const opened = openIncident({
      id: this.#id('inc'),
      fault: episode,
      cluster,
      quiet: false,
      previousId: null,
      at,
    });
    const incident = transition(opened, 'queued', at);
    const run = queueRun(this.#id('run'), incident, trigger, at, notBefore);
    this.incidents.set(incident.id, incident);
    this.runs.set(run.id, run);
    this.faults.set(incident.id, [{ ...episode, incidentId: incident.id }]);
    return { incident, run };
  }

  #requeue(run: Run, at: number): void {
    const incident = this.incident(run.incidentId);
    this.#save(requeueRun(run, at), transition(incident, 'queued', at));
  }

  #save(run: Run, incident: Incident): void {
    this.runs.set(run.id, run);
    this.incidents.set(incident.id, incident);
    this.#tell(run);
  }

  /** As after a commit: listeners hear of it later, not inside the call. */
  #tell(run: Run): void {
    queueMicrotask(() => {
      for (const listener of this.#listeners) listener([{ type: 'run', cluster: run.cluster, run }]);
    });
  }

  async #write<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.unavailable) {
      this.refusals += 1;
      throw new StoreUnavailableError('no space left on device');
    }
    return work();
  }

  #id(prefix: string): string {
    this.#ids += 1;
    return `${prefix}_${String(this.#ids).padStart(6, '0')}`;
  }
}

function faultSignal(cluster: string, at: number, name: string, severity: Severity = 'critical'): FaultSignal {
  return {
    cluster,
    source: 'push',
    faultId: `f-${name}`,
    faultType: 'CrashLoop',
    severity,
    resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name, uid: `uid-${name}` },
    container: 'main',
    context: `${name} restarts again and again`,
    at,
    since: null,
    family: null,
  };
}
