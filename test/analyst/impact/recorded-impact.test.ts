import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../eval/evaluate.ts';
import { loadRecordings, type Recording } from '../../../eval/recording.ts';
import { evalSets } from '../../../eval/sets.ts';
import type { Impact } from '../../../src/domain/verdict/impact.ts';
import { impactWords } from '../../../src/domain/verdict/impact-words.ts';

type Fields = Record<string, unknown>;

/** What follows by the truth of each state and its objects, and not by the rules: the old revision serves users. */
const stillServes = listOf(
  '001-missing-env 013-shared-bad-tag 022-go-panic r01-prom-lock r04-crd-missing a04-env-twice a05-redis-old-password a06-ecr-token a07-entrypoint-interpreter a08-two-node-volume a09-host-network-surge a11-webhook-name a12-probe-401 a15-surge-over-quota ak02-slow-but-in-time n03-proxy-short-name',
);

/** No pod behind any Service of what alerted can answer. Of all other states neither is certain. */
const nothingServes = listOf(
  '016-nginx-directive 025-pull-secret-absent 028-registry-unreachable 031-secret-missing 037-memory-hog 043-quota-needs-limits 046-webhook-no-service 049-service-account-missing 052-readiness-path 055-init-waits 064-suspended-refresh 073-storageclass-missing 076-pv-released 082-mutating-webhook 091-injection-log 100-taint 103-preempted 109-cross-namespace-name 115-topology-spread 118-limit-request-ratio r02-inotify r03-no-avx r11-probe-http-to-https r20-volume-owner r26-pull-rate-limit a01-web-heap a02-db-lost-found a03-optional-secret a10-default-limit n04-egress-without-dns n06-driver-not-on-node n08-resolver-loops n10-issuer-kind n11-store-secret-namespace n14-attachment-of-dead-node',
);

/** The only state in which pods that were ready lost it, without a restart and with the time of it in the conditions. */
const lostAt: Readonly<Record<string, string>> = { '064-suspended-refresh': '2026-11-20T22:56:41Z' };

/** What is about no pods that are to keep running. */
const about: Readonly<Record<string, Impact['of']>> = {
  ...Object.fromEntries(
    ['004-job-oom', '007-script-error', '061-job-backoff', '112-job-quota', 'c12-job-retried'].map((id) => [id, 'job']),
  ),
  ...Object.fromEntries(
    ['n01-dump-client-older', 'q01-claim-without-consumer', 'q03-one-failed-run'].map((id) => [id, 'runs']),
  ),
  ...Object.fromEntries(['121-cni-not-ready', 'a14-drain-one-replica'].map((id) => [id, 'node'])),
  ...Object.fromEntries(
    [
      'c09-pdb-empty',
      'r17-namespace-apiservice',
      'n02-application-undeletable',
      'n09-release-locked',
      'q07-managed-resource-paused',
    ].map((id) => [id, 'unknown']),
  ),
};

/** Nine nights failed since 19 November, of which three Jobs are kept; the others have no failure after their success. */
const runs: Readonly<Record<string, Fields>> = {
  'n01-dump-client-older': { failed: 3, at_least: true, since: null, succeeded_at: Date.parse('2026-11-18T03:17:44Z') },
  'q01-claim-without-consumer': { failed: 0, at_least: false, since: null, succeeded_at: null, suspended: true },
  'q03-one-failed-run': {
    failed: 0,
    at_least: false,
    since: null,
    succeeded_at: Date.parse('2026-11-28T14:00:41Z'),
    scheduled_at: null,
  },
};

function listOf(names: string): ReadonlySet<string> {
  return new Set(names.split(' '));
}

describe('QUA-4: every number is one of the evidence', () => {
  const all = evalSets.flatMap(({ dir }) => loadRecordings(dir));

  test.each(all.map((recording): [string, Recording] => [recording.truth.id, recording]))(
    '%s',
    async (id, recording) => {
      const { answer } = await evaluate(recording);
      const { impact } = answer.findings;
      if (impact === null) throw new Error('an answer without an impact');
      expect(impactWords(impact)).toMatch(/^[A-Z\d][^\n]{10,600}\.$/);
      expect(impact.of).toBe(about[id] ?? 'pods');
      expect(impact).toMatchObject(recorded(impact, id, objectsOf(recording)));
    },
  );
});

