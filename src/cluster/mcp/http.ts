import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { onAbort } from '../../lib/abort.ts';
import { oneLine } from '../../lib/text.ts';
import type { Agents } from './agents.ts';
import type { AnswerBudget } from './answer.ts';
import { ConnectionFailure, outcomeOf, type Phase } from './outcome.ts';

/** Where a server is and how it is spoken to; one for each connection. */
export interface McpEndpoint {
  readonly url: URL;
  /** Sent with every request: the bearer key and what the configuration adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly agents: Agents;
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

const excerptBytes = 2000;
const maxHeaderSize = 16 * 1024;
/** What is left of an answer that nobody needs is waited for so long, so that its connection can be used again, ms. */
const restMs = 1000;

/**
 * One HTTP request to a server; resolves with a 2xx answer whose body is still to be read. Redirects are not followed.
 * Time limits are the signal's, and it is not listened to any more once the answer has begun.
 *
 * @throws ConnectionFailure
 */
export async function mcpRequest(endpoint: McpEndpoint, wanted: McpRequest): Promise<IncomingMessage> {
  const response = await exchange(endpoint, wanted);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  const said = await readRest(response);
  throw new ConnectionFailure({
    kind: 'http',
    status,
    during: wanted.phase,
    detail: hideSecrets(describe(response, said), endpoint.headers),
    retryAfterMs: retryAfter(headerOf(response, 'retry-after')),
  });
}

/** Up to the head of the answer. @throws ConnectionFailure */
function exchange(endpoint: McpEndpoint, wanted: McpRequest): Promise<IncomingMessage> {
  const { method, url, body, signal } = wanted;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(url, {
      method,
      headers: { ...endpoint.headers, ...wanted.headers },
      agent: secure ? endpoint.agents.https : endpoint.agents.http,
      maxHeaderSize,
    });
    let connecting = true;
    let letGo = (): void => {};
    request.once('socket', (socket) => {
      connecting = socket.connecting;
      if (connecting) socket.once('connect', () => (connecting = false));
    });
    request.once('response', (response) => {
      letGo();
      // What breaks after this is told by the reading; without a listener it would end the process.
      response.on('error', () => {});
      resolve(response);
    });
    request.on('error', (error) => {
      letGo();
      const failed = failure(error, signal);
      reject(connecting && failed.outcome.kind === 'silent' ? unconnected(failed) : failed);
    });
    letGo = onAbort(signal, (reason) => request.destroy(reason));
    request.end(body);
  });
}

/** Silence before there was a connection is a path that leads nowhere, not a server that hangs. */
function unconnected(silent: ConnectionFailure): ConnectionFailure {
  return new ConnectionFailure({
    kind: 'network',
    cause: 'timeout',
    detail: `no connection: ${silent.outcome.detail}`,
  });
}

/** One header of an answer, empty when it is not there. */
export function headerOf(response: IncomingMessage, name: string): string {
  const value = response.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** Whether an answer is of a media type, whose name has no case and may have parameters (RFC 9110, section 8.3.1). */
export function isOfType(response: IncomingMessage, type: string): boolean {
  return headerOf(response, 'content-type').split(';', 1)[0]?.trim().toLowerCase() === type;
}

/** The failure of a request or of a read: the signal's own reason when it was the signal that ended it. */
export function failure(error: unknown, signal: AbortSignal): ConnectionFailure {
  const reason: unknown = signal.aborted ? signal.reason : error;
  return reason instanceof ConnectionFailure ? reason : new ConnectionFailure(outcomeOf(reason), { cause: error });
}

/** Lets an answer go; what may be kept of it is given back. Never rejects. */
export async function readRest(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const cut = setTimeout(() => response.destroy(), restMs);
  cut.unref();
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= excerptBytes) break;
    }
  } catch {
    // The status is what counts.
  } finally {
    clearTimeout(cut);
    response.destroy();
  }
  return Buffer.concat(chunks).toString('utf8', 0, excerptBytes);
}

function describe(response: IncomingMessage, said: string): string {
  const location = headerOf(response, 'location');
  if (location !== '') return oneLine(`redirects to ${withoutQuery(location)}`, 200);
  const html = /html/i.test(headerOf(response, 'content-type'));
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
