import { type Dispatcher, errors, request } from 'undici';
import { errorText } from '../../lib/problem.ts';
import type { ProxiedDispatchers } from '../../lib/proxy/proxied-dispatchers.ts';
import { type AnswerReader, answerReader } from './answer-reader.ts';
import type { Outgoing } from './outgoing.ts';
import { type ChargedTokens, type FailureKind, noTokens, type Provider } from './provider.ts';

/** One request to a provider. */
export interface ProviderRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Is taken out of what the provider says of a failure. */
  readonly key: string;
  readonly provider: Provider;
  /** Ways to addresses; one of a proxy that cannot be used is a failure as any other. */
  readonly ways: Pick<ProxiedDispatchers, 'of'>;
  /** Without a byte for so long, also before the first, the answer has failed; ms. */
  readonly idleMs: number;
  readonly maxBytes: number;
  /** Tokens of an answer that the body asks for at most; 0 when it does not say. */
  readonly maxOutput: number;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Exchanged {
  readonly tokens: ChargedTokens;
  /** What a person should know of a failure. */
  readonly failure: { readonly problem: 'modelKeyRefused' | 'modelUnreachable'; readonly detail: string } | null;
}

/** Tokens of output that a request is charged which was given up before the first byte: what it asked for, */
const usualOutput = 32_000;
/** and never more than models write. */
const mostOutput = 128_000;
/** Of what a provider says of a failure. */
const maxFailureBytes = 64 * 1024;
const passedHeaders = [
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'request-id',
  'x-request-id',
  'content-encoding',
];

/**
 * Sends a body to the provider and the answer to the agent as it comes, no faster than the agent reads. Never rejects: a
 * failure before the first byte becomes an answer in the provider's form, one in the middle cuts the connection.
 */
export async function exchange(out: Outgoing, body: Buffer, asked: ProviderRequest): Promise<Exchanged> {
  if (asked.signal.aborted) return fail(out, asked, asked.signal.reason, noTokens);
  let answer: Dispatcher.ResponseData;
  try {
    const { headers, idleMs, signal } = asked;
    const timeouts = { headersTimeout: idleMs, bodyTimeout: idleMs };
    const dispatcher = asked.ways.of(new URL(asked.url));
    answer = await request(asked.url, { method: 'POST', headers, body, dispatcher, signal, ...timeouts });
  } catch (error) {
    // A request that was given up may have been worked on; one that found nobody was not.
    const sent = asked.signal.aborted || error instanceof errors.HeadersTimeoutError;
    return fail(out, asked, error, sent ? unseen(body, asked) : noTokens);
  }
  if (answer.statusCode !== 200) return await passFailure(out, asked, answer);
  const type = headerOf(answer, 'content-type') ?? '';
  if (!/^(?:text\/event-stream|application\/json)\b/.test(type)) {
    discard(answer);
    return fail(out, asked, new Error(`the answer is ${type || 'of no type'}, not one of a model`), noTokens);
  }
  const reader = answerReader(type, asked.provider);
  try {
    await pass(out, answer, reader, asked);
    return { tokens: reader.tokens(body.length), failure: null };
  } catch (error) {
    discard(answer);
    return fail(out, asked, error, out.bytes === 0 ? unseen(body, asked) : reader.tokens(body.length));
  }
}

/** The tokens of a request of whose answer nothing came: it may have been written to its end, and paid. */
function unseen(body: Buffer, { provider, maxOutput }: ProviderRequest): ChargedTokens {
  const output = Math.min(maxOutput > 0 ? maxOutput : usualOutput, mostOutput);
  return { ...answerReader('', provider).tokens(body.length), output };
}

async function pass(
  out: Outgoing,
  answer: Dispatcher.ResponseData,
  reader: AnswerReader,
  { maxBytes, signal }: ProviderRequest,
): Promise<void> {
  out.head(answer.statusCode, { 'content-type': headerOf(answer, 'content-type') ?? '', ...kept(answer) });
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    if (out.bytes + chunk.length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    reader.push(chunk);
    await out.write(chunk, signal);
  }
  out.end();
}

/** A failure of the provider, in its words when they are its words and hold no key. */
async function passFailure(
  out: Outgoing,
  { provider, key }: ProviderRequest,
  answer: Dispatcher.ResponseData,
): Promise<Exchanged> {
  const { statusCode: status } = answer;
  if (status === 401) {
    discard(answer);
    const told = `the provider refuses the key of gateway.models.${provider.name}.api_key`;
    out.json(401, provider.failure('no_key', told));
    return { tokens: noTokens, failure: { problem: 'modelKeyRefused', detail: told } };
  }
  const text = (await boundedText(answer)).replaceAll(key, '<redacted:model_key>');
  const words = parsedObject(text);
  const told = words ?? provider.failure('unavailable', `the provider answered ${status}`);
  // Neither a redirection nor an answer without content is one that a CLI knows.
  out.json(status < 400 ? 502 : status, told, kept(answer));
  const detail = `status ${status}${words === null ? ', and no JSON' : ''}`;
  return { tokens: noTokens, failure: words === null ? { problem: 'modelUnreachable', detail } : null };
}

function fail(out: Outgoing, { provider, signal }: ProviderRequest, error: unknown, tokens: ChargedTokens): Exchanged {
  const given = signal.aborted;
  if (given || out.status !== 0) out.cut(error);
  else {
    const kind: FailureKind = isTimeout(error) ? 'timeout' : 'unavailable';
    out.failure(provider, kind, `nightcrier got no answer of the provider: ${errorText(error)}`);
  }
  return { tokens, failure: given ? null : { problem: 'modelUnreachable', detail: errorText(error) } };
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  );
}

function kept(answer: Dispatcher.ResponseData): Record<string, string> {
  const found = passedHeaders.flatMap((name) => {
    const value = headerOf(answer, name);
    return value === null || (name === 'content-encoding' && answer.statusCode !== 200) ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

function headerOf(answer: Dispatcher.ResponseData, name: string): string | null {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : null;
}

/** Ends the connection of an answer that nobody reads on. */
function discard(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => {}).destroy();
}

/** The first part of a body; nothing when it breaks. */
async function boundedText(answer: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxFailureBytes) break;
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxFailureBytes);
}

function parsedObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
