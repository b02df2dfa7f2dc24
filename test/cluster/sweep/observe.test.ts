import { describe, expect, test } from 'vitest';
import type { KindList } from '../../../src/cluster/sweep/lists.ts';
import { observe } from '../../../src/cluster/sweep/observe.ts';
import { SweepView } from '../../../src/cluster/sweep/view.ts';
import type { ObjectRef } from '../../../src/domain/fault.ts';
import type { FaultEpisode } from '../../../src/domain/records.ts';
import type { Observation } from '../../../src/domain/state-store.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { kindsToRead } from '../../../src/kube/kinds.ts';
import { episodeOf } from '../../support/episode.ts';
import { ago, now, object, ownedBy, pod, wellPod } from '../../support/kube-objects.ts';
import { signal } from '../../support/signals.ts';

type Lists = Record<string, Partial<KindList>>;

function viewOf(lists: Lists = {}): SweepView {
  const kinds = kindsToRead.map((kind): [string, KindList] => [
    kind.kind,
    {
      ...kind,
      objects: [],
      rows: [],
      read: true,
      unread: new Set(),
      asked: null,
      truncated: false,
      part: false,
      ...lists[kind.kind],
    },
  ]);
  return new SweepView({ kinds: new Map(kinds), failures: [] }, now);
}

const refOf = ({ apiVersion, kind, metadata }: KubeObject): ObjectRef => ({
  apiVersion,
  kind,
  namespace: metadata.namespace ?? null,
  name: metadata.name,
  uid: metadata.uid ?? null,
});
const faultOf = (about: KubeObject, extra: Partial<FaultEpisode> = {}): FaultEpisode =>
  episodeOf(signal({}), { resource: refOf(about), faultId: 'f', ...extra });
const nothing = { ids: new Set<string>(), faulty: new Set<string>(), newestFailures: new Map<string, number>() };

const ill = pod('p', { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] });
const well = wellPod('p');
const service = object('Service', 's');
const ingress = object('Ingress', 'i', { apiVersion: 'networking.k8s.io/v1' });
const cron = object('CronJob', 'c', { apiVersion: 'batch/v1' });
const cordoned = object('Node', 'n', {
  spec: { unschedulable: true },
  status: { conditions: [{ type: 'Ready', status: 'Unknown', lastTransitionTime: ago(60) }] },
});
const ended = pod('p', { phase: 'Failed' }, ownedBy('Job', 'nightly-1'));
const failure = (at: number): FaultEpisode =>
  faultOf(object('Job', 'nightly-1'), {
    faultType: 'JobFailure',
    owner: { kind: 'CronJob', namespace: 'shop', name: 'nightly', certain: true },
    firstSeen: at,
    lastSeen: at,
  });
const deleted = (one: KubeObject): KubeObject => ({
  ...one,
  metadata: { ...one.metadata, deletionTimestamp: ago(10) },
});

interface Case {
  readonly fault: FaultEpisode;
  /** What a read of the object gave; undefined: it was not read. */
  readonly read?: KubeObject | null;
  readonly lists?: Lists;
  readonly found?: typeof nothing;
}

