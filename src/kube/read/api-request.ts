import type { Dispatcher } from 'undici';
import { untilAborted } from '../../lib/abort.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { ReadError, type ReadFailure } from '../cluster-reader.ts';
import type { ApiAccess, ApiConnection } from '../credential/api-access.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** When the server wants to be asked again, ms; null when it does not say. */
  readonly retryAfterMs: number | null;
  /** The time that the server put on its answer, ms since the epoch; null when it did not. */
  readonly date: number | null;
}

export interface ApiRequestLimits {
  /** One call, milliseconds. */
  readonly timeoutMs: number;
  /** One answer, bytes. */
  readonly maxBytes: number;
}

/**
 * One GET with the credentials of a kubeconfig. Answers below 500 come back with their status; the rest throws.
 * @throws ReadError `unreachable`, `timeout`, `too_large`, `unauthorized` (no credential can be had)
 */
export function apiGet(
  access: ApiAccess,
  path: string,
  accept: string,
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  return askWhole(access, { path, method: 'GET', headers: { accept } }, limits, signal);
}

/** The same for a POST of JSON: for reviews, which change nothing. @throws ReadError as `apiGet` */
export function apiPost(
  access: ApiAccess,
  path: string,
  body: string,
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  return askWhole(access, { path, method: 'POST', headers, body }, limits, signal);
}

async function askWhole(
  access: ApiAccess,
  asked: Asked,
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  const ended = AbortSignal.any([signal, deadline]);
  try {
    const { body, ...head } = await opened(access, asked, ended);
    return { ...head, body: await wholeBody(body, limits.maxBytes) };
  } catch (error) {
    if (deadline.aborted && !signal.aborted) {
      throw new ReadError('timeout', `no answer within ${limits.timeoutMs} ms`, { cause: error });
    }
    if (error instanceof ReadError) throw error;
    throw unreachable(error);
  }
}

/** What the network or TLS says of an API server. */
export function unreachable(error: unknown): ReadError {
  return new ReadError('unreachable', `the API server cannot be reached: ${errorText(error)}`, { cause: error });
}

/** Of an answer that refuses a credential so much is read, so that its connection can be used again, bytes. */
const maxRefusalBytes = 64 * 1024;

/** An answer whose body is still to be read. */
export interface OpenAnswer extends Omit<ApiAnswer, 'body'> {
  readonly body: AsyncIterable<Buffer>;
}

/** Asks and gives the answer as soon as its headers are there. Whatever is thrown is of the network, of the signal, or a ReadError. */
export async function openBody(
  access: ApiAccess,
  path: string,
  accept: string,
  signal: AbortSignal,
): Promise<OpenAnswer> {
  return await opened(access, { path, method: 'GET', headers: { accept } }, signal);
}

interface Asked {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A credential that is refused may have been replaced meanwhile: it is asked once more with the one that is there now. */
async function opened(access: ApiAccess, asked: Asked, signal: AbortSignal): Promise<OpenAnswer> {
  let answer = await sent(access, asked, signal);
  if (answer.statusCode === 401 && access.refused()) {
    await answer.body.dump({ limit: maxRefusalBytes, signal });
    answer = await sent(access, asked, signal);
  }
  const date = Date.parse(String(answer.headers['date'] ?? ''));
  return {
    status: answer.statusCode,
    body: answer.body as AsyncIterable<Buffer>,
    retryAfterMs: retryAfter(answer.headers['retry-after']),
    date: Number.isNaN(date) ? null : date,
  };
}

async function sent(access: ApiAccess, asked: Asked, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const { dispatcher, server, headers } = await untilAborted(connected(access), signal);
  const url = new URL(`${server}${asked.path}`);
  return await dispatcher.request({
    ...asked,
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    headers: { ...asked.headers, ...headers },
    signal,
  });
}

/** @throws ReadError `too_large` */
export async function wholeBody(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new ReadError('too_large', `the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Seconds, as Kubernetes writes it. */
function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds >= 0 && header !== '' ? seconds * 1000 : null;
}

/** An answer as JSON. @throws ReadError `invalid` */
export function parsedBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ReadError('invalid', 'the answer is no JSON', { cause: error });
  }
}

async function connected(access: ApiAccess): Promise<ApiConnection> {
  try {
    return await access.connect();
  } catch (error) {
    // The way to the server says itself what it lacks, which need not be a credential.
    if (error instanceof ReadError) throw error;
    const known = error instanceof ProblemError ? { problem: error.toProblem() } : {};
    throw new ReadError('unauthorized', `no credentials: ${errorText(error)}`, { cause: error, ...known });
  }
}

/** The error of an answer that is no success: by status, with the message of the API's Status object. */
export function statusError(answer: ApiAnswer): ReadError {
  const { status, retryAfterMs } = answer;
  const message = `${status}: ${statusMessage(answer.body)}`;
  return new ReadError(failureOfStatus(status), message, { status, retryAfterMs });
}

/** Why a read with this HTTP status gave nothing. */
export function failureOfStatus(status: number): ReadFailure {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 405) return 'unsupported';
  return status === 429 || status >= 500 ? 'unreachable' : 'invalid';
}

function statusMessage(body: Buffer): string {
  const text = body.subarray(0, 4000).toString('utf8');
  try {
    const parsed = JSON.parse(text) as { message?: unknown } | null;
    if (typeof parsed?.message === 'string') return oneLine(parsed.message, 500);
  } catch {
    // Not every answer is a Status object; its start is then the best that there is.
  }
  return oneLine(text, 200);
}
