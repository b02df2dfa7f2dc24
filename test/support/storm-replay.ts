import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { storePolicy } from '../../src/app/settings.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { FaultSignal, OwnerRef } from '../../src/domain/fault.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { createIntake, type Intake } from '../../src/intake/intake.ts';
import { createStormWatch } from '../../src/intake/storm-watch.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createNotifications, type Notifications } from '../../src/notify/notifications.ts';
import { slackNotifier } from '../../src/notify/slack/web-api-notifier.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { Registry } from 'prom-client';
import { runResult } from '../storage/store-fixture.ts';
import { ManualClock } from './manual-clock.ts';
import { SlackServer } from './slack-server.ts';
import { tempDir } from './temp-dir.ts';

export interface ReplayedFault {
  readonly fault: FaultSignal;
  readonly owner: OwnerRef;
  readonly node?: string;
}

/** What people get of a replay: the row of its table. */
export interface ReplayResult {
  readonly faults: number;
  /** Incidents that were not taken in by another. */
  readonly incidents: number;
  readonly runs: number;
  readonly channelPosts: number;
  readonly threadPosts: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

/**
 * The way of faults with the default configuration: the real store, intake and Slack client, a local Slack, and a clock
 * that the replay moves. Runs answer at once.
 */
export class Replay {
  readonly clock = new ManualClock();
  readonly slack: SlackServer;
  readonly #known = new Map<string, ReplayedFault>();
  readonly #store: StateStore;
  readonly #parts: { intake: Intake; notifications: Notifications; stop: () => Promise<void> };
  #busy = 0;
  #sent = 0;

  private constructor(slack: SlackServer, store: StateStore) {
    this.slack = slack;
    slack.now = () => this.clock.now();
    this.#store = this.#counted(store);
    const intake = this.#intake();
    const notifications = this.#notifications();
    const storms = createStormWatch({ store: this.#store, clock: this.clock, logger: silentLogger });
    const stop = async (): Promise<void> => {
      await storms.stop();
      await intake.stop();
      await notifications.stop(AbortSignal.abort());
      await store.close();
      await slack.close();
    };
    this.#parts = { intake, notifications, stop };
    storms.start();
  }

  static async start(): Promise<Replay> {
    const config = configSchema.parse({ clusters: [{ name: 'any', mcp: { endpoint: 'http://127.0.0.1:1/mcp' } }] });
    const policy = storePolicy({ config, secrets: [] }, ['slack']);
    const file = join(tempDir(), 'state.db');
    const store = await openStateStore({ file, policy, logger: silentLogger });
    const replay = new Replay(await SlackServer.start(), store);
    onTestFinished(() => replay.#parts.stop());
    replay.#parts.intake.start();
    await replay.#parts.notifications.start();
    return replay;
  }

  /** Faults as a source delivers them, all at once. */
  async receive(faults: readonly ReplayedFault[]): Promise<void> {
    const { clock } = this;
    for (const one of faults) this.#known.set(keyOf(one.fault), one);
    this.#sent += faults.length;
    await this.#store.accept(
      faults.map(({ fault }) => ({ ...fault, at: clock.now() })),
      clock.now(),
    );
    await this.#quiet();
  }

  /** Faults that come one after the other, evenly within so many seconds. */
  async receiveOver(faults: readonly ReplayedFault[], seconds: number): Promise<void> {
    const each = Math.ceil(faults.length / seconds);
    for (let first = 0; first < faults.length; first += each) {
      await this.receive(faults.slice(first, first + each));
      await this.pass(1);
    }
  }

  /** Lets so many seconds pass; what is due runs and is told. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.advance(1000);
      await this.#quiet();
      await this.#investigate();
    }
  }

  async result(): Promise<ReplayResult> {
    const { received, outcomes } = await this.#store.counters();
    const faults = received.reduce((sum, { count }) => sum + count, 0);
    if (faults !== this.#sent) throw new Error(`${this.#sent} faults were sent, ${faults} received`);
    const byOutcome = new Map<string, number>();
    for (const { outcome, count } of outcomes) byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + count);
    const { items } = await this.#store.incidents({ limit: 1000 });
    return {
      faults,
      incidents: items.filter(({ incident }) => incident.status !== 'skipped').length,
      runs: items.flatMap(({ runs }) => runs).filter(({ status }) => status !== 'cancelled').length,
      channelPosts: this.slack.channelPosts.length,
      threadPosts: this.slack.threadPosts.length,
      outcomes: Object.fromEntries([...byOutcome].sort(([a], [b]) => a.localeCompare(b))),
    };
  }

  async #investigate(): Promise<void> {
    const limits = { maxConcurrent: 4, perCluster: {}, defaultPerCluster: 1 };
    const claims = [];
    for (;;) {
      const claim = await this.#store.claimRun(limits, this.clock.now());
      if (claim === null) break;
      claims.push(claim);
    }
    const cause = 'as it was found';
    for (const { run } of claims) await this.#store.finishRun(run.id, runResult({ cause }), this.clock.now());
    await this.#quiet();
  }

  /** Nothing is asked of the store or of Slack any more, but for what waits for time to pass. */
  async #quiet(): Promise<void> {
    for (let calm = 0; calm < 5; calm += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#busy > 0) calm = 0;
    }
  }

  async #whileBusy<T>(work: Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work;
    } finally {
      this.#busy -= 1;
    }
  }

  #counted(store: StateStore): StateStore {
    return new Proxy(store, {
      get: (target, name: keyof StateStore) => {
        const method = target[name] as (...args: unknown[]) => unknown;
        if (name === 'onChange' || name === 'close') return method;
        return (...args: unknown[]) => this.#whileBusy(Promise.resolve(method(...args)));
      },
    });
  }

  #intake(): Intake {
    return createIntake({
      store: this.#store,
      permissions: { current: () => null, firstAnswer: async () => null },
      settings: () => ({
        environment: 'production',
        labels: {},
        severityThreshold: 'info',
        triageEnabled: true,
        requireReadOnly: false,
      }),
      findOwner: async (cluster, resource) => {
        const known = this.#known.get(JSON.stringify([cluster, resource.kind, resource.name]));
        if (known === undefined) throw new Error(`nobody knows ${resource.name}`);
        return { owner: known.owner, node: known.node ?? null };
      },
      clock: this.clock,
      logger: silentLogger,
    });
  }

  #notifications(): Notifications {
    const notifier = slackNotifier({
      token: 'xoxb-test',
      channel: '#incidents',
      channelOf: () => null,
      apiUrl: this.slack.url,
      publicUrl: 'https://nightcrier.example',
      timeoutMs: 60_000,
      fetch: (url, init) => this.#whileBusy(fetch(url, init)),
      clock: this.clock,
      random: () => 0.5,
      log: silentLogger,
    });
    const { clock } = this;
    const store = this.#store;
    return createNotifications({
      store,
      notifiers: [notifier],
      registry: new Registry(),
      clock,
      random: () => 0.5,
      log: silentLogger,
    });
  }
}

function keyOf({ cluster, resource }: FaultSignal): string {
  return JSON.stringify([cluster, resource.kind, resource.name]);
}
