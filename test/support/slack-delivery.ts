import type { FetchFunction } from '@slack/web-api';
import { Registry } from 'prom-client';
import { silentLogger } from '../../src/lib/log.ts';
import { createNotifications, type Notifications } from '../../src/notify/notifications.ts';
import { slackNotifier, type SlackNotifierOptions } from '../../src/notify/slack/web-api-notifier.ts';
import { findingsSample } from './findings-sample.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { evidenceSample, verdictSample } from './report-sample.ts';
import { SlackServer } from './slack-server.ts';

/** A real Slack client, a local Slack and an outbox, with time in the test's hand. */
export class SlackDelivery {
  readonly clock = new ManualClock();
  readonly outbox = new MemoryOutbox();
  readonly slack: SlackServer;
  registry = new Registry();
  notifications: Notifications;
  readonly #over: Partial<SlackNotifierOptions>;
  #running = false;
  #requests = 0;

  private constructor(slack: SlackServer, over: Partial<SlackNotifierOptions>) {
    this.slack = slack;
    this.#over = over;
    this.notifications = this.#create();
  }

  static async start(over: Partial<SlackNotifierOptions> = {}): Promise<SlackDelivery> {
    const delivery = new SlackDelivery(await SlackServer.start(), over);
    await delivery.startProcess();
    return delivery;
  }

  async startProcess(): Promise<void> {
    this.registry = new Registry();
    this.notifications = this.#create();
    await this.notifications.start();
    this.#running = true;
  }

  /** What kill -9 leaves: rows as they are, and nobody that works on them. */
  async kill(): Promise<void> {
    this.#running = false;
    const rows = new Map(this.outbox.rows);
    await this.notifications.stop(AbortSignal.abort());
    for (const [id, row] of rows) this.outbox.rows.set(id, row);
  }

  /** Lets time pass, from timer to timer, until `done`; fails after `limitMs` of the manual clock. */
  async until(done: () => boolean, what: string, limitMs = 30_000): Promise<void> {
    const { clock } = this;
    const end = clock.now() + limitMs;
    const realEnd = performance.now() + 10_000;
    for (;;) {
      await settle(() => done() || this.#requests > 0);
      if (done()) return;
      // A request over the loopback needs real time: the clock does not move for it.
      if (this.#requests > 0 && performance.now() < realEnd) continue;
      if (clock.now() >= end) throw new Error(`not within ${limitMs} ms: ${what} (${this.outbox.statuses.join()})`);
      const next = Math.min(clock.nextTimer ?? end, end);
      await clock.advance(Math.max(1, next - clock.now()));
    }
  }

  get idle(): boolean {
    return this.outbox.statuses.every((status) => status === 'sent' || status === 'superseded' || status === 'dead');
  }

  async close(): Promise<void> {
    if (this.#running) await this.notifications.stop(AbortSignal.abort());
    await this.slack.close();
  }

  #create(): Notifications {
    const { clock } = this;
    const notifier = slackNotifier({
      token: 'xoxb-test',
      channel: '#incidents',
      channelOf: () => null,
      apiUrl: this.slack.url,
      publicUrl: null,
      timeoutMs: 1500,
      fetch: (url, init) => this.#fetch(url, init),
      clock,
      random: () => 0.5,
      log: silentLogger,
      kept: async () => ({ verdict: verdictSample(), findings: findingsSample({ evidence: [evidenceSample()] }) }),
      ...this.#over,
    });
    return createNotifications({
      store: this.outbox,
      notifiers: [notifier],
      registry: this.registry,
      clock,
      random: () => 0.5,
      log: silentLogger,
    });
  }

  async #fetch(url: string | URL, init?: FetchRequestInit): Promise<Response> {
    this.#requests++;
    try {
      const response = await fetch(url, init);
      const text = await response.text();
      return new Response(text, { status: response.status, headers: response.headers });
    } finally {
      this.#requests--;
    }
  }
}

type FetchRequestInit = Parameters<FetchFunction>[1];

/** Gives promises and sockets some turns. */
async function settle(done: () => boolean): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  for (let turn = 0; turn < 10 && !done(); turn++) await new Promise((resolve) => setImmediate(resolve));
}
