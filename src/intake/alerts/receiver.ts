import type { Registry } from 'prom-client';
import { type AlertReport, type AlertStore, type FiringAlert, type ResolvedAlert } from '../../domain/ports.ts';
import type { InvalidSignal } from '../../domain/fault.ts';
import type { ClusterPolicy } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Every, every } from '../../lib/every.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText, type Problem, problem } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { alertsOfUnknownClusters } from '../errors.ts';
import { type AlertRules, alertSignal } from './alert-signal.ts';
import { type AlertMetrics, createAlertMetrics } from './metrics.ts';
import { type AlertForm, readAlerts } from './read-alerts.ts';

export interface AlertSettings {
  readonly rules: AlertRules;
  /** What senders need: null for no token, undefined when alerts are not taken. */
  readonly token: string | null | undefined;
}

export interface AlertReceiverOptions {
  readonly store: AlertStore;
  /** What the configuration says now. */
  readonly settings: () => AlertSettings;
  /** What holds for a cluster's faults now; null when it is not known. */
  readonly policy: (cluster: string) => ClusterPolicy | null;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface AlertReceiver {
  /**
   * Takes the alerts of one request; they are on disk when it resolves.
   * @throws ProblemError NC-INTAKE-001 for a body that is not understood
   * @throws StoreUnavailableError when nothing was taken: the sender is to send again
   */
  receive(form: AlertForm, body: unknown): Promise<void>;
  /** What senders need: null for no token, undefined when alerts are not taken. */
  token(): string | null | undefined;
  /** What people should put right. */
  problems(): readonly Problem[];
  /** Begins to end alerts that are not sent again. */
  start(): void;
  stop(): Promise<void>;
}

const expireEveryMs = 15_000;
/** After a start or a pause nothing ends before every sender had time to send again, ms: Prometheus does each minute. */
const settleMs = 5 * 60_000;
/** Where nothing comes at all, alerts stand for so much longer, ms: silence of everything is no news of one. */
const silenceMs = 3_600_000;
/** How long a name that no cluster has is a problem, and its log is quiet, ms. */
const tellMs = 3_600_000;

/** Where alerts of Prometheus and Alertmanager come in. */
export function createAlertReceiver(options: AlertReceiverOptions): AlertReceiver {
  return new Receiver(options);
}

class Receiver implements AlertReceiver {
  readonly #options: AlertReceiverOptions;
  readonly #logger: Logger;
  readonly #metrics: AlertMetrics;
  readonly #expiry: Every;
  /** When something last came in of each cluster. */
  readonly #heard = new Map<string, number>();
  /** Nothing ends before this time. */
  #expireFrom = Infinity;
  #lastTurn = Infinity;
  /** Up to which alert it was looked at whether something still holds it back. */
  #released = 0;
  #unknown: { readonly at: number; readonly reason: string } | null = null;

  constructor(options: AlertReceiverOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: 'alerts' });
    this.#metrics = createAlertMetrics(options.registry);
    const failed = (error: unknown): void => {
      // What came meanwhile could not be kept either.
      this.#expireFrom = Infinity;
      this.#logger.warn({ error: errorText(error) }, 'alerts that are over could not be ended');
    };
    this.#expiry = every({ clock: options.clock, intervalMs: expireEveryMs, failed }, () => this.#expire());
  }

  start(): void {
    this.#expiry.start();
  }

  stop(): Promise<void> {
    return this.#expiry.stop();
  }

  async receive(form: AlertForm, body: unknown): Promise<void> {
    const { store, clock } = this.#options;
    const at = clock.now();
    const { report, heard, ignored } = this.#read(form, body, at);
    const { firing, resolved, invalid } = report;
    if (firing.length + resolved.length + invalid.length > 0) await store.acceptAlerts(report, at);
    for (const cluster of heard) this.#heard.set(cluster, at);
    this.#metrics.taken(form, { firing: firing.length, resolved: resolved.length, invalid: invalid.length, ignored });
  }

  token(): string | null | undefined {
    return this.#options.settings().token;
  }

  problems(): readonly Problem[] {
    const { clock, settings } = this.#options;
    if (this.#unknown === null || clock.now() - this.#unknown.at > tellMs) return [];
    const { clusterLabel: label, clusters } = settings().rules;
    const fields = { label, clusters: [...clusters].slice(0, 10).join(', ') };
    return [problem(alertsOfUnknownClusters, `alerts came in that cannot be placed: ${this.#unknown.reason}`, fields)];
  }

  /** What a request says, each alert once: the last word of it counts. */
  #read(form: AlertForm, body: unknown, at: number): { report: AlertReport; heard: Set<string>; ignored: number } {
    const { rules } = this.#options.settings();
    const firing = new Map<string, FiringAlert>();
    const resolved = new Map<string, ResolvedAlert>();
    const invalid: InvalidSignal[] = [];
    const heard = new Set<string>();
    let ignored = 0;
    for (const sent of readAlerts(form, body)) {
      const read = alertSignal(sent, rules, at);
      if (read.kind === 'ignored') {
        ignored += 1;
        if (read.cluster !== null) heard.add(read.cluster);
        continue;
      }
      if (read.kind === 'invalid') {
        invalid.push(read.invalid);
        if (read.unknownCluster) this.#tellUnknown(read.invalid.reason, at);
        continue;
      }
      const { cluster, faultId } = read.kind === 'firing' ? read.alert.signal : read.alert;
      const key = `${cluster} ${faultId}`;
      heard.add(cluster);
      firing.delete(key);
      resolved.delete(key);
      if (read.kind === 'firing') firing.set(key, read.alert);
      else resolved.set(key, read.alert);
    }
    const policies = this.#policies(heard);
    const report = { firing: [...firing.values()], resolved: [...resolved.values()], invalid, policies };
    return { report, heard, ignored };
  }

  #policies(clusters: ReadonlySet<string>): Record<string, ClusterPolicy> {
    const known = [...clusters].map((cluster) => [cluster, this.#options.policy(cluster)] as const);
    return Object.fromEntries(known.flatMap(([cluster, policy]) => (policy === null ? [] : [[cluster, policy]])));
  }

  #tellUnknown(reason: string, at: number): void {
    const known = this.#unknown;
    if (known !== null && at - known.at <= tellMs && known.reason === reason) return;
    this.#unknown = { at, reason };
    // One a change of the reason, and no more than one a minute.
    if (known !== null && at - known.at < 60_000) return;
    const [told] = this.problems();
    this.#logger.warn(
      { code: told?.code, reason: oneLine(reason, 200), fix: told?.fix },
      alertsOfUnknownClusters.title,
    );
  }

  async #expire(): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.now();
    // The first turn, one after a failure, or a process that was held up: what was sent meanwhile was not heard.
    if (this.#expireFrom === Infinity || now - this.#lastTurn > settleMs) this.#expireFrom = now + settleMs;
    this.#lastTurn = now;
    // What its sender calls resolved ends at any time.
    const isSettling = now < this.#expireFrom;
    const expiry = isSettling
      ? { heard: {}, silenceMs: Infinity }
      : { heard: Object.fromEntries(this.#heard), silenceMs };
    const policies = this.#policies(this.#options.settings().rules.clusters);
    this.#released = await store.releaseAlerts({ after: this.#released, policies }, now);
    const ended = await store.expireAlerts(expiry, now);
    if (ended > 0) this.#logger.info({ ended }, 'alerts have ended');
  }
}
