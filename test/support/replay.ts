import { join } from 'node:path';
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { storePolicy } from '../../src/app/settings.ts';
import { Sweeper } from '../../src/cluster/sweep/sweeper.ts';
import type { FaultSignal } from '../../src/domain/fault.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { createIntake, type Intake } from '../../src/intake/intake.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { OwnerLookup } from '../../src/kube/owner.ts';
import { McpReader } from '../../src/kube/read/mcp-reader.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createNotifications } from '../../src/notify/notifications.ts';
import { slackNotifier } from '../../src/notify/slack/web-api-notifier.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { runResult } from '../storage/store-fixture.ts';
import { loadText } from './config-dir.ts';
import { fakeTools } from './fake-tools.ts';
import { ManualClock } from './manual-clock.ts';
import { clusterPolicy } from './signals.ts';
import { SlackServer } from './slack-server.ts';
import { tempDir } from './temp-dir.ts';

const cluster = 'prod';
const minimalConfig = `clusters: [{name: ${cluster}, mcp: {endpoint: "http://127.0.0.1:1/mcp"}, triage: {kubeconfig: k.yaml}}]`;
/** `intake.group_wait` */
const groupWaitMs = 3000;
const limits = { maxConcurrent: 4, perCluster: {}, defaultPerCluster: 4 };

/** What became of a replay: a row of the table that the test holds. */
export interface ReplayRow {
  readonly incidents: number;
  readonly channelPosts: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Received faults without a final outcome. */
  readonly open: number;
}

/**
 * Somebody's bad hours with time in the test's hand: the real sweep reads the objects that the test shows, and everything
 * behind it is real up to Slack's client (store, intake, owners, outbox), with the configuration as it is by default. A
 * run has its answer as soon as it may start.
 */
export class Replay {
  readonly clock: ManualClock;
  readonly slack: SlackServer;
  readonly store: StateStore;
  readonly #tools = fakeTools([]);
  readonly #sweeper: Sweeper;
  readonly #intake: Intake;

  private constructor(clock: ManualClock, slack: SlackServer, store: StateStore) {
    this.clock = clock;
    this.slack = slack;
    this.store = store;
    this.#sweeper = new Sweeper({ clock });
    const owners = new OwnerLookup(new McpReader(this.#tools));
    this.#intake = createIntake({
      store,
      permissions: { firstAnswer: () => Promise.resolve(null), current: () => null },
      settings: () => ({
        environment: null,
        labels: {},
        severityThreshold: 'info',
        triageEnabled: true,
        requireReadOnly: false,
      }),
      findOwner: (_cluster, resource, signal) => owners.find(resource, signal),
      clock,
      logger: silentLogger,
    });
  }

  static async start(): Promise<Replay> {
    const clock = new ManualClock();
    const slack = await SlackServer.start();
    slack.now = () => clock.now();
    const policy = storePolicy({ config: loadText(minimalConfig).config, secrets: [] }, ['slack']);
    const file = join(tempDir(), 'state.db');
    const store = await openStateStore({ file, policy, logger: silentLogger });
    const replay = new Replay(clock, slack, store);
    const notifications = createNotifications({
      store,
      notifiers: [replay.#notifier()],
      registry: new Registry(),
      clock,
      random: () => 0.5,
      log: silentLogger,
    });
    await notifications.start();
    replay.#intake.start();
    onTestFinished(async () => {
      await replay.#intake.stop();
      await notifications.stop(AbortSignal.abort());
      await store.close();
      await slack.close();
    });
    return replay;
  }

  /** What the cluster shows from now on. */
  show(objects: readonly KubeObject[]): void {
    this.#tools.objects = [...objects];
  }

  /** What the server pushes. */
  async push(faults: readonly FaultSignal[]): Promise<void> {
    await this.store.accept(faults, this.clock.now());
  }

  /** Time passes, then the cluster is swept, and everything that follows is done. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    const never = new AbortController().signal;
    const active = await this.store.activeFaults(cluster);
    const { report } = await this.#sweeper.run(cluster, this.#tools, '', active, never);
    await this.store.acceptSweep(report, clusterPolicy());
    await this.#follow();
  }

  async row(): Promise<ReplayRow> {
    const { received, outcomes, incidents } = await this.store.counters();
    const sum = (rows: readonly { count: number }[]): number => rows.reduce((all, { count }) => all + count, 0);
    return {
      incidents: sum(incidents),
      channelPosts: this.slack.channelPosts.length,
      outcomes: Object.fromEntries(outcomes.map(({ outcome, count }) => [outcome, count])),
      open: sum(received) - sum(outcomes),
    };
  }

  async #follow(): Promise<void> {
    await this.#intake.idle();
    for (;;) {
      const claim = await this.store.claimRun(limits, this.clock.now() + groupWaitMs);
      if (claim === null) break;
      await this.store.finishRun(claim.run.id, runResult(), this.clock.now() + groupWaitMs);
    }
    // Requests to Slack take real time; what they wait for is on the clock.
    for (let left = 2000; left > 0 && !(await this.#isSent()); left -= 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (left % 10 === 0) await this.clock.advance(500);
    }
  }

  async #isSent(): Promise<boolean> {
    return (await this.store.counters()).outbox.every(({ count }) => count === 0);
  }

  #notifier() {
    return slackNotifier({
      token: this.slack.token,
      channel: 'C0INCIDENTS',
      channelOf: () => null,
      apiUrl: this.slack.url,
      publicUrl: null,
      timeoutMs: 60_000,
      fetch: globalThis.fetch,
      clock: this.clock,
      random: () => 0.5,
      log: silentLogger,
    });
  }
}
