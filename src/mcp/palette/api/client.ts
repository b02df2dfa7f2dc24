import { readFileSync } from 'node:fs';
import type { Dispatcher } from 'undici';
import { untilAborted } from '../../../lib/abort.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorText } from '../../../lib/problem.ts';
import { type ProxyEnvironment, proxyFor } from '../../../lib/proxy/proxy-for.ts';
import { TimeLimitError, withTimeLimit } from '../../../lib/time-limit.ts';
import { ToolError } from '../../tool-error.ts';
import type { PaletteConfig } from '../config.ts';
import { type Asked, type CallName, type PaletteRequest, requestOf } from './calls.ts';
import { answerFailure, networkFailure, shapeFailure } from './failure.ts';
import type { Palette } from './palette-api.ts';
import type { RateWindow } from './rate-window.ts';

/** One request, from when it is sent, ms. */
const requestMs = 15_000;
const maxBytes = 16 * 1024 * 1024;
/** Of an answer that is no success so much is read. */
const maxFailureBytes = 64 * 1024;
/** Further attempts after a 429: Palette says that it is too much, and not until when. */
const maxRepeats = 2;
const defaultPauseMs = 1000;
/** A longer wait is the caller's. */
const longestPauseMs = 5000;

export interface PaletteClientOptions {
  /** With its key. */
  readonly config: PaletteConfig & { readonly api_key: string };
  /** Shared by all clients of an address. */
  readonly window: RateWindow;
  readonly proxies: ProxyEnvironment;
  readonly clock: Clock;
}

/** Loaded with the first request: undici takes 20 MB. */
const connections = () => import('../../../kube/credential/dispatcher.ts');

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly retryAfterMs: number | null;
}

/** Palette over HTTP. It has no log: nothing of a request but its path, and no secret, is in what it throws. */
export class PaletteClient implements Palette {
  readonly demo = false;
  readonly source: string;
  readonly #options: PaletteClientOptions;
  #made: { readonly ca: string | null; readonly dispatcher: Promise<Dispatcher> } | null = null;

  constructor(options: PaletteClientOptions) {
    this.#options = options;
    this.source = new URL(options.config.endpoint).host;
  }

  async ask(name: CallName, asked: Asked, signal: AbortSignal): Promise<unknown> {
    const request = requestOf(name, asked);
    let answer = await this.#sent(request, signal);
    for (let repeats = 0; answer.status === 429 && repeats < maxRepeats; repeats += 1) {
      const pauseMs = answer.retryAfterMs ?? defaultPauseMs * 2 ** repeats;
      if (pauseMs > longestPauseMs) break;
      this.#options.window.pause(pauseMs);
      answer = await this.#sent(request, signal);
    }
    if (answer.status !== 200) {
      const text = this.#withoutSecrets(answer.body.toString('utf8'));
      throw answerFailure({ ...answer, text, asked: request.shown });
    }
    return parsed(answer.body, request.shown);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    const dispatcher = await this.#made?.dispatcher.catch(() => null);
    await dispatcher?.destroy();
  }

  async #sent(request: PaletteRequest, signal: AbortSignal): Promise<Answer> {
    const { window, clock } = this.#options;
    const dispatcher = await untilAborted(this.#connected(), signal);
    await window.turn(signal);
    try {
      return await withTimeLimit(clock, requestMs, signal, (limited) => this.#exchanged(dispatcher, request, limited));
    } catch (error) {
      if (signal.aborted || error instanceof ToolError) throw error;
      if (error instanceof TimeLimitError) throw tooSlow(request.shown);
      throw networkFailure(error);
    }
  }

  async #exchanged(
    dispatcher: Dispatcher,
    { method, path, body }: PaletteRequest,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { endpoint, api_key: key, project_uid: project } = this.#options.config;
    const url = new URL(endpoint.replace(/\/+$/, '') + path);
    const answer = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: {
        accept: 'application/json',
        ApiKey: key,
        ...(project === undefined ? {} : { ProjectUid: project }),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body,
      signal,
    });
    return {
      status: answer.statusCode,
      body: await bounded(answer, maxBytes),
      retryAfterMs: retryAfter(answer.headers['retry-after']),
    };
  }

  /**
   * With what the file of the authority says now: one that was replaced counts at once. @throws ToolError for a proxy or
   * an authority that cannot be used; the next request tries again
   */
  async #connected(): Promise<Dispatcher> {
    try {
      const ca = authorityOf(this.#options.config);
      if (this.#made?.ca !== ca) this.#made = { ca, dispatcher: this.#opened(ca) };
      return await this.#made.dispatcher;
    } catch (error) {
      this.#made = null;
      throw networkFailure(error);
    }
  }

  async #opened(ca: string | null): Promise<Dispatcher> {
    const { dispatcherFor } = await connections();
    const { config, proxies } = this.#options;
    const proxy = proxyFor(new URL(config.endpoint), null, proxies);
    return dispatcherFor({ ca, certificate: null, key: null, serverName: null, verify: true }, proxy);
  }

  /** What Palette says of a failure could be what it was sent. */
  #withoutSecrets(text: string): string {
    const { api_key: key, project_uid: project } = this.#options.config;
    const cleaned = text.replaceAll(key, '<redacted:palette_key>');
    return project === undefined ? cleaned : cleaned.replaceAll(project, '<redacted:palette_project>');
  }
}

function authorityOf({ ca_file: file }: PaletteConfig): string | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`the certificate authority of palette.ca_file cannot be read: ${errorText(error)}`, {
      cause: error,
    });
  }
}

function tooSlow(asked: string): ToolError {
  const seconds = requestMs / 1000;
  return new ToolError('timeout', `Palette has not answered ${asked} within ${seconds} s`, 'Ask again later.');
}

/** A body, whole; of an answer that is no success its beginning. @throws ToolError `too_large` */
async function bounded({ statusCode, body }: Dispatcher.ResponseData, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop ends the answer.
    if (statusCode !== 200 && length > maxFailureBytes) break;
    if (length > limit) {
      const text = `Palette's answer is larger than ${limit / 1024 ** 2} MiB`;
      throw new ToolError('too_large', text, 'Ask for less: a filter, a shorter time.');
    }
  }
  return Buffer.concat(chunks).subarray(0, statusCode === 200 ? length : maxFailureBytes);
}

/** Seconds, as proxies before Palette write it; Palette itself does not say. */
function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = typeof header === 'string' && header.trim() !== '' ? Number(header) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

function parsed(body: Buffer, asked: string): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw shapeFailure(asked, 'it is no JSON');
  }
}
