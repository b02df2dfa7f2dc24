import { untilAborted } from '../../lib/abort.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { ReadError } from '../cluster-reader.ts';
import type { ApiAccess, ApiConnection } from '../credential/api-access.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: Buffer;
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
export async function apiGet(
  access: ApiAccess,
  path: string,
  accept: string,
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  const ended = AbortSignal.any([signal, deadline]);
  try {
    const once = async (): Promise<ApiAnswer> => {
      const connection = await untilAborted(connected(access), ended);
      return await exchange(connection, path, accept, limits.maxBytes, ended);
    };
    const answer = await once();
    return answer.status === 401 && access.refused() ? await once() : answer;
  } catch (error) {
    if (deadline.aborted && !signal.aborted) {
      throw new ReadError('timeout', `no answer within ${limits.timeoutMs} ms`, { cause: error });
    }
    if (error instanceof ReadError) throw error;
    throw new ReadError('unreachable', `the API server cannot be reached: ${errorText(error)}`, { cause: error });
  }
}

async function exchange(
  { dispatcher, server, headers }: ApiConnection,
  path: string,
  accept: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const url = new URL(`${server}${path}`);
  const answer = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    headers: { accept, ...headers },
    signal,
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new ReadError('too_large', `the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: answer.statusCode, body: Buffer.concat(chunks) };
}

async function connected(access: ApiAccess): Promise<ApiConnection> {
  try {
    return await access.connect();
  } catch (error) {
    throw new ReadError('unauthorized', `no credentials: ${errorText(error)}`, { cause: error });
  }
}

/** The error of an answer that is no success: by status, with the message of the API's Status object. */
export function statusError(answer: ApiAnswer): ReadError {
  const message = `${answer.status}: ${statusMessage(answer.body)}`;
  if (answer.status === 401) return new ReadError('unauthorized', message);
  if (answer.status === 403) return new ReadError('forbidden', message);
  if (answer.status === 404 || answer.status === 405) return new ReadError('unsupported', message);
  if (answer.status === 429 || answer.status >= 500) return new ReadError('unreachable', message);
  return new ReadError('invalid', message);
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
