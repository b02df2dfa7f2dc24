import { type Dispatcher, request } from 'undici';
import { oneLine } from '../../lib/text.ts';
import type { AnswerBudget } from './answer-budget.ts';
import { ConnectionFailure, outcomeOf, type Phase } from './outcome.ts';

/** Where a server is and how it is spoken to; one for each connection. */
export interface McpEndpoint {
  readonly url: URL;
  /** Sent with every request: the bearer key and what the configuration adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
  readonly limits: McpLimits;
  /** Memory for answers, shared by all connections. */
  readonly budget: AnswerBudget;
}

export interface McpLimits {
  /** Largest notification, bytes. */
  readonly maxMessage: number;
  /** Largest answer, bytes. */
  readonly maxResponse: number;
}

export interface McpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly phase: Phase;
}

export type McpResponse = Dispatcher.ResponseData;

const excerptBytes = 2000;

/**
 * One HTTP request to a server; resolves with a 2xx answer whose body is still to be read. Redirects are not followed.
 * Time limits are the signal's.
 *
 * @throws ConnectionFailure
 */
export async function mcpRequest(endpoint: McpEndpoint, wanted: McpRequest): Promise<McpResponse> {
  let response: McpResponse;
  try {
    response = await request(wanted.url, {
      method: wanted.method,
      headers: { ...endpoint.headers, ...wanted.headers },
      ...(wanted.body === undefined ? {} : { body: wanted.body }),
      dispatcher: endpoint.dispatcher,
      signal: wanted.signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  } catch (error) {
    throw failure(error, wanted.signal);
  }
  // What breaks after this is told by the reading; without a listener it would end the process.
  response.body.on('error', () => {});
  if (response.statusCode >= 200 && response.statusCode < 300) return response;
  const said = await readStart(response);
  throw new ConnectionFailure({
    kind: 'http',
    status: response.statusCode,
    during: wanted.phase,
    detail: hideSecrets(describe(response, said), endpoint.headers),
    retryAfterMs: retryAfter(headerOf(response, 'retry-after')),
  });
}

/** One header of an answer, empty when it is not there. */
export function headerOf(response: McpResponse, name: string): string {
  const value = response.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** The failure of a request or of a read: the signal's own reason when it was the signal that ended it. */
export function failure(error: unknown, signal: AbortSignal): ConnectionFailure {
  const reason: unknown = signal.aborted ? signal.reason : error;
  return reason instanceof ConnectionFailure ? reason : new ConnectionFailure(outcomeOf(reason), { cause: error });
}

/** Reads what may be kept of an answer that is no success, and lets the rest go. */
async function readStart(response: McpResponse): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const cut = setTimeout(() => response.body.destroy(), 1000);
  cut.unref();
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= excerptBytes) break;
    }
  } catch {
    // The status is what counts.
  } finally {
    clearTimeout(cut);
    response.body.destroy();
  }
  return Buffer.concat(chunks).toString('utf8', 0, excerptBytes);
}

function describe(response: McpResponse, said: string): string {
  const location = headerOf(response, 'location');
  if (location !== '') return oneLine(`redirects to ${withoutQuery(location)}`, 200);
  const html = /html/.test(headerOf(response, 'content-type'));
  return oneLine(html ? said.replace(/<[^>]*>/g, ' ') : said, 200) || 'no text';
}

function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}

/** A server may repeat our headers in its answer: their values must not come into logs. */
function hideSecrets(text: string, headers: Readonly<Record<string, string>>): string {
  let hidden = text;
  for (const value of Object.values(headers)) {
    for (const secret of [value, value.replace(/^Bearer /, '')]) {
      if (secret.length >= 4) hidden = hidden.replaceAll(secret, '***');
    }
  }
  return hidden;
}

const longestRetryAfterMs = 10 * 60_000;

/** Retry-After in seconds or as a date (RFC 9110, section 10.2.3), in ms and bounded. */
function retryAfter(value: string): number | null {
  if (value === '') return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, longestRetryAfterMs) : null;
}
