import { type ErrorEvent, EventSource } from 'eventsource';
import { z } from 'zod';
import type { Locations } from '../config/locations.ts';
import type { NamedObject } from '../domain/fault.ts';
import type { StoredFileName } from '../domain/history.ts';
import type { IncidentOrder } from '../domain/incident.ts';
import type { FeedbackRating } from '../domain/history.ts';
import { type ClustersJson, clustersSchema } from '../domain/wire/cluster.ts';
import { feedbackSchema } from '../domain/wire/feedback.ts';
import { incidentSchema } from '../domain/wire/incident.ts';
import { type QuestionAnswerJson, questionAnswerSchema } from '../domain/wire/question.ts';
import { cliAgent, silenceSchema } from '../domain/wire/silence.ts';
import { onAbort } from '../lib/abort.ts';
import { encodedPath } from '../lib/http/encoded-path.ts';
import { causeOf, errorText, ProblemError } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import { parseJson } from '../lib/untrusted/parse-json.ts';
import { daemonRefused, daemonUnreachable, healthOff } from './errors.ts';

const answerTimeoutMs = 30_000;
/** An agent may be at it: `agent.questions.timeout` is four minutes at most. */
const askTimeoutMs = 5 * 60_000;
const maxAnswerBytes = 16 * 1024 * 1024;

/** What the daemon says on its event stream (names of server-sent events). */
const eventNames = [
  'connection',
  'fault',
  'incident',
  'run',
  'delivery',
  'silence',
  'feedback',
  'question',
  'message',
] as const;

/** What a newer daemon says beyond what is known here is printed too. */
const answerSchema = incidentSchema.loose();
export type IncidentAnswer = z.infer<typeof answerSchema>;

const feedbackAnswerSchema = feedbackSchema.loose();

const silenceAnswerSchema = silenceSchema.loose();
type SilenceAnswer = z.infer<typeof silenceAnswerSchema>;
const madeSilenceSchema = silenceAnswerSchema.extend({ fits: z.int() });

/** A silence as it is asked for. */
interface NewSilence {
  readonly matchers: readonly string[];
  readonly duration: string;
  readonly author: string;
  readonly comment: string;
}

const openedSchema = z.object({ incident_id: z.string(), run_id: z.string() });

export interface Follower {
  onOpen(again: boolean): void;
  /** The connection is lost and opened again. */
  onLost(): void;
  /** Data that is no JSON comes as its text. */
  onEvent(event: string, data: unknown): void;
}

/** Talks to a running daemon over its HTTP server. */
export class DaemonClient {
  readonly url: string;
  /** Where people open its pages. */
  readonly pages: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;

  /** @throws ProblemError when the server is turned off */
  constructor(locations: Pick<Locations, 'url' | 'token' | 'publicUrl'>, fetchFn: typeof fetch) {
    if (locations.url === null) throw new ProblemError(healthOff, 'health.port is 0');
    this.url = locations.url;
    this.pages = locations.publicUrl ?? locations.url;
    const { token } = locations;
    this.#headers = { 'user-agent': cliAgent, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    this.#fetch = fetchFn;
  }

