import { Writable } from 'node:stream';
import pLimit from 'p-limit';
import { Dispatcher } from 'undici';
import type { TeleportPlace } from '../domain/cluster-policy.ts';
import { ReadError } from '../kube/cluster-reader.ts';
import type { Clock } from '../lib/clock.ts';
import type { SpawnResult } from '../lib/process/spawn.ts';
import { asReadError } from './errors.ts';
import { apiRefusal, statusBody } from './kubectl-answer.ts';
import { kubectlCommand, type Tsh } from './tsh.ts';
import { tshFailure } from './tsh-failure.ts';

/** One answer, ms; who asks has a limit of its own, which is shorter. */
const answerMs = 120_000;
/** A watch, and a log that is followed, ms: both are ended by who asked, or by the server. */
const streamMs = 60 * 60_000;
const maxErrorBytes = 64 * 1024;
/** A stream that has not failed by now stands, although nothing has come yet, ms. */
const standsAfterMs = 3000;

type Handler = Dispatcher.DispatchHandler;

/**
 * Carries requests to an API server that can only be reached by kubectl on a Teleport node: a GET becomes
 * `kubectl get --raw 'PATH?QUERY'` over `tsh ssh`, what kubectl writes is the body of the answer, and what it says of an
 * error is the Status object. Everything else is refused: nothing can be changed this way.
 */
export class SshDispatcher extends Dispatcher {
  readonly #tsh: Tsh;
  readonly #clock: Clock;
  readonly #place: TeleportPlace;
  readonly #answers: ReturnType<typeof pLimit>;
  readonly #streams: ReturnType<typeof pLimit>;
  readonly #under = new Set<SshExchange>();

  constructor(tsh: Tsh, place: TeleportPlace, clock: Clock) {
    super();
    this.#tsh = tsh;
    this.#clock = clock;
    this.#place = place;
    this.#answers = pLimit(place.maxSessions);
    this.#streams = pLimit(place.maxSessions);
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    const exchange = new SshExchange(handler);
    if (!exchange.begin()) return true;
    if (options.method !== 'GET') {
      exchange.fail(new ReadError('unsupported', `${options.method} is not carried over tsh ssh: it only reads`));
      return true;
    }
    this.#under.add(exchange);
    const isStream = streams(options.path);
    const slots = isStream ? this.#streams : this.#answers;
    void slots(async () => {
      if (!exchange.aborted) await this.#carry(exchange, options.path, isStream);
    }).finally(() => this.#under.delete(exchange));
    return true;
  }

  /** Ends what is under way. */
  override destroy(...args: readonly unknown[]): Promise<void> {
    for (const exchange of this.#under) exchange.abort(new Error('the way to the cluster was closed'));
    const done = args.find((arg) => typeof arg === 'function') as (() => void) | undefined;
    done?.();
    return Promise.resolve();
  }

  override close(...args: readonly unknown[]): Promise<void> {
    return this.destroy(...args);
  }

  async #carry(exchange: SshExchange, path: string, isStream: boolean): Promise<void> {
    const command = kubectlCommand(this.#place, ['get', '--raw', path]);
    const stands = isStream ? this.#clock.setTimer(() => exchange.start(200), standsAfterMs) : null;
    try {
      const result = await this.#tsh.ssh(this.#place, command, {
        timeoutMs: isStream ? streamMs : answerMs,
        maxOutputBytes: maxErrorBytes,
        signal: exchange.signal,
        pipe: exchange.body,
      });
      this.#end(exchange, result);
    } catch (error) {
      exchange.fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      stands?.cancel();
    }
  }

  #end(exchange: SshExchange, result: SpawnResult): void {
    const failure = tshFailure(result);
    if (failure === null) {
      exchange.start(200);
      exchange.end();
      return;
    }
    const refusal = failure.kind === 'remote' && !exchange.started ? apiRefusal(result.stderr) : null;
    if (refusal !== null) {
      exchange.start(refusal.status, 'application/json');
      exchange.give(Buffer.from(statusBody(refusal)));
      exchange.end();
      return;
    }
    exchange.fail(asReadError(this.#tsh.errorOf(failure, this.#place)));
  }
}

function streams(path: string): boolean {
  const query = new URL(path, 'http://c').searchParams;
  return [query.get('watch'), query.get('follow')].some((value) => value === 'true' || value === '1');
}

/** One request and its answer, in undici's terms: whatever happens, the handler is told of one end. */
class SshExchange implements Dispatcher.DispatchController {
  readonly #handler: Handler;
  readonly #abort = new AbortController();
  started = false;
  paused = false;
  #over = false;
  #resumed: (() => void) | null = null;
  /** Takes what kubectl writes, no faster than the reader does. */
  readonly body = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      this.start(200, /^\s*[{[]/.test(chunk.toString('latin1', 0, 64)) ? 'application/json' : 'text/plain');
      this.give(chunk);
      if (this.paused) this.#resumed = done;
      else done();
    },
  });

  constructor(handler: Handler) {
    this.#handler = handler;
    this.body.on('error', () => {});
  }

  get aborted(): boolean {
    return this.#abort.signal.aborted;
  }

  get reason(): Error | null {
    return this.aborted ? (this.#abort.signal.reason as Error) : null;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** False when it was aborted before it began. */
  begin(): boolean {
    this.#handler.onRequestStart?.(this, null);
    return !this.aborted;
  }

  start(status: number, type = 'application/json'): void {
    if (this.started || this.#over) return;
    this.started = true;
    this.#handler.onResponseStart?.(this, status, { 'content-type': type }, '');
  }

  give(chunk: Buffer): void {
    if (!this.#over) this.#handler.onResponseData?.(this, chunk);
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseEnd?.(this, {});
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseError?.(this, error);
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.#abort.abort(reason);
    this.fail(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    const resumed = this.#resumed;
    this.#resumed = null;
    resumed?.();
  }
}
