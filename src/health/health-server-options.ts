import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ClusterDirectory } from '../domain/cluster-status.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { ArtifactStore } from '../domain/ports.ts';
import type { FeedbackStore } from '../domain/history.ts';
import type { OrderStore } from '../domain/incident.ts';
import type { QuestionAnswerer } from '../domain/question.ts';
import type { StateReader } from '../domain/state-store.ts';
import type { ReloadAnswer } from '../domain/wire/reload.ts';
import type { StandingProblem } from '../domain/wire/cluster.ts';
import type { Asked, PageGate } from '../domain/people/viewer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import type { Logger } from '../lib/log.ts';
import type { Problem } from '../lib/problem.ts';
import type { SlackIn } from './access/slack-routes.ts';
import type { EndedSessions } from './access/sessions.ts';
import type { PeopleSettings } from './access/who-asks.ts';
import type { BuildInfo } from './metrics.ts';
import type { SilenceRoutesOptions } from './silence-routes.ts';

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** As they are configured now. */
  readonly token: () => string | null;
  readonly publicUrl: () => string | null;
  /** How people get in, beside the token. */
  readonly people: () => Pick<PeopleSettings, 'readToken' | 'proxy'>;
  /** Signs their logins: 32 random bytes that nobody else has. */
  readonly sessionKey: Uint8Array;
  readonly endedSessions: EndedSessions;
  readonly build: BuildInfo;
  readonly directory: ClusterDirectory;
  readonly reader: Pick<
    StateReader,
    'incidents' | 'incident' | 'faults' | 'counters' | 'spend' | 'search' | 'feedback' | 'notTold' | 'connectionSpans'
  >;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly registry: Registry;
  readonly events: Emitter<DomainEvents>;
  /** Why the daemon is not ready, one sentence each; empty when it is. */
  readonly notReady: () => readonly string[];
  /** What is wrong and is shown: of clusters, and of none. */
  readonly problems: () => Promise<readonly StandingProblem[]>;
  /** Opens an incident by hand and starts its run. @throws ProblemError for what a person can put right */
  readonly manualTriage: ManualTriage;
  /** Reads the configuration again and takes it over. */
  readonly reload: () => Promise<ReloadAnswer>;
  readonly alerts: AlertsIn;
  readonly silences: SilenceRoutesOptions['silences'];
  /** Answers what people ask about an incident. */
  readonly questions: QuestionAnswerer;
  /** What people do with an incident, and say of its answer. */
  readonly orders: OrderStore & FeedbackStore;
  /** The pages for people; null: there are none. */
  readonly pages: Pages | null;
  readonly slack: SlackIn;
  /** Answers what comes to the MCP server's addresses, which has a gate of its own. */
  readonly mcp: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Pages for people: their addresses, and refusals as pages. */
export interface Pages {
  routes(app: FastifyInstance, gate: PageGate): void;
  refusal(
    asked: Asked & { readonly url: string },
    gate: PageGate,
    refusal: { readonly status: number; readonly problem: Problem },
  ): Promise<string>;
}

/** Where alerts go that Prometheus and Alertmanager send. */
interface AlertsIn {
  /** What senders need: null for no token, undefined when alerts are not taken. */
  readonly token: () => string | null | undefined;
  /** They are on disk when it resolves. @throws ProblemError for a body that is not understood */
  readonly receive: (form: 'api' | 'webhook', body: unknown) => Promise<void>;
}

type ManualTriage = (
  cluster: string,
  kind: string,
  namespace: string | null,
  name: string,
) => Promise<{ readonly incident_id: string; readonly run_id: string }>;
