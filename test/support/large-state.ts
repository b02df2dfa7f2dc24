import type { FaultSignal, Severity } from '../../src/domain/fault.ts';
import { parseMatchers } from '../../src/domain/silence/matchers.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';
import { indexDue } from '../../src/storage/history/index-due.ts';
import * as queries from '../../src/storage/operations/queries.ts';
import type { Database } from '../../src/storage/sqlite/database.ts';
import { openForWriting } from '../../src/storage/sqlite/open-database.ts';
import { commitTogether } from '../../src/storage/worker/group-commit.ts';
import type { writeOperations } from '../../src/storage/worker/table.ts';
import { runResult } from '../storage/store-fixture.ts';
import { impactSample } from './impact-sample.ts';
import { agentBudget } from './triage-bench.ts';
import { clusterPolicy, minute, nodeSignal, owner, signal, storePolicy } from './signals.ts';

export interface LargeStateSize {
  readonly clusters: number;
  readonly incidents: number;
  /** So many of them have not ended. */
  readonly standing: number;
  /** When all of it has happened, within 30 days before, ms since the epoch. */
  readonly now: number;
}

/** As it is measured: a fleet of a thousand clusters after a month, with a bad morning. */
export const largeFleet = { clusters: 1000, incidents: 10_000, standing: 2000 } as const;

const faultTypes = ['CrashLoop', 'ImagePull', 'OOMKilled', 'PodPending', 'VolumeMount', 'JobFailed', 'ProbeFailed'];
const teams = ['shop', 'payments', 'search', 'media', 'data', 'platform'];
const causes = [
  'ConfigMap shop/settings has no key REDIS_URL, which the container reads at its start',
  'registry.example.com answers 429 to pulls of team/api:2.41.0',
  'the container needs more than its memory limit of 256Mi',
  'no node has 4 CPU free, and the autoscaler is at its maximum of 12 nodes',
  'the certificate of ingress-webhook has expired on 2026-11-19',
];
/** What clusters write is never trusted: a page that shows it as it is would not be well-formed. */
const hostile = '</li><script>alert(1)</script> \u202egnp.exe "quoted" & <b>bold';
/** Faults of one commit. */
const batch = 100;

/** The name of a cluster of it. */
export function largeClusterName(index: number): string {
  return `sim-${index}`;
}

/**
 * Writes a state file as a large fleet leaves it: by the store's own operations, many to a commit, so that every
 * row, counter and index is as the daemon makes it. Gives the ids of its incidents that stand, the newest first.
 */
export function fillLargeState(file: string, size: LargeStateSize): string[] {
  const db = openForWriting(file);
  // A file that is being made is made again when the power fails.
  db.exec('PRAGMA synchronous = OFF');
  try {
    const state = new LargeState(db);
    state.silence(size.now);
    const ended = size.incidents - size.standing;
    for (let from = 0; from < ended; from += batch) state.open(from, Math.min(batch, ended - from), size);
    state.clear(size);
    for (let from = ended; from < size.incidents; from += batch)
      state.open(from, Math.min(batch, size.incidents - from), size);
    state.holdBack(size);
    state.ask(size);
    while (indexDue(db));
    return db.all<{ id: string }>('SELECT id FROM incidents WHERE live = 1 ORDER BY id DESC').map(({ id }) => id);
  } finally {
    db.close();
  }
}

type Call<K extends keyof typeof writeOperations> = readonly [K, ...Parameters<StateStore[K]>];

class LargeState {
  readonly #db: Database;
  readonly #store;

  constructor(db: Database) {
    this.#db = db;
    const policy = storePolicy({ groupWaitMs: 0, targets: ['slack'], maxOpenFaultsPerCluster: 1e6 });
    this.#store = { db, policy, redact: createRedactor() };
  }