/** The numbers of an impact, taken from the recorded objects or written by hand. */
function recorded(impact: Impact, id: string, objects: readonly Recorded[]): Fields {
  switch (impact.of) {
    case 'pods': {
      const workloads = impact.workloads.map(({ object }) => ({ object, ...statusOf(objects, object) }));
      // Of more workloads than are named the sums are checked by those that are.
      const isAll = workloads.length === impact.workload_count;
      return {
        workloads,
        ...(isAll
          ? { ready: sum(workloads.map((one) => one.ready)), pods: sum(workloads.map((one) => one.pods)) }
          : {}),
        services: impact.services.map(({ object }) => ({ object, endpoints: endpointsOf(objects, object) })),
        revisions: impact.revisions && revisionsOf(objects, workloads[0]?.object ?? ''),
        serves: stillServes.has(id) ? true : nothingServes.has(id) ? false : null,
        since: lostAt[id] === undefined ? null : Date.parse(lostAt[id]),
        crashing: 0,
        callers: [],
        at_least: false,
      };
    }
    case 'runs':
      return runs[id] ?? {};
    case 'job':
      return jobOf(objects, impact.object);
    case 'node':
      return podsOn(objects, impact.object);
    case 'unknown':
      return {};
    default:
      return impact satisfies never;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

interface Recorded {
  readonly kind: string;
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly labels?: Fields;
    readonly annotations?: Fields;
    readonly ownerReferences?: readonly Fields[];
  };
  readonly spec?: Fields;
  readonly status?: Fields;
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: Fields }[] | null;
}

function objectsOf({ dump }: Recording): readonly Recorded[] {
  return Object.values(dump.cluster).flatMap((list) =>
    list.items.map((item) => ({ ...(item as unknown as Recorded), kind: list.kind.replace(/List$/, '') })),
  );
}

const nameOf = ({ kind, metadata }: Recorded): string => `${kind} ${metadata.namespace}/${metadata.name}`;

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

function found(objects: readonly Recorded[], name: string): Recorded {
  const object = objects.find((one) => nameOf(one) === name);
  if (!object) throw new Error(`${name} was not recorded`);
  return object;
}

/** Ready and wanted as the recorded object says. */
function statusOf(objects: readonly Recorded[], name: string): { readonly ready: number; readonly pods: number } {
  const object = found(objects, name);
  if (object.kind === 'Pod') return { ready: isReady(object) ? 1 : 0, pods: 1 };
  const { spec = {}, status = {} } = object;
  const isDaemon = object.kind === 'DaemonSet';
  const own = typeof spec['replicas'] === 'number' ? spec['replicas'] : 1;
  const pods = isDaemon ? number(status['desiredNumberScheduled']) : own;
  return { ready: Math.min(pods, number(status[isDaemon ? 'numberReady' : 'readyReplicas'])), pods };
}

function isReady({ status }: Recorded): boolean {
  const conditions = (status?.['conditions'] ?? []) as readonly Fields[];
  return conditions.some((one) => one['type'] === 'Ready' && one['status'] === 'True');
}

/** Ready pods of the newest revision and of those before: of a Deployment by its ReplicaSets, of a StatefulSet by its pods. */
function revisionsOf(objects: readonly Recorded[], name: string): Fields {
  const { kind, metadata: owner, status } = found(objects, name);
  const ofOwner = objects.filter(
    ({ metadata }) =>
      metadata.namespace === owner.namespace &&
      metadata.ownerReferences?.some((one) => one['name'] === owner.name) === true,
  );
  if (kind === 'StatefulSet') {
    const ready = ofOwner.filter((one) => one.kind === 'Pod' && isReady(one));
    const isNewest = ({ metadata }: Recorded): boolean =>
      metadata.labels?.['controller-revision-hash'] === status?.['updateRevision'];
    const newest = ready.filter(isNewest).length;
    return { before: ready.length - newest, newest };
  }
  const revision = ({ metadata }: Recorded): number =>
    Number(metadata.annotations?.['deployment.kubernetes.io/revision']);
  const [newest, ...older] = ofOwner
    .filter((one) => one.kind === 'ReplicaSet')
    .toSorted((one, other) => revision(other) - revision(one))
    .map((one) => number(one.status?.['readyReplicas']));
  return { before: sum(older), newest };
}

function jobOf(objects: readonly Recorded[], name: string): Fields {
  const { spec = {}, status = {} } = found(objects, name);
  const conditions = (status['conditions'] ?? []) as readonly Fields[];
  const isTrue = (type: string): boolean => conditions.some((one) => one['type'] === type && one['status'] === 'True');
  return {
    state: isTrue('Complete') ? 'complete' : isTrue('Failed') ? 'failed' : 'going_on',
    done: number(status['succeeded']),
    wanted: spec['completions'],
    failed_pods: number(status['failed']),
  };
}

function podsOn(objects: readonly Recorded[], name: string): Fields {
  const pods = objects.filter(
    ({ kind, spec, status }) =>
      kind === 'Pod' &&
      `Node ${String(spec?.['nodeName'])}` === name &&
      !['Succeeded', 'Failed'].includes(String(status?.['phase'])),
  );
  return { pods: pods.length, ready: pods.filter(isReady).length };
}

function endpointsOf(objects: readonly Recorded[], name: string): number {
  const slices = objects.filter(
    ({ kind, metadata }) =>
      kind === 'EndpointSlice' &&
      `Service ${metadata.namespace}/${String(metadata.labels?.['kubernetes.io/service-name'])}` === name,
  );
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.['ready'] !== false)
    .reduce((sum, { addresses }) => sum + addresses.length, 0);
}
