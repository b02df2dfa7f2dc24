import { SocketModeClient, type SocketModeOptions } from '@slack/socket-mode';
import type { FetchFunction } from '@slack/web-api';
import { untilAborted } from '../../../lib/abort.ts';
import { backoffDelay, type BackoffPolicy } from '../../../lib/backoff.ts';
import { type Clock, delay } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import { errorText, type Problem, problem } from '../../../lib/problem.ts';
import { withTimeLimit } from '../../../lib/time-limit.ts';
import { slackAppTokenRefused, slackSocketDown } from '../../errors.ts';
import { classifySlackError } from '../calls/classify.ts';
import { quietLogger } from '../slack-api.ts';

export interface SocketOptions {
  readonly appToken: string;
  readonly apiUrl: string;
  readonly timeoutMs: number;
  readonly fetch: FetchFunction;
  /** The way of WebSockets where a proxy is needed; the client's own without it. */
  readonly dispatcher?: SocketModeOptions['dispatcher'];
  /**
   * Told of everything that Slack says. Slack is told that it has arrived: at once, or where this gives a promise, when
   * that is fulfilled; otherwise Slack says it again. Must not throw.
   */
  readonly heard: (type: string, body: unknown) => Promise<void> | null;
  readonly connected: () => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** A connection that does not get so far is given up, ms. */
const helloMs = 30_000;
/** For the end of a connection, ms: Slack may not answer. */
const closeMs = 2000;
/** One that stood for less is no sign that all is well, ms. */
const steadyMs = 10_000;
const retry: BackoffPolicy = { initialMs: 1000, maxMs: 60_000 };
/** Failures in a row before a person is told. */
const toleratedFailures = 3;

/**
 * The connection by which Slack tells of clicks and messages (Socket Mode, https://docs.slack.dev/apis/events-api/using-socket-mode):
 * opened with the app-level token, and again whenever it ends; Slack ends each of them after some hours. Its client opens
 * one connection; when the next is opened is decided here, because the client's own retries end in rejections that nobody
 * can catch.
 *
 * new ──start──▶ connecting ⇄ connected, waiting; stop ends each of them.
 */
export class SlackSocket {
  readonly #options: SocketOptions;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isConnected = false;
  #failures = 0;
  #problem: Problem | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** What a person has to put right, null when all is well. */
  problem(): Problem | null {
    return this.#problem;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random, log } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#session();
        log.info({}, 'the connection to Slack ended, another one is opened');
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
      }
      const waitMs = this.#failures === 0 ? 0 : backoffDelay(retry, this.#failures - 1, random);
      await delay(clock, waitMs, signal).catch(() => {});
    }
  }

  /** One connection from its opening to its end. @throws what keeps it from being opened */
  async #session(): Promise<void> {
    const { clock, connected, log } = this.#options;
    const { signal } = this.#abort;
    const client = this.#client();
    const ended = Promise.withResolvers<void>();
    client.on('disconnected', () => ended.resolve());
    try {
      await withTimeLimit(clock, helloMs, signal, () => client.start());
      const since = clock.monotonic();
      this.#isConnected = true;
      this.#problem = null;
      connected();
      log.info({}, 'connected to Slack: buttons and questions are heard');
      await untilAborted(ended.promise, signal);
      this.#failures = clock.monotonic() - since < steadyMs ? this.#failures + 1 : 0;
    } finally {
      this.#isConnected = false;
      await this.#close(client, ended.promise);
    }
  }

  #client(): SocketModeClient {
    const { appToken, apiUrl, timeoutMs, fetch, dispatcher, log } = this.#options;
    const client = new SocketModeClient({
      appToken,
      autoReconnectEnabled: false,
      logger: quietLogger(log),
      ...(dispatcher === undefined ? {} : { dispatcher }),
      clientOptions: { slackApiUrl: apiUrl, timeout: timeoutMs, fetch, retryConfig: { retries: 0 } },
    });
    // It handles messages in an async function: what that throws at a message without its parts would end the process.
    const handlers = client.listeners('ws_message');
    client.removeAllListeners('ws_message');
    client.on('ws_message', (...args: unknown[]) => {
      for (const handle of handlers) {
        Promise.resolve(handle.apply(client, args) as unknown).catch((error: unknown) =>
          log.debug({ err: errorText(error) }, 'something of Slack was not understood'),
        );
      }
    });
    client.on('slack_event', (event: SlackEvent) => this.#take(event));
    return client;
  }

  /** Slack shows a warning to who clicked when it is not told within three seconds. */
  #take({ ack, type, body }: SlackEvent): void {
    const { heard, log } = this.#options;
    const acknowledge = (): void => {
      ack().catch((error: unknown) =>
        log.debug({ err: errorText(error) }, 'Slack could not be told that it was heard'),
      );
    };
    const kept = heard(type, body);
    if (kept === null) acknowledge();
    // Who could not keep it has said so.
    else kept.then(acknowledge, () => {});
  }

  #failed(error: unknown): void {
    const { apiUrl, log } = this.#options;
    const { reaction, message } = classifySlackError(error ?? new Error('closed before it said hello'));
    this.#failures++;
    log.debug({ err: message, failures: this.#failures }, 'no connection to Slack could be opened');
    const { host } = new URL(apiUrl);
    if (reaction === 'stop_all') this.#problem = problem(slackAppTokenRefused, `Slack answered ${message}`);
    else if (this.#failures >= toleratedFailures) {
      this.#problem = problem(slackSocketDown, `no connection by Socket Mode: ${message}`, { host });
    }
  }

  async #close(client: SocketModeClient, ended: Promise<void>): Promise<void> {
    // Its start may go on after it was given up: it is ended as soon as it has something to end.
    client.on('connecting', () => queueMicrotask(() => void client.disconnect().catch(() => {})));
    const closing = client.disconnect().catch(() => {});
    await untilAborted(Promise.race([closing, ended]), AbortSignal.timeout(closeMs)).catch(() => {});
  }
}

interface SlackEvent {
  readonly ack: () => Promise<void>;
  readonly type: string;
  readonly body: unknown;
}
