import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { heardEnds } from '../domain/question.ts';
import { type DeliveryKind, deliveryKinds } from '../domain/records.ts';
import type { Counters } from '../domain/history.ts';
import { failureReasons, type FailureReason } from './notifier.ts';

const kinds: readonly DeliveryKind[] = deliveryKinds;

export interface NotifyMetrics {
  sent(integration: string, kind: DeliveryKind, seconds: number): void;
  failed(integration: string, reason: FailureReason): void;
  /** Shows every series of an integration, at 0. */
  known(integration: string): void;
  /** From the opening of an incident to its first message. */
  firstMessage(seconds: number): void;
}

interface Integration {
  readonly integration: string;
  readonly target: string;
}

export interface NotifyMetricsOptions {
  readonly registry: Registry;
  /** Those that are configured now. */
  readonly integrations: () => readonly Integration[];
  /** Read at each scrape for the length and age of the outbox. */
  readonly counters: () => Promise<Pick<Counters, 'outbox'>>;
}

/** The delivery metrics (docs/metrics.md), with every known label at 0 from the start. */
export function notifyMetrics({ registry, integrations, counters }: NotifyMetricsOptions): NotifyMetrics {
  const registers = [registry];
  const total = new Counter({
    name: 'nightcrier_notifications_total',
    help: 'Messages that were delivered, by integration and kind.',
    labelNames: ['integration', 'kind'] as const,
    registers,
  });
  const failures = new Counter({
    name: 'nightcrier_notifications_failed_total',
    help: 'Attempts to deliver that failed, by integration and reason.',
    labelNames: ['integration', 'reason'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'nightcrier_notification_duration_seconds',
    help: 'How long a delivery took, from its claim to the answer of the other side.',
    labelNames: ['integration'] as const,
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const first = new Histogram({
    name: 'nightcrier_incident_first_message_duration_seconds',
    help: 'From the opening of an incident to its first message.',
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const known = (integration: string): void => {
    for (const kind of kinds) total.inc({ integration, kind }, 0);
    for (const reason of failureReasons) failures.inc({ integration, reason }, 0);
    duration.zero({ integration });
  };
  for (const { integration } of integrations()) known(integration);
  outboxGauges(registry, integrations, counters);
  return {
    sent: (integration, kind, seconds) => {
      total.inc({ integration, kind });
      duration.observe({ integration }, seconds);
    },
    failed: (integration, reason) => failures.inc({ integration, reason }),
    known,
    firstMessage: (seconds) => first.observe(seconds),
  };
}

/** Each gauge reads for itself: they are collected at the same time, in no order. */
function outboxGauges(
  registry: Registry,
  integrations: NotifyMetricsOptions['integrations'],
  counters: NotifyMetricsOptions['counters'],
): readonly Gauge[] {
  const gauge = (name: string, help: string, value: (row: Counters['outbox'][number] | undefined) => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['integration'] as const,
      registers: [registry],
      async collect() {
        // A scrape must not fail because the store cannot be read: then it is wanted most.
        const read = await counters().catch(() => null);
        this.reset();
        for (const { integration, target } of integrations()) {
          const row = read?.outbox.find((one) => one.target === target);
          this.set({ integration }, read === null ? Number.NaN : value(row));
        }
      },
    });
  return [
    gauge('nightcrier_outbox_length', 'Messages that wait in the outbox.', (row) => row?.count ?? 0),
    gauge(
      'nightcrier_outbox_oldest_timestamp_seconds',
      'When the oldest waiting message was written, 0 when none waits.',
      (row) => (row === undefined || row.count === 0 ? 0 : row.oldestAt / 1000),
    ),
  ];
}

/** What people asked for by a button. */
const slackActs = ['ack', 'silence', 'rerun', 'feedback'] as const;
/** `refused`: too late, not allowed, or too much at once; said to who clicked. */
const actOutcomes = ['done', 'refused', 'failed'] as const;
/** `refused`: over a bound, so never taken; said to who asked. `unkept`: Slack says it again, for a while. */
const questionOutcomes = [...heardEnds, 'refused', 'unkept'] as const;

export interface SlackMetrics {
  acted(act: (typeof slackActs)[number], outcome: (typeof actOutcomes)[number]): void;
  asked(outcome: (typeof questionOutcomes)[number]): void;
  reconnected(): void;
}

/** What people do in Slack, every series at 0 from the start. `connected`: by Socket Mode, now; null without it. */
export function slackMetrics(registry: Registry, connected: () => boolean | null): SlackMetrics {
  const registers = [registry];
  const acts = new Counter({
    name: 'nightcrier_slack_actions_total',
    help: 'Buttons that were pressed in Slack, by what was asked for and how it ended.',
    labelNames: ['action', 'outcome'] as const,
    registers,
  });
  const questions = new Counter({
    name: 'nightcrier_slack_questions_total',
    help: 'Questions about incidents that were asked in Slack, by how they ended.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const sockets = new Counter({
    name: 'nightcrier_slack_socket_connections_total',
    help: 'Connections of Socket Mode that were opened.',
    registers,
  });
  const up = new Gauge({
    name: 'nightcrier_slack_socket_connected',
    help: 'Whether Slack can tell of clicks by Socket Mode: 1 or 0; no series without an app token.',
    registers,
    collect() {
      this.reset();
      const is = connected();
      if (is !== null) this.set(is ? 1 : 0);
    },
  });
  up.reset();
  for (const action of slackActs) for (const outcome of actOutcomes) acts.inc({ action, outcome }, 0);
  for (const outcome of questionOutcomes) questions.inc({ outcome }, 0);
  return {
    acted: (action, outcome) => acts.inc({ action, outcome }),
    asked: (outcome) => questions.inc({ outcome }),
    reconnected: () => sockets.inc(),
  };
}