const cases: Record<string, Case & { readonly says: Observation }> = {
  'its finding is there': { fault: faultOf(ill), found: { ...nothing, ids: new Set(['f']) }, says: 'active' },
  'nothing was read of it': { fault: faultOf(ill), says: 'unknown' },
  'a list shows it ill': { fault: faultOf(ill), lists: { Pod: { objects: [ill] } }, says: 'active' },
  'a list shows it well': { fault: faultOf(ill), lists: { Pod: { objects: [well] } }, says: 'unknown' },
  'a read says that it is gone': { fault: faultOf(ill), read: null, says: 'absent' },
  'a read finds another of its name': {
    fault: faultOf(ill),
    read: wellPod('p', {}, { metadata: { uid: 'new' } }),
    says: 'absent',
  },
  'a read finds it well': { fault: faultOf(ill), read: well, says: 'healthy' },
  'a read finds it ill': { fault: faultOf(ill), read: ill, lists: { Pod: { objects: [well] } }, says: 'active' },
  'it is being deleted': { fault: faultOf(ill), read: deleted(well), says: 'unknown' },
  'it restarted since it was seen well': {
    fault: faultOf(ill, { clearSeenAt: now - 60_000 }),
    read: wellPod('p', { restartCount: 2, state: { running: { startedAt: ago(20) } } }),
    says: 'active',
  },
  'an ended pod was replaced by its controller': {
    fault: faultOf(ill),
    read: pod('p', { phase: 'Failed' }, ownedBy('ReplicaSet', 'r', { uid: 'uid-Pod-p' })),
    says: 'absent',
  },
  'an ended pod without a controller': { fault: faultOf(ill), read: pod('p', { phase: 'Failed' }), says: 'active' },
  'slices show that a Service has endpoints': { fault: faultOf(service), read: service, says: 'healthy' },
  'slices could not be listed': {
    fault: faultOf(service),
    read: service,
    lists: { EndpointSlice: { read: false } },
    says: 'unknown',
  },
  'slices were cut': {
    fault: faultOf(service),
    read: service,
    lists: { EndpointSlice: { truncated: true } },
    says: 'unknown',
  },
  'slices are a part': {
    fault: faultOf(service),
    read: service,
    lists: { EndpointSlice: { part: true } },
    says: 'unknown',
  },
  'slices of its namespace could not be read': {
    fault: faultOf(service),
    read: service,
    lists: { EndpointSlice: { asked: new Set(['shop', 'other']), unread: new Set(['shop']) } },
    says: 'unknown',
  },
  'slices of its namespace were not asked for': {
    fault: faultOf(service),
    read: service,
    lists: { EndpointSlice: { asked: new Set(['other']) } },
    says: 'unknown',
  },
  'Services are known to an Ingress': { fault: faultOf(ingress), read: ingress, says: 'healthy' },
  'Services are not': { fault: faultOf(ingress), read: ingress, lists: { Service: { read: false } }, says: 'unknown' },
  'a kind that nobody judges': { fault: faultOf(cron, { faultType: 'CrashLoop' }), read: cron, says: 'unknown' },
  'events of a kind that nobody judges have ended': {
    fault: faultOf(cron, { faultType: 'WarningEvent' }),
    read: cron,
    says: 'healthy',
  },
  'events could not be listed': {
    fault: faultOf(cron, { faultType: 'WarningEvent' }),
    read: cron,
    lists: { Event: { read: false } },
    says: 'unknown',
  },
  'events were cut': {
    fault: faultOf(cron, { faultType: 'WarningEvent' }),
    read: cron,
    lists: { Event: { truncated: true } },
    says: 'unknown',
  },
  'a pending fault of a node that is being worked on': {
    fault: faultOf(cordoned, { faultType: 'NodeUnhealthy', outcome: null, incidentId: null }),
    read: cordoned,
    says: 'healthy',
  },
  'a pending fault that no detector finds any more, on a pod that is not well yet': {
    fault: faultOf(ill, { faultType: 'Unschedulable', outcome: null, incidentId: null }),
    read: ill,
    says: 'healthy',
  },
  'a pending fault that a list shows no more': {
    fault: faultOf(ill, { faultType: 'Unschedulable', outcome: null, incidentId: null }),
    lists: { Pod: { objects: [ill] } },
    says: 'healthy',
  },
  'a pending fault of a pod whose row looks well': {
    fault: faultOf(ill, { faultType: 'PodCrash', outcome: null, incidentId: null }),
    lists: { Pod: { rows: [{ namespace: 'shop', name: 'p', columns: { status: 'Running', ready: '1/1' } }] } },
    says: 'healthy',
  },
  'a pending fault of a pod whose row does not': {
    fault: faultOf(ill, { faultType: 'PodCrash', outcome: null, incidentId: null }),
    lists: { Pod: { rows: [{ namespace: 'shop', name: 'p', columns: { status: 'Running', ready: '0/1' } }] } },
    says: 'unknown',
  },
  'a pending fault of another kind, whose row says little': {
    fault: faultOf(service, { faultType: 'WarningEvent', outcome: null, incidentId: null }),
    lists: { Service: { rows: [{ namespace: 'shop', name: 's', columns: {} }] } },
    says: 'unknown',
  },
  'a pending fault of which nothing was read': {
    fault: faultOf(ill, { faultType: 'Unschedulable', outcome: null, incidentId: null }),
    lists: { Pod: { read: false } },
    says: 'unknown',
  },
  'a fault of such a node that people know of': {
    fault: faultOf(cordoned, { faultType: 'NodeUnhealthy' }),
    read: cordoned,
    says: 'active',
  },
  "a failed pod of a Job: the Job's to tell": {
    fault: faultOf(ended, { faultType: 'PodCrash' }),
    read: ended,
    says: 'absent',
  },
  'a failed Job that was deleted': { fault: failure(now - 600_000), read: null, says: 'absent' },
  'a pod that is ready has got over its events, known or not': {
    fault: faultOf(well, { faultType: 'WarningEvent' }),
    read: well,
    lists: { Event: { read: false } },
    says: 'healthy',
  },
};

