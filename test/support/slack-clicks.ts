import { randomUUID } from 'node:crypto';
import type { FetchFunction } from '@slack/web-api';
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import type { Feedback, NewFeedback } from '../../src/domain/history.ts';
import type { QuestionAnswerer } from '../../src/domain/question.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { slackMetrics } from '../../src/notify/metrics.ts';
import { createNotifications, type Notifications } from '../../src/notify/notifications.ts';
import { peopleNotes } from '../../src/notify/slack/actions/people-notes.ts';
import {
  type SlackActions,
  slackActions,
  type SlackActionsOptions,
} from '../../src/notify/slack/actions/slack-actions.ts';
import { slackNotifier } from '../../src/notify/slack/web-api-notifier.ts';
import { limits, openTestStore, receive, runResult } from '../storage/store-fixture.ts';
import { realTimeSlack } from './daemon-over.ts';
import { owner, signal } from './signals.ts';
import type { SlackPost, SlackServer } from './slack-server.ts';
import { waitUntil } from './wait-until.ts';

/** A real store, its outbox, a Slack and the people in it; what they do comes in by Socket Mode. */
export class SlackClicks {
  readonly slack: SlackServer;
  store: StateStore;
  readonly file: string;
  readonly feedback: Feedback[] = [];
  registry = new Registry();
  readonly #over: Partial<SlackActionsOptions>;
  #actions: SlackActions | null = null;
  #notifications: Notifications | null = null;

  private constructor(slack: SlackServer, store: StateStore, file: string, over: Partial<SlackActionsOptions>) {
    this.slack = slack;
    this.store = store;
    this.file = file;
    this.#over = over;
  }

  static async start(over: Partial<SlackActionsOptions> = {}): Promise<SlackClicks> {
    const { store, file } = await openTestStore({ groupWaitMs: 0, targets: ['slack'] });
    const clicks = new SlackClicks(await realTimeSlack(), store, file, over);
    onTestFinished(() => clicks.stop());
    await clicks.startProcess();
    return clicks;
  }

  get actions(): SlackActions {
    if (this.#actions === null) throw new Error('nothing runs');
    return this.#actions;
  }

  /** What listens to Slack and what sends, over the rows as they are. */
  async startProcess(): Promise<void> {
    const { slack, store } = this;
    this.registry = new Registry();
    const shared = {
      apiUrl: slack.url,
      fetch: fetch as FetchFunction,
      timeoutMs: 5000,
      random: () => 0,
      clock: systemClock,
    };
    this.#actions = slackActions({
      ...shared,
      botToken: slack.token,
      way: { appToken: slack.people.appToken },
      mayAct: 'all',
      questions: 'mentions',
      store: { ...store, giveFeedback: (...given) => this.#giveFeedback(...given) },
      answerer: nobody,
      processId: randomUUID(),
      log: silentLogger,
      metrics: slackMetrics(this.registry, () => this.#actions?.isConnected() ?? null),
      ...this.#over,
    });
    this.#actions.start();
    const notifier = slackNotifier({
      ...shared,
      token: slack.token,
      channel: 'C0INCIDENTS',
      channelOf: () => null,
      publicUrl: 'https://nightcrier.example',
      log: silentLogger,
      interactive: true,
      people: peopleNotes({
        silences: () => store.silences(),
        feedback: async (id) => this.feedback.filter(({ incidentId }) => incidentId === id),
        now: () => Date.now(),
      }),
    });
    this.#notifications = createNotifications({
      store,
      notifiers: [notifier],
      registry: new Registry(),
      clock: systemClock,
      random: () => 0,
      log: silentLogger,
    });
    await this.#notifications.start();
    if ('appToken' in (this.#over.way ?? { appToken: '' })) {
      await waitUntil(() => this.#actions?.isConnected() === true, 'a connection by Socket Mode', 20_000);
    }
  }

  async stop(): Promise<void> {
    const cutOff = AbortSignal.abort();
    await this.#actions?.stop(cutOff);
    await this.#notifications?.stop(cutOff);
    this.#actions = null;
    this.#notifications = null;
  }

  /** An incident with an answer, told. */
  async answered(
    pod = 'api-0',
    over: Parameters<typeof signal>[0] = {},
  ): Promise<{ readonly id: string; readonly post: SlackPost }> {
    const now = Date.now();
    await receive(this.store, [signal({ pod, at: now, ...over })], { owner: owner(pod) }, now);
    const claim = await this.store.claimRun(limits, now);
    if (claim === null) throw new Error('no run is due');
    await this.store.finishRun(claim.run.id, runResult(), Date.now());
    const { id } = claim.incident;
    const find = () => this.slack.channelPosts.find(({ metadata }) => metadata?.event_payload['incident_id'] === id);
    const post = await waitUntil(
      () => (find()?.metadata?.event_payload['state'] === 'reported' ? find() : null),
      'the answer',
      20_000,
    );
    return { id, post };
  }

  async until(condition: () => unknown, what: string): Promise<void> {
    await waitUntil(condition, what, 20_000);
  }

  #giveFeedback(incidentId: string, given: NewFeedback, at: number): Promise<Feedback> {
    const kept: Feedback = { id: `fbk_${this.feedback.length}`, incidentId, runId: null, at, ...given };
    const others = this.feedback.filter((one) => one.by !== given.by || one.incidentId !== incidentId);
    this.feedback.splice(0, Infinity, ...others, kept);
    return Promise.resolve(kept);
  }
}

const nobody: QuestionAnswerer = { answer: () => Promise.reject(new Error('nobody answers')) };

/** All the words of a message. */
export function wordsOf({ blocks }: Pick<SlackPost, 'blocks'>): string {
  return blocks.map((block) => JSON.stringify(block)).join('\n');
}
