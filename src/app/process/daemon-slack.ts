import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Registry } from 'prom-client';
import type { Config } from '../../config/schema.ts';
import type { ArtifactStore } from '../../domain/ports.ts';
import type { QuestionAnswerer } from '../../domain/question.ts';
import type { Incident } from '../../domain/records.ts';
import type { StateStore } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Problem } from '../../lib/problem.ts';
import type { ProxyEnvironment } from '../../lib/proxy/proxy-for.ts';
import { slackMetrics } from '../../notify/metrics.ts';
import type { SlackActions, SlackReply } from '../../notify/slack/actions/slack-actions.ts';
import { peopleNotes } from '../../notify/slack/actions/people-notes.ts';
import { endSilencesWithIncidents } from '../../notify/slack/actions/until-resolved.ts';
import type { KeptAnswer } from '../../notify/slack/thread.ts';
import { readKept } from '../../report/model/kept.ts';
import { fetchThrough, socketsThrough } from './fetch-through.ts';

export interface DaemonSlackOptions {
  readonly config: () => Config;
  readonly store: StateStore;
  /** Null: nothing is answered. */
  readonly answerer: QuestionAnswerer | null;
  readonly proxy: ProxyEnvironment;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** What people do in Slack, as it is configured now. */
export interface DaemonSlack {
  start(): Promise<void>;
  stop(withinMs: number): Promise<void>;
  /** Takes over what is configured: where its settings are others, what was under way has a moment to end. */
  use(): Promise<void>;
  /** By what Slack tells of clicks, and whether it can now; null where it is not configured. */
  state(): SlackState | null;
  problems(): readonly Problem[];
  /** A signed request of Slack; null where that is not configured. */
  receive(kind: 'interactions' | 'events', headers: IncomingHttpHeaders, body: Buffer): Promise<SlackReply> | null;
}

interface SlackState {
  readonly way: 'socket' | 'http';
  /** Null by HTTP: nobody knows before Slack calls. */
  readonly connected: boolean | null;
}

/** Of one request, ms. */
const timeoutMs = 15_000;
/** For what is under way when other settings take over, ms. */
const handOverMs = 5000;

interface Running {
  /** The same for the same settings. */
  readonly key: string;
  readonly way: SlackState['way'];
  readonly actions: SlackActions;
  readonly close: () => Promise<void>;
}

export function daemonSlack(options: DaemonSlackOptions): DaemonSlack {
  const { config, store, clock, logger: log } = options;
  let running: Running | null = null;
  let isStarted = false;
  const processId = randomUUID();
  let silences: { stop(): Promise<void> } | null = null;
  const metrics = slackMetrics(options.registry, () => running?.actions.isConnected() ?? null);
  const end = async (withinMs: number): Promise<void> => {
    const ended = running;
    running = null;
    await ended?.actions.stop(AbortSignal.timeout(Math.ceil(Math.max(1, withinMs))));
    await ended?.close();
  };
  const use = async (): Promise<void> => {
    const { slack } = config().notify;
    const wanted = wayOf(slack) === null ? null : JSON.stringify(slack);
    if (!isStarted || wanted === (running?.key ?? null)) return;
    await end(handOverMs);
    if (slack === undefined || wanted === null) return;
    const begun = await begin(slack, wanted, { ...options, processId, metrics });
    // The daemon may have stopped meanwhile: nobody would end it.
    if (!isStarted) return begun.close();
    running = begun;
    begun.actions.start();
  };
  return {
    use,
    start: async () => {
      isStarted = true;
      silences = endSilencesWithIncidents({ store, clock, log });
      await use();
    },
    stop: async (withinMs) => {
      isStarted = false;
      await end(withinMs);
      await silences?.stop();
    },
    state: () => (running === null ? null : { way: running.way, connected: running.actions.isConnected() }),
    problems: () => [running?.actions.problem() ?? null].filter((problem) => problem !== null),
    receive: (...request) => running?.actions.receive(...request) ?? null,
  };
}

type SlackConfig = NonNullable<Config['notify']['slack']>;

/** What is looked at for a message, as soon as it is there. */
export interface Seen {
  store?: StateStore;
  artifacts?: ArtifactStore;
}

/** What messages say beside the rows of an incident: what people did, and what is stored of its answer. */
export function looksOf(seen: Seen, clock: Pick<Clock, 'now'>) {
  const people = peopleNotes({
    silences: async () => (await seen.store?.silences()) ?? [],
    feedback: async (id) => (await seen.store?.incidentHistory(id))?.feedback ?? [],
    now: () => clock.now(),
  });
  const kept = async ({ cluster, id: incidentId, openedAt: since }: Incident): Promise<KeptAnswer> => {
    const { artifacts } = seen;
    if (artifacts === undefined) return { verdict: null, findings: null };
    return readKept({ artifacts, cluster, incidentId, since });
  };
  return { people, kept };
}

/** Whether people can act on messages in Slack: somebody hears of their clicks. */
export function wayOf(slack: SlackConfig | undefined): SlackState['way'] | null {
  if (slack?.bot_token === undefined) return null;
  if (slack.app_token !== undefined) return 'socket';
  return slack.signing_secret === undefined ? null : 'http';
}

/** Loaded for those who have it: its client is a tenth of the start. */
async function begin(
  slack: SlackConfig,
  key: string,
  options: DaemonSlackOptions & { readonly processId: string; readonly metrics: ReturnType<typeof slackMetrics> },
): Promise<Running> {
  const { proxy, store, answerer, processId, clock, logger, metrics } = options;
  const [{ slackActions }, { fetch, close }, sockets] = await Promise.all([
    import('../../notify/slack/actions/slack-actions.ts'),
    fetchThrough(proxy),
    socketsThrough(proxy, new URL(slack.api_url)),
  ]);
  const { app_token: appToken, signing_secret: signingSecret = '' } = slack;
  const actions = slackActions({
    botToken: slack.bot_token ?? '',
    way: appToken === undefined ? { signingSecret } : { appToken },
    apiUrl: slack.api_url,
    mayAct: slack.act,
    questions: slack.questions,
    fetch,
    ...(sockets === null ? {} : { dispatcher: sockets.dispatcher }),
    timeoutMs,
    random: Math.random,
    store,
    answerer,
    processId,
    clock,
    log: logger.child({ component: 'slack' }),
    metrics,
  });
  const closeAll = async (): Promise<void> => {
    await Promise.all([close(), sockets?.close()]);
  };
  return { key, way: appToken === undefined ? 'http' : 'socket', actions, close: closeAll };
}
