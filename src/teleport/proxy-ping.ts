import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { errorText } from '../lib/problem.ts';
import { TeleportError } from './errors.ts';

/** What a Teleport proxy says of itself to anybody. */
export interface ProxyPing {
  readonly serverVersion: string;
  /** The oldest client that it takes; null when it does not say. */
  readonly minClientVersion: string | null;
  /** Its root cluster. */
  readonly clusterName: string;
}

/** The way to a server, by the proxies of the environment. */
export interface Ways {
  of(server: URL): Dispatcher;
}

const answerMs = 10_000;
const maxBytes = 1024 * 1024;

const pingSchema = z.looseObject({
  server_version: z.string(),
  min_client_version: z.string().optional(),
  cluster_name: z.string().default(''),
});

/** `GET https://PROXY/webapi/ping`, without a login. @throws TeleportError `unreachable` */
export async function pingProxy(proxy: string, ways: Ways, signal: AbortSignal): Promise<ProxyPing> {
  try {
    const url = new URL(`https://${proxy}/webapi/ping`);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const answer = await request(url, {
      dispatcher: ways.of(url),
      signal: limited,
      headers: { accept: 'application/json' },
    });
    const text = await wholeText(answer.body, answer.statusCode);
    const {
      server_version: serverVersion,
      min_client_version: min,
      cluster_name: clusterName,
    } = pingSchema.parse(JSON.parse(text));
    return { serverVersion, minClientVersion: min === undefined || min === '' ? null : min, clusterName };
  } catch (error) {
    signal.throwIfAborted();
    const reason =
      error instanceof z.ZodError || error instanceof SyntaxError
        ? 'what answers is no Teleport proxy'
        : errorText(error);
    throw new TeleportError('unreachable', `the proxy ${proxy} cannot be reached: ${reason}`, { proxy });
  }
}

async function wholeText(body: AsyncIterable<Buffer>, status: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  if (status !== 200) throw new Error(`it answered ${status}`);
  return Buffer.concat(chunks).toString('utf8');
}