describe('CON-5: what a sweep says of a fault that stood before it', () => {
  test.each(Object.entries(cases))('%s', (_, { fault, read, lists, found, says }) => {
    const view = viewOf(lists);
    if (read === null) view.addGone(fault.resource);
    else if (read !== undefined) view.addRead(read);
    expect(observe(fault, view, found ?? nothing)).toBe(says);
  });
});

describe('what a sweep knows of an object', () => {
  test('a whole list tells a detector what is not there, a part does not, and neither is a read', () => {
    const ref = refOf(ill);
    expect(viewOf().seen(ref)).toBe('gone');
    for (const list of [{ read: false }, { truncated: true }, { part: true }, { unread: new Set(['shop']) }]) {
      expect(viewOf({ Pod: list }).seen(ref)).toBe('unknown');
    }
    expect(viewOf().read(ref)).toBe('unknown');
  });

  test('pods of a cut list are given with a word that they are not all', () => {
    expect(viewOf({ Pod: { objects: [ill], truncated: true } }).context(service)).toMatchObject({
      pods: [{ metadata: { name: 'p' } }],
      podsCut: true,
    });
    expect(viewOf({ Pod: { objects: [ill] } }).context(service)).not.toHaveProperty('podsCut');
  });

  test('an object that was read takes the place of the one of the list', () => {
    const view = viewOf({ Pod: { objects: [ill] } });
    view.addRead(well);
    expect(view.context(service).pods).toHaveLength(1);
    expect(view.objects()).toEqual([well]);
  });
});

describe('INT-9: a failed Job that was cleaned up has not got well', () => {
  const failedAt = now - 600_000;
  const cronJob = (fields: Record<string, unknown>) => object('CronJob', 'nightly', fields);
  const said = (schedule: KubeObject | null, newest = failedAt): Observation => {
    const fault = failure(failedAt);
    const view = viewOf();
    view.addGone(fault.resource);
    if (schedule) view.addRead(schedule);
    else view.addGone({ kind: 'CronJob', namespace: 'shop', name: 'nightly' });
    return observe(fault, view, { ...nothing, newestFailures: new Map([['CronJob/shop/nightly', newest]]) });
  };

  test.each<[string, KubeObject | null, Observation]>([
    ['its CronJob has not succeeded since', cronJob({ status: { lastSuccessfulTime: ago(3600) } }), 'unknown'],
    ['it never has', cronJob({ status: {} }), 'unknown'],
    ['it has', cronJob({ status: { lastSuccessfulTime: ago(60) } }), 'absent'],
    ['it is suspended', cronJob({ spec: { suspend: true } }), 'absent'],
    ['it is gone', null, 'absent'],
  ])('%s', (_name, schedule, wanted) => {
    expect(said(schedule)).toBe(wanted);
  });

  test('a newer failure stands for it', () => {
    expect(said(cronJob({ status: {} }), now - 60_000)).toBe('absent');
  });
});