  /** Each in one commit. @throws Error when one is refused: the state would not be what it is said to be */
  #commit<K extends keyof typeof writeOperations>(calls: readonly Call<K>[]): Awaited<ReturnType<StateStore[K]>>[] {
    const requests = calls.map(([name, ...args], id) => ({ id, name, args }));
    return commitTogether(this.#store, requests).answers.map((answer) => {
      if (!answer.ok) throw new Error(answer.message);
      return answer.value as Awaited<ReturnType<StateStore[K]>>;
    });
  }

  silence(now: number): void {
    const asked = { startsAt: now - minute, author: 'ana', comment: `database is moved ${hostile}` };
    const silences = Array.from({ length: 12 }, (_, index) => ({
      ...asked,
      endsAt: index < 6 ? now + (index + 1) * 60 * minute : now - 1,
      matchers: parseMatchers(index === 0 ? 'namespace=moved' : `namespace=gone-${index}`),
    }));
    this.#commit(silences.map((silence) => ['addSilence', silence, now - minute] as const));
  }

  /** Incidents with their faults, an answered run and its message each. */
  open(from: number, count: number, size: LargeStateSize): void {
    const at = size.now - Math.floor(((size.incidents - from) / size.incidents) * 29 * 24 * 60) * minute;
    const signals = Array.from({ length: count }, (_, index) => faultsOf(from + index, at, size)).flat();
    this.#receive(signals, at);
    this.#answer(at + minute);
    this.#send(at + 2 * minute);
  }

  #receive(signals: readonly FaultSignal[], at: number, low = false): void {
    this.#commit([['accept', signals, at] as const]);
    const waiting = queries.unsettled(this.#db, 100_000, [], at);
    const inputs = waiting.map(({ seq, signal: fault }) => ({
      seq,
      owner: ownerOf(fault),
      node: fault === null ? null : `node-${seq % 40}`,
      zone: null,
      cluster: clusterPolicy({ severityThreshold: low ? 'critical' : 'info' }),
    }));
    this.#commit(chunks(inputs, batch).map((some) => ['settle', some, at] as const));
  }

  #answer(at: number): void {
    const limits = { maxConcurrent: 1e6, perCluster: {}, defaultPerCluster: 1e6 };
    for (;;) {
      const claims = this.#commit(Array.from({ length: batch }, () => ['claimRun', limits, at] as const));
      const runs = claims.flatMap((claim) => (claim === null ? [] : [claim]));
      this.#commit(
        runs.map(({ run, incident: { owner } }, index) => {
          const impact = impactOf(`${owner.kind} ${owner.namespace}/${owner.name}`, index, at);
          return ['finishRun', run.id, { ...resultOf(index, at), impact }, at + minute] as const;
        }),
      );
      if (runs.length < batch) return;
    }
  }

  #send(at: number): void {
    for (;;) {
      const [claimed = []] = this.#commit([['claimDeliveries', 'slack', batch, at] as const]);
      const sent = claimed.map(
        ({ delivery }, index) =>
          ['finishDelivery', delivery.id, { kind: 'sent', post: { channel: 'C1', ts: `${at}.${index}` } }, at] as const,
      );
      this.#commit(sent);
      if (claimed.length < batch) return;
    }
  }

  /** What stands has cleared: two sweeps see it gone. */
  clear({ now }: LargeStateSize): void {
    const active = this.#db.all<{ id: number; cluster: string }>(
      'SELECT id, cluster FROM episodes WHERE cleared_at IS NULL',
    );
    const gone = Map.groupBy(active, ({ cluster }) => cluster);
    for (const at of [now - 6 * 60 * minute, now - 5 * 60 * minute]) {
      const sweeps = [...gone].map(([cluster, episodes]) => {
        const observations = episodes.map(({ id }) => ({ episodeId: id, observation: 'absent' as const }));
        return ['acceptSweep', { cluster, at, findings: [], observations }] as const;
      });
      this.#commit(sweeps);
    }
    this.#send(now - 4 * 60 * minute);
  }

  /** Faults of which nobody is told, by each rule that has one, and what people say of answers. */
  holdBack({ now, clusters, incidents }: LargeStateSize): void {
    const at = now - 30 * minute;
    const quiet = Array.from({ length: Math.ceil(incidents / 4) }, (_, index) =>
      signal({ cluster: largeClusterName(index % clusters), pod: `quiet-${index}`, severity: 'warning', at }),
    );
    this.#receive(quiet, at, true);
    const moved = { apiVersion: 'v1', kind: 'Pod', namespace: 'moved', name: 'db-0', uid: 'moved' };
    this.#receive([signal({ cluster: largeClusterName(0), resource: moved, faultId: 'moved', at: now })], now);
    const invalid = { source: 'push', reason: 'no resource', excerpt: hostile, at } as const;
    this.#commit([['accept', [{ ...invalid, cluster: largeClusterName(1) }], at] as const]);
    this.#commit([['countThrottled', largeClusterName(2), 4711, at] as const]);
    this.#commit([['accept', [signal({ cluster: largeClusterName(3), pod: 'waits', at: now })], now] as const]);
    const ids = this.#db.all<{ id: string }>('SELECT id FROM incidents ORDER BY id DESC LIMIT 40');
    const said = { rating: 'wrong', by: 'ben', comment: `it was the quota ${hostile}` } as const;
    this.#commit(ids.map(({ id }) => ['giveFeedback', id, said, now] as const));
  }

  /** What agents were asked about the newest incidents, and answered. */
  ask({ now }: LargeStateSize): void {
    const incidents = this.#db.all<{ id: string; cluster: string }>(
      'SELECT id, cluster FROM incidents ORDER BY id DESC LIMIT 20',
    );
    const draft = {
      text: `why? ${hostile}`,
      by: 'ana',
      agent: 'claude',
      model: 'm-1',
      until: now,
      budget: agentBudget(),
    };
    const answer = { text: `because\n> ${hostile}`, sources: ['evidence/logs/a.log'] };
    const asked = this.#commit(
      incidents.map(
        ({ id: incidentId, cluster }) => ['admitQuestion', { ...draft, incidentId, cluster }, now - minute] as const,
      ),
    );
    const questions = asked.flatMap((admission) => (admission.kind === 'admitted' ? [admission.question.id] : []));
    this.#commit(questions.map((id) => ['endQuestion', id, { answer, error: null, usage: null }, now] as const));
  }
}

