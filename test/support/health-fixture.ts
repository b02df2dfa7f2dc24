import { Registry } from 'prom-client';
import type { StandingProblem } from '../../src/domain/wire/cluster.ts';
import type { AgentBudget } from '../../src/domain/agent-limits.ts';
import type { ClusterStatus } from '../../src/domain/cluster-status.ts';
import { createDashboard } from '../../src/dashboard/create-dashboard.ts';
import type { DomainEvents } from '../../src/domain/events.ts';
import type { AskedAgent, Question } from '../../src/domain/question.ts';
import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import { createHealthServer } from '../../src/health/server.ts';
import { Emitter } from '../../src/lib/emitter.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { sampleTime } from './incident-samples.ts';
import type { ReloadAnswer } from '../../src/domain/wire/reload.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryReader } from './memory-reader.ts';

// Answers are looked into by tests alone.
// oxlint-disable-next-line typescript/no-explicit-any
export type JsonObject = Record<string, any>;

export function sampleStatus(over: Partial<ClusterStatus> = {}): ClusterStatus {
  return {
    cluster: 'prod-eu',
    environment: 'production',
    labels: { team: 'payments' },
    state: 'active',
    source: 'push',
    since: sampleTime,
    lastEvent: sampleTime + 1000,
    eventCount: 12,
    lastSweep: sampleTime + 2000,
    reconnects: 1,
    error: null,
    retryAt: null,
    triageEnabled: true,
    triageDisabledReason: null,
    permissions: null,
    ...over,
  };
}

/** A health server on a free port, with everything that it looks at in the test's hand. */
export class HealthFixture {
  readonly clock = new ManualClock(sampleTime);
  readonly reader = new MemoryReader();
  readonly events = new Emitter<DomainEvents>();
  readonly registry = new Registry();
  readonly files = new Map<string, string>();
  readonly triaged: unknown[] = [];
  readonly questions: Question[] = [];
  /** Who answers beside the rules, what it was asked on pages, and what comes of it. */
  agent: string | null = null;
  readonly asked: Question[] = [];
  askedAgent: AskedAgent = { kind: 'rules' };
  reloads = 0;
  reloaded: ReloadAnswer = {
    result: 'unchanged',
    clusters: { added: [], removed: [], reconnected: [], changed: [] },
    settings: [],
    needs_restart: [],
    warnings: [],
  };
  statuses: ClusterStatus[] = [sampleStatus()];
  reasons: string[] = [];
  problems: StandingProblem[] = [];
  budget: AgentBudget | null = null;
  url = '';
  /** What the server was made of. */
  options!: Omit<HealthServerOptions, 'pages'>;
  #stop: () => Promise<void> = async () => {};

  static async start(over: Partial<HealthServerOptions> = {}): Promise<HealthFixture> {
    const fixture = new HealthFixture();
    const options: Omit<HealthServerOptions, 'pages'> = {
      host: '127.0.0.1',
      port: 0,
      token: () => null,
      publicUrl: () => null,
      people: () => ({ readToken: null, proxy: null }),
      sessionKey: new Uint8Array(32).fill(7),
      endedSessions: new Set<string>(),
      build: { version: '1.2.3' },
      directory: { statuses: () => fixture.statuses },
      reader: fixture.reader,
      artifacts: {
        get: async (cluster, incident, path) => {
          const text = fixture.files.get(`${cluster}/${incident}/${path}`);
          return text === undefined ? null : Buffer.from(text);
        },
      },
      registry: fixture.registry,
      events: fixture.events,
      notReady: () => fixture.reasons,
      problems: async () => fixture.problems,
      manualTriage: async (...args) => {
        fixture.triaged.push(args);
        return { incident_id: 'inc_hand', run_id: 'run_hand' };
      },
      reload: () => {
        fixture.reloads += 1;
        return Promise.resolve(fixture.reloaded);
      },
      alerts: { token: () => undefined, receive: async () => {} },
      silences: {
        addSilence: async () => ({ kind: 'too_many', limit: 0 }),
        endSilence: async () => ({ kind: 'unknown' }),
        silences: (query) => fixture.reader.silences(query),
        fitting: async () => 0,
      },
      questions: {
        answer: async (question) => {
          fixture.questions.push(question);
          return { text: 'because', sources: ['incident'], by: 'rules' };
        },
      },
      orders: { orderIncident: async () => ({ kind: 'unknown' }), giveFeedback: async () => null },
      slack: { state: () => null, receive: () => null },
      mcp: async (_request, response) => void response.writeHead(404).end(),
      clock: fixture.clock,
      log: silentLogger,
      ...over,
    };
    fixture.options = options;
    const pages = createDashboard({
      ...options,
      reader: fixture.reader,
      history: fixture.reader,
      feedback: options.orders,
      artifacts: {
        list: async (cluster, id) => listed(fixture.files, `${cluster}/${id}/`),
        ...options.artifacts,
        link: async (report) => report,
      },
      budget: () => fixture.budget,
      agents: {
        agentOf: () => fixture.agent,
        ask: async (question) => {
          fixture.asked.push(question);
          return fixture.askedAgent;
        },
      },
      version: '1.2.3',
    });
    const server = createHealthServer({ pages, ...options });
    fixture.#stop = () => server.stop();
    fixture.url = (await server.start()).url;
    return fixture;
  }

  get(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { redirect: 'manual', ...init });
  }

  async json(path: string, init: RequestInit = {}): Promise<{ status: number; body: JsonObject }> {
    const response = await this.get(path, init);
    return { status: response.status, body: (await response.json()) as JsonObject };
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): ReturnType<HealthFixture['json']> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    return this.json(path, { ...init, body: JSON.stringify(body) });
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

function listed(files: ReadonlyMap<string, string>, folder: string) {
  const inside = [...files].filter(([path]) => path.startsWith(folder));
  return inside.map(([path, text]) => ({ path: path.slice(folder.length), bytes: Buffer.byteLength(text) }));
}
