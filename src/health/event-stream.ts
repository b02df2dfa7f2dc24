import type { ServerResponse } from 'node:http';
import type { DomainEvents } from '../domain/events.ts';
import type { Clock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import { type Every, every } from '../lib/every.ts';
import { HttpProblem, tooManyListeners } from './errors.ts';
import { changeEvent, type StreamEvent } from '../domain/wire/event.ts';
import { connectionJson } from '../domain/wire/cluster.ts';
import type { HealthMetrics } from './metrics.ts';

export interface EventStreamOptions {
  readonly events: Emitter<DomainEvents>;
  readonly clock: Clock;
  readonly metrics: HealthMetrics;
  readonly maxClients: number;
  /** Bytes that may wait for a client that does not read; over it the client is dropped. */
  readonly maxBacklog: number;
  readonly heartbeatMs: number;
}

/**
 * Server-sent events: every change of a connection, fault, incident, run and delivery, as it is committed
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). What is missed while not connected is in the API.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  /** With what each has to show to stay. */
  readonly #clients = new Map<ServerResponse, () => Promise<boolean>>();
  readonly #unsubscribe: (() => void)[];
  readonly #heartbeat: Every;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    const { events, clock } = options;
    this.#unsubscribe = [
      events.on('connection:changed', (status) => {
        this.#send({ event: 'connection', data: connectionJson(status, clock.now()) });
      }),
      events.on('store:changed', (changes) => {
        if (this.#clients.size > 0) for (const change of changes) this.#send(changeEvent(change, clock.now()));
      }),
    ];
    const { heartbeatMs: intervalMs } = options;
    this.#heartbeat = every({ clock, intervalMs, failed: () => {} }, async () => {
      await this.#dismiss();
      this.#write(': \n\n');
    });
    this.#heartbeat.start();
  }

  /**
   * Turns a response into a stream until either side ends it; `mayStay` is asked with each heartbeat.
   * @throws HttpProblem 503 when there are too many
   */
  add(response: ServerResponse, mayStay: () => Promise<boolean>): void {
    if (this.#clients.size >= this.#options.maxClients) {
      this.#options.metrics.streamDropped('too_many');
      throw new HttpProblem(503, tooManyListeners, `there are ${this.#clients.size} listeners already`);
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    response.write(': nightcrier\n\n');
    this.#clients.set(response, mayStay);
    this.#count();
    response.on('error', () => this.#remove(response));
    response.on('close', () => this.#remove(response));
  }

  close(): void {
    void this.#heartbeat.stop();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const client of this.#clients.keys()) client.end();
    this.#clients.clear();
  }

  /** A stream outlives the login that it was opened with: who has signed out, and whose token has changed, hears nothing more. */
  async #dismiss(): Promise<void> {
    await Promise.all(
      [...this.#clients].map(async ([client, mayStay]) => {
        if (await mayStay()) return;
        client.end();
        this.#remove(client);
      }),
    );
  }

  #send({ event, data }: StreamEvent): void {
    if (this.#clients.size === 0) return;
    // JSON has no raw line ends, so a name with a newline cannot begin another event.
    this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #write(text: string): void {
    for (const client of this.#clients.keys()) {
      client.write(text);
      if (client.writableLength <= this.#options.maxBacklog) continue;
      this.#options.metrics.streamDropped('slow');
      client.destroy();
      this.#remove(client);
    }
  }

  #remove(client: ServerResponse): void {
    if (this.#clients.delete(client)) this.#count();
  }

  #count(): void {
    this.#options.metrics.streamClients(this.#clients.size);
  }
}
