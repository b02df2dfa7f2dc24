import { z } from 'zod';
import type { Locations } from '../config/locations.ts';
import { errorText, ProblemError } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import { daemonRefused, daemonUnreachable, healthOff } from './errors.ts';

const answerTimeoutMs = 30_000;
const maxAnswerBytes = 16 * 1024 * 1024;

/** Talks to a running daemon over its HTTP server (CONTRACT.md section 3). */
export class DaemonClient {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;

  /** @throws ProblemError when the server is turned off */
  constructor(locations: Locations, fetchFn: typeof fetch) {
    if (locations.url === null) throw new ProblemError(healthOff, 'health.port is 0');
    this.url = locations.url;
    this.headers = locations.token === null ? {} : { authorization: `Bearer ${locations.token}` };
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

  /** A JSON answer that fits the schema. @throws ProblemError */
  async request<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal, body?: object): Promise<T> {
    const response = await this.#send(path, signal, body);
    const text = await response.text();
    if (!response.ok) {
      throw refusal(this.url, response.status, text);
    }
    const parsed = schema.safeParse(text.length > maxAnswerBytes ? null : parseJson(text));
    if (!parsed.success)
      throw new ProblemError(daemonRefused, `the daemon at ${this.url} gave an unknown answer to ${path}`);
    return parsed.data;
  }

  async #send(path: string, signal: AbortSignal, body?: object): Promise<Response> {
    try {
      return await this.#fetch(`${this.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        signal: limit(signal, answerTimeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw unreachable(this.url, error);
    }
  }
}

/** The problem of a daemon that does not answer; says what the network said. */
function unreachable(url: string, error: unknown): ProblemError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new ProblemError(daemonUnreachable, `no daemon answers at ${url}: ${errorText(cause)}`, { cause: error });
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function limit(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}