  /** Whether a daemon answers there. Never rejects. */
  async isUp(signal: AbortSignal): Promise<boolean> {
    try {
      const response = await this.#fetch(`${this.url}/health/live`, { signal: limit(signal, 2000) });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  /** Opens an incident by hand and starts its run. @throws ProblemError */
  async triage(cluster: string, ref: NamedObject, signal: AbortSignal): Promise<z.infer<typeof openedSchema>> {
    return this.#request('/api/triage', openedSchema, signal, { cluster, ...ref });
  }

  /** What health shows: clusters and problems. @throws ProblemError */
  async clusters(signal: AbortSignal): Promise<ClustersJson> {
    return this.#request('/health/clusters', clustersSchema, signal);
  }

  /** @throws ProblemError */
  async incident(id: string, signal: AbortSignal): Promise<IncidentAnswer> {
    return this.#request(`/api/incidents/${encodeURIComponent(id)}`, answerSchema, signal);
  }

  /** One stored file of an incident, null when it is not there. @throws ProblemError */
  async storedFile({ cluster, incidentId, path }: StoredFileName, signal: AbortSignal): Promise<Buffer | null> {
    const at = `${encodeURIComponent(cluster)}/${encodeURIComponent(incidentId)}/${encodedPath(path)}`;
    const response = await this.#send(`/reports/${at}`, limit(signal, answerTimeoutMs));
    const content = Buffer.from(await response.arrayBuffer());
    if (response.status === 404) return null;
    if (!response.ok) throw refusal(this.url, response.status, content.toString('utf8'));
    return content;
  }

  /** What a person does with an incident. @throws ProblemError */
  async order(
    id: string,
    kind: IncidentOrder['kind'],
    body: { readonly author: string; readonly comment: string },
    signal: AbortSignal,
  ): Promise<IncidentAnswer> {
    return this.#request(`/api/incidents/${encodeURIComponent(id)}/${kind}`, answerSchema, signal, body);
  }

  /** What a person says of the answer of an incident. @throws ProblemError */
  async giveFeedback(
    id: string,
    body: { readonly rating: FeedbackRating; readonly author: string; readonly comment: string },
    signal: AbortSignal,
  ): Promise<z.infer<typeof feedbackAnswerSchema>> {
    return this.#request(`/api/incidents/${encodeURIComponent(id)}/feedback`, feedbackAnswerSchema, signal, body);
  }

  /** @throws ProblemError */
  async ask(
    id: string,
    body: { readonly question: string; readonly author: string; readonly agent: boolean },
    signal: AbortSignal,
  ): Promise<QuestionAnswerJson> {
    const path = `/api/incidents/${encodeURIComponent(id)}/ask`;
    return this.#request(path, questionAnswerSchema, signal, body, askTimeoutMs);
  }

  /** `fits`: how many active faults it fits. @throws ProblemError */
  async addSilence(silence: NewSilence, signal: AbortSignal): Promise<z.infer<typeof madeSilenceSchema>> {
    return this.#request('/api/silences', madeSilenceSchema, signal, silence);
  }

  /** @throws ProblemError */
  async endSilence(id: string, author: string, signal: AbortSignal): Promise<SilenceAnswer> {
    const path = `/api/silences/${encodeURIComponent(id)}?author=${encodeURIComponent(author)}`;
    return this.#request(path, silenceAnswerSchema, signal, 'DELETE');
  }

  /** Follows the events until the signal. After the first connection, a lost one is opened again. @throws ProblemError */
  follow(follower: Follower, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const source = new EventSource(`${this.url}/api/events`, {
        fetch: (url, init) => this.#fetch(url, { ...init, headers: { ...init.headers, ...this.#headers } }),
      });
      let connected = false;
      source.addEventListener('open', () => {
        follower.onOpen(connected);
        connected = true;
      });
      source.addEventListener('error', (event) => {
        if (signal.aborted) return;
        // A refusal closes the source for good; a lost connection it opens again by itself.
        if (connected && source.readyState !== EventSource.CLOSED) return follower.onLost();
        source.close();
        letGo();
        reject(streamFailure(this.url, event));
      });
      for (const name of eventNames) {
        source.addEventListener(name, (event: MessageEvent) => {
          const text = String(event.data);
          follower.onEvent(name, parseJson(text) ?? text);
        });
      }
      const letGo = onAbort(signal, () => {
        source.close();
        resolve();
      });
    });
  }

  /** A JSON answer that fits the schema; an object is the body of a POST. @throws ProblemError */
  async #request<T>(
    path: string,
    schema: z.ZodType<T>,
    signal: AbortSignal,
    body?: object | 'DELETE',
    timeoutMs = answerTimeoutMs,
  ): Promise<T> {
    const response = await this.#send(path, limit(signal, timeoutMs), body);
    const text = await response.text();
    if (!response.ok) throw refusal(this.url, response.status, text);
    const parsed = schema.safeParse(text.length > maxAnswerBytes ? null : parseJson(text));
    if (parsed.success) return parsed.data;
    throw new ProblemError(daemonRefused, `the daemon at ${this.url} gave an unknown answer to ${path}`);
  }

  async #send(path: string, signal: AbortSignal, body?: object | 'DELETE'): Promise<Response> {
    const posted = typeof body === 'object' ? body : null;
    try {
      return await this.#fetch(`${this.url}${path}`, {
        method: typeof body === 'object' ? 'POST' : (body ?? 'GET'),
        headers: { ...this.#headers, ...(posted === null ? {} : { 'content-type': 'application/json' }) },
        signal,
        ...(posted === null ? {} : { body: JSON.stringify(posted) }),
      });
    } catch (error) {
      throw unreachable(this.url, error);
    }
  }
}

/** The problem of a daemon that does not answer; says what the network said. */
function unreachable(url: string, error: unknown): ProblemError {
  const reason = errorText(causeOf(error));
  return new ProblemError(daemonUnreachable, `no daemon answers at ${url}: ${reason}`, { cause: error });
}

function streamFailure(url: string, event: ErrorEvent): ProblemError {
  if (event.code !== undefined) {
    return new ProblemError(daemonRefused, `the daemon at ${url} answered ${event.code} to /api/events`);
  }
  return new ProblemError(daemonUnreachable, `no daemon answers at ${url}: ${event.message ?? 'connection failed'}`);
}

const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string(), fix: z.string() }) });

/** The daemon's own problem when it gave one. */
function refusal(url: string, status: number, text: string): ProblemError {
  const said = refusalSchema.safeParse(parseJson(text)).data?.error;
  const reason = oneLine(said?.message ?? text, 300);
  const message = `the daemon at ${url} answered ${status}${reason === '' ? '' : `: ${reason}`}`;
  const kind = said ? { ...daemonRefused, code: oneLine(said.code, 40), fix: oneLine(said.fix, 300) } : daemonRefused;
  return new ProblemError(kind, message);
}

function limit(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}