/** Of each incident one to three faults; of every hundredth those of a node, of every thousandth a great many. */
function faultsOf(index: number, at: number, { clusters }: LargeStateSize): FaultSignal[] {
  const cluster = largeClusterName((index * 7) % clusters);
  if (index % 100 === 99) return [nodeSignal(`node-${index}`, { cluster, faultId: `node:${index}`, at })];
  const faultType = faultTypes[index % faultTypes.length] ?? 'CrashLoop';
  const severity: Severity = index % 5 === 0 ? 'critical' : index % 5 === 4 ? 'info' : 'warning';
  const name = `app-${index}`;
  const namespace = teams[index % teams.length] ?? 'shop';
  const many = index % 1000 === 500 ? 200 : 1 + (index % 3);
  return Array.from({ length: many }, (_, pod) => ({
    ...signal({ cluster, faultType, severity, at, since: at - (index % 90) * minute }),
    faultId: `${index}:${pod}`,
    resource: { apiVersion: 'v1', kind: 'Pod', namespace, name: `${name}-7d9c-${pod}`, uid: `${index}-${pod}` },
    context: index % 50 === 7 ? hostile : `container app of ${name} exits with ${index % 255} (restart ${pod})`,
  }));
}

/** Pods are of the deployment that their name begins with. */
function ownerOf(fault: FaultSignal | null) {
  const { kind = 'Pod', name = 'none', namespace = null } = fault?.resource ?? {};
  if (kind === 'Node') return { kind, namespace: null, name, certain: true };
  return owner(name.replace(/-7d9c-\d+$/, ''), { namespace });
}

function resultOf(index: number, at: number) {
  const cause = index % 9 === 8 ? null : (causes[index % causes.length] ?? null);
  const step = { text: 'Add the key', command: 'kubectl --context prod -n shop edit configmap settings' };
  return runResult({
    cause: index % 40 === 3 ? hostile : cause,
    confidence: cause === null ? null : 'high',
    durationMs: 3000 + (at % 7000),
    summary: {
      evidence: [`KeyError: 'REDIS_URL'`, hostile],
      nextSteps: [{ ...step, reversible: true }],
      claimsBacked: 2,
      claims: 2,
      missing: [],
    },
  });
}

/** Pods of the owner that are ready, now and then of one with a name that is meant to break a page. */
function impactOf(object: string, index: number, at: number) {
  const ready = index % 4;
  const services = ready > 0 ? [] : [{ object: object.replace(/^\w+/, 'Service'), endpoints: 0 }];
  const name = index % 40 === 3 ? hostile : object;
  return impactSample({
    at,
    ready,
    workloads: [{ object: name, ready, pods: 3 }],
    services,
    serves: ready > 0 ? null : false,
  });
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
