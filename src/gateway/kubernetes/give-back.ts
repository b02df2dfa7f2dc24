import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { oneLine } from '../../lib/text.ts';
import { tableText } from './kept-answers.ts';
import { type Answer, type AnswerMemory, type Exchange, NoAnswer } from './exchange.ts';
import { parseJson } from './json.ts';
import { LineSplitter, LogRedactor } from './lines.ts';
import { type AnswerRules, redactAnswer, redactInTurns } from './redact-answer.ts';
import { sendStatus } from './status.ts';

/** Schemas and discovery, and logs, bytes: they are not held, only counted. */
const maxStreamed = 64 * 1024 * 1024;
const maxError = 256 * 1024;

/** Gives an answer of the API server to the agent. @throws NoAnswer while nothing of it has been given */
export async function giveBack(exchange: Exchange, answer: Answer, signal: AbortSignal): Promise<void> {
  const { statusCode } = answer;
  const { response, decision } = exchange;
  if (statusCode >= 300 && statusCode < 400) throw new NoAnswer(502, `the API server answered ${statusCode}`);
  if (exchange.method === 'HEAD') {
    response.writeHead(statusCode, { 'content-type': contentType(answer) });
    response.end();
    return;
  }
  if (statusCode >= 400) return await giveError(exchange, answer);
  if (decision.form === 'log') return await giveLog(exchange, answer, signal);
  const type = contentType(answer);
  const isText = decision.form === 'document' && /^text\/plain\b/.test(type);
  if (!isText && !/^application\/json\b/.test(type)) {
    throw new NoAnswer(502, `the API server answered with ${type}, which is no JSON`);
  }
  if (decision.form === 'document') return await giveDocument(exchange, answer, signal);
  if (decision.form === 'watch') return await giveWatch(exchange, answer, signal);
  await giveObjects(exchange, answer, signal);
}

function contentType(answer: Answer): string {
  const value = answer.headers['content-type'];
  const text = typeof value === 'string' ? value : '';
  return /^[\w/+.;= -]{1,200}$/.test(text) ? text : 'application/octet-stream';
}

/** An error of the API is a `Status`; what is none (a page of a proxy) is told, not shown. */
async function giveError({ response, upstream: { redact, memory } }: Exchange, answer: Answer): Promise<void> {
  const held = new Held(memory);
  const text = await readWhole(answer, maxError, held).finally(() => held.give());
  const parsed = parseJson(text);
  const message = (parsed as { message?: unknown } | null | undefined)?.message;
  const { statusCode } = answer;
  const said =
    typeof message === 'string'
      ? message
      : `the API server answered ${statusCode} with something that is no answer of Kubernetes`;
  sendStatus(response, statusCode, redact.text(oneLine(said, 2000)));
}

/** Held until it is given, so that who asks for much and takes nothing is bounded too. */
async function giveObjects(exchange: Exchange, answer: Answer, signal: AbortSignal): Promise<void> {
  const { response, upstream } = exchange;
  const held = new Held(upstream.memory);
  try {
    const parsed = parseJson(await readWhole(answer, upstream.maxResponse, held));
    if (parsed === undefined) throw new NoAnswer(502, 'the API server answered with something that is no JSON');
    const clean = await redactInTurns(parsed, redaction(exchange));
    signal.throwIfAborted();
    const body = `${JSON.stringify(clean)}\n`;
    // Where Secrets are shown whole, what is kept and published is not.
    const { ofSecrets, keepSecrets } = redaction(exchange);
    if (!(ofSecrets && keepSecrets)) keep(exchange, clean, body);
    const headers = { 'content-type': contentType(answer), 'content-length': Buffer.byteLength(body) };
    response.writeHead(answer.statusCode, headers);
    const given = Promise.race([once(response, 'finish', { signal }), once(response, 'close', { signal })]);
    response.end(body);
    await given;
  } finally {
    held.give();
  }
}

function keep({ decision: { asked }, upstream: { kept } }: Exchange, clean: unknown, body: string): void {
  if (kept.room === 0) return;
  const table = tableText(clean);
  if (table !== null) kept.add(asked, 'txt', table);
  // What is cut anyway need not be easy to read.
  else kept.add(asked, 'json', body.length > kept.room ? body : JSON.stringify(clean, null, 2));
}

/** Discovery, schemas, version and health hold no data of anybody. */
async function giveDocument({ response }: Exchange, answer: Answer, signal: AbortSignal): Promise<void> {
  response.writeHead(answer.statusCode, { 'content-type': contentType(answer) });
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxStreamed) throw new NoAnswer(502, 'the document is too large');
    await write(response, chunk, signal);
  }
  response.end();
}

async function giveWatch(exchange: Exchange, answer: Answer, signal: AbortSignal): Promise<void> {
  const { response, upstream } = exchange;
  const rules = redaction(exchange);
  const lines = new LineSplitter(upstream.maxResponse, true);
  response.writeHead(answer.statusCode, { 'content-type': contentType(answer) });
  response.flushHeaders();
  const give = async (line: Buffer): Promise<void> => {
    const event = parseJson(line.toString('utf8'));
    if (event === undefined) throw new Error('an event of the watch is no JSON');
    await write(response, Buffer.from(`${JSON.stringify(redactAnswer(event, rules))}\n`), signal);
  };
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    for (const line of lines.next(chunk)) if (line.length > 0) await give(line);
  }
  const rest = lines.end();
  if (rest.length > 0) await give(rest);
  response.end();
}

async function giveLog({ response, decision, upstream }: Exchange, answer: Answer, signal: AbortSignal): Promise<void> {
  const lines = new LineSplitter();
  const log = new LogRedactor(upstream.redact);
  const kept: string[] = [];
  let room = upstream.kept.room;
  let size = 0;
  response.writeHead(answer.statusCode, { 'content-type': 'text/plain; charset=utf-8' });
  response.flushHeaders();
  const give = async (line: Buffer, end: string): Promise<void> => {
    const text = `${log.line(line.toString('utf8'))}${end}`;
    if (room > 0) kept.push(text.slice(0, room));
    room -= text.length;
    await write(response, Buffer.from(text), signal);
  };
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxStreamed) break;
      for (const line of lines.next(chunk)) await give(line, '\n');
    }
    const rest = lines.end();
    if (rest.length > 0) await give(rest, '');
  } finally {
    upstream.kept.add(decision.asked, 'log', kept.join(''));
  }
  response.end();
}

function redaction({ decision: { asked }, upstream: { redact, secrets } }: Exchange): AnswerRules {
  const ofSecrets = asked.group === '' && asked.resource === 'secrets';
  return { redact, ofSecrets, keepSecrets: secrets === 'allow' };
}

/** What one answer takes of the memory for all. */
class Held {
  readonly #memory: AnswerMemory;
  #bytes = 0;

  constructor(memory: AnswerMemory) {
    this.#memory = memory;
  }

  take(bytes: number): boolean {
    const taken = this.#memory.take(bytes);
    if (taken) this.#bytes += bytes;
    return taken;
  }

  give(): void {
    this.#memory.give(this.#bytes);
    this.#bytes = 0;
  }
}

/** @throws NoAnswer over the limit, and when too much is held already */
async function readWhole(answer: Answer, max: number, held: Held): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > max) {
      throw new NoAnswer(413, `the answer is larger than ${max} bytes: ask for less (a namespace, -l, --chunk-size)`);
    }
    if (!held.take(chunk.length)) throw new NoAnswer(503, 'too many large answers at the same time: ask again');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Holds the cluster back when the agent does not read. */
async function write(response: ServerResponse, chunk: Buffer, signal: AbortSignal): Promise<void> {
  if (!response.write(chunk)) await once(response, 'drain', { signal });
}
