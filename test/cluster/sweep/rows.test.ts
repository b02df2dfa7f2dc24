import { describe, expect, test } from 'vitest';
import { sweepLimits } from '../../../src/cluster/sweep/limits.ts';
import type { KindList } from '../../../src/cluster/sweep/lists.ts';
import { chooseReads } from '../../../src/cluster/sweep/choose.ts';
import {
  eventOfRow,
  isSuspectRow,
  parseAge,
  parseLabels,
  parsePair,
  suspectServices,
} from '../../../src/cluster/sweep/rows.ts';
import { SweepMemory } from '../../../src/cluster/sweep/memory.ts';
import { SweepView } from '../../../src/cluster/sweep/view.ts';
import { kindsToRead } from '../../../src/kube/kinds.ts';
import type { Row } from '../../../src/kube/read/tool-list.ts';
import { episodeOf } from '../../support/episode.ts';
import { now } from '../../support/kube-objects.ts';
import { signal } from '../../support/signals.ts';

const row = (name: string, columns: Record<string, string> = {}, namespace: string | null = 'shop'): Row => ({
  namespace,
  name,
  columns: { name, ...columns },
});

/** A view of a cluster of which every list shows rows only. */
function viewOf(rows: Record<string, readonly Row[]>): SweepView {
  const kinds = kindsToRead.map((kind): [string, KindList] => [
    kind.kind,
    {
      ...kind,
      objects: [],
      rows: rows[kind.kind] ?? [],
      read: true,
      unread: new Set(),
      asked: null,
      truncated: false,
      part: false,
    },
  ]);
  return new SweepView({ kinds: new Map(kinds), failures: [] }, now);
}

const plan = { limits: sweepLimits, now, memory: new SweepMemory(), isOver: () => false };
const placesOf = ({ wanted }: ReturnType<typeof chooseReads>) => wanted.flatMap(({ places }) => places);
/** When this one of the well-looking had the last turn. */
const after = (kind: string, name: string): SweepMemory => {
  const memory = new SweepMemory();
  memory.turns.took(`turn ${kind}`, `turn ${kind}/${name.includes('/') ? '' : '/'}${name}`);
  return memory;
};
const chosen = (rows: Record<string, readonly Row[]>, extra = {}) =>
  placesOf(chooseReads(viewOf(rows), [], { ...plan, ...extra })).map(({ kind, name }) => `${kind} ${name}`);

describe('CON-5: cells', () => {
  test.each([
    ['8m56s', 536_000],
    ['3d', 259_200_000],
    ['20s', 20_000],
    ['2y10d', 63_936_000_000],
    ['<unknown>', null],
    [undefined, null],
  ])('age %j', (text, ms) => expect(parseAge(text)).toBe(ms));

  test('pairs and labels', () => {
    expect(parsePair('1/2')).toEqual([1, 2]);
    expect(parsePair('<none>')).toBeNull();
    expect(parseLabels('app=web,tier=')).toEqual({ app: 'web', tier: '' });
    expect(parseLabels('<none>')).toEqual({});
  });

  test('an event row as an event', () => {
    const columns = {
      'last seen': '1m',
      'first seen': '10m',
      type: 'Warning',
      reason: 'FailedCreate',
      object: 'job/export',
      message: 'exceeded quota',
      count: '7',
    };
    expect(eventOfRow(row('export.1', columns), now)).toMatchObject({
      type: 'Warning',
      reason: 'FailedCreate',
      count: 7,
      lastTimestamp: new Date(now - 60_000).toISOString(),
      involvedObject: { apiVersion: 'batch/v1', kind: 'Job', namespace: 'shop', name: 'export' },
    });
    expect(eventOfRow(row('x', { ...columns, object: 'gadget/x' }), now)).toBeNull();
    expect(eventOfRow(row('x', { ...columns, 'last seen': '<unknown>' }), now)).toBeNull();
  });
});

test.each<[string, Record<string, string>, boolean]>([
  ['Pod', { status: 'Running', ready: '1/1' }, false],
  ['Pod', { status: 'Running', ready: '1/2' }, true],
  ['Pod', { status: 'CrashLoopBackOff', ready: '0/1' }, true],
  ['Pod', { status: 'Init:0/1', ready: '0/1' }, true],
  ['Pod', { status: 'Completed', ready: '0/1' }, false],
  ['Pod', { status: 'Evicted', ready: '0/1' }, true],
  ['Node', { status: 'Ready' }, false],
  ['Node', { status: 'Ready,SchedulingDisabled' }, false],
  ['Node', { status: 'NotReady' }, true],
  ['Deployment', { ready: '2/2', 'up-to-date': '2' }, false],
  ['Deployment', { ready: '2/2', 'up-to-date': '1' }, true],
  ['Deployment', { ready: '0/0', 'up-to-date': '0' }, false],
  ['Deployment', { ready: '1/2', 'up-to-date': '2' }, true],
  ['StatefulSet', { ready: '0/1' }, true],
  ['DaemonSet', { desired: '3', ready: '2' }, true],
  ['DaemonSet', { desired: '3', ready: '3' }, false],
  ['Job', { status: 'Failed' }, true],
  ['Job', { status: 'Complete' }, false],
  ['PersistentVolumeClaim', { status: 'Pending' }, true],
  ['PersistentVolumeClaim', { status: 'Bound' }, false],
  ['Secret', { status: 'Failed' }, false],
])('CON-5: a %s row %j is a suspect: %s', (kind, columns, suspect) => {
  expect(isSuspectRow(kind, row('x', columns))).toBe(suspect);
});

test('CON-5: Services whose slices show no endpoint or no port', () => {
  const slice = (service: string, endpoints: string, ports: string): Row =>
    row(`${service}-1`, { labels: `a=b,kubernetes.io/service-name=${service}`, endpoints, ports });
  const services = ['full', 'empty', 'portless', 'sliceless'].map((name) => row(name, { selector: `app=${name}` }));
  const others = [row('headless', { selector: '<none>' }), row('external', { selector: 'a=b', type: 'ExternalName' })];
  const slices = [
    slice('full', '10.0.0.1', '80'),
    slice('empty', '<unset>', '<unset>'),
    slice('portless', '10.0.0.1', '<unset>'),
  ];
  expect(suspectServices([...services, ...others], slices).map((one) => one.name)).toEqual([
    'empty',
    'portless',
    'sliceless',
  ]);
});

describe('CON-6: what is read one by one', () => {
  const pods = (owner: string, count: number): Row[] =>
    Array.from({ length: count }, (_, i) =>
      row(`${owner}-7cbbf95f8c-${'bcdfg'[i % 5]}${'bcdfg'[Math.floor(i / 5)]}bbb`, { status: 'Error', ready: '0/1' }),
    );

  test('nodes and workloads first, then some pods of each owner, then the rest', () => {
    const reads = chosen(
      {
        Node: [row('n1', { status: 'NotReady' }, null)],
        Deployment: [row('big', { ready: '0/20' })],
        Pod: [...pods('big', 20), ...pods('small', 1)],
      },
      { limits: { ...sweepLimits, maxReadsPerOwner: 3 } },
    );
    expect(reads.slice(0, 2)).toEqual(['Node n1', 'Deployment big']);
    expect(reads.slice(2, 6).map((one) => one.split('-')[0])).toEqual(['Pod big', 'Pod big', 'Pod big', 'Pod small']);
    expect(reads).toHaveLength(23);
  });

  test('many active faults leave room for what is new, and take turns', () => {
    const active = ['a', 'b', 'c', 'd'].map((name, index) =>
      episodeOf(signal({ pod: `${name}-7cbbf95f8c-bbbbb` }), { lastSweepAt: now - index }),
    );
    const old = active.map(({ resource }) => row(resource.name, { status: 'Error', ready: '0/1' }, 'payments'));
    const view = viewOf({ Pod: [...old, ...pods('new', 3)] });
    const limits = { ...sweepLimits, maxReads: 4, maxReadsPerOwner: 1 };
    const reads = placesOf(chooseReads(view, active, { ...plan, limits })).map(({ name }) => name.split('-')[0]);
    expect(reads).toEqual(['d', 'c', 'new', 'b', 'a', 'new', 'new']);
  });

  test('well-looking nodes have their turn, since rows do not show pressure', () => {
    const Node = ['a', 'b', 'c', 'd'].map((name) => row(name, { status: 'Ready' }, null));
    const limits = { ...sweepLimits, nodesInTurn: 2 };
    expect(chosen({ Node }, { limits })).toEqual(['Node a', 'Node b']);
    expect(chosen({ Node }, { limits, memory: after('Node', 'b') })).toEqual(['Node c', 'Node d']);
    expect(chosen({ Node }, { limits, memory: after('Node', 'd') })).toEqual(['Node a', 'Node b']);
  });

  test('objects of events whose rows look well, and the success after a failed Job of a CronJob', () => {
    const event = {
      'last seen': '1m',
      type: 'Warning',
      reason: 'FailedCreate',
      object: 'job/export',
      message: 'quota',
    };
    const Job = [
      row('export', { status: 'Running', age: '5m' }),
      row('nightly-28000000', { status: 'Failed', age: '2d' }),
      row('nightly-28001440', { status: 'Complete', age: '1d' }),
      row('nightly-28002880', { status: 'Complete', age: '2h' }),
    ];
    const reads = chosen({ Job, Event: [row('export.1', event)] });
    expect(reads).toEqual(['Job nightly-28000000', 'Job nightly-28002880', 'Job export']);
  });
});

describe('CON-5: rows of relations', () => {
  const running = { status: 'Running', completions: '0/1' };
  const well = { status: 'Running', ready: '1/1' };

  test('a running Job without a pod of its name is read, one with a pod is not', () => {
    const pods = [row('train-x7k2p', well), row('index-0-abcde', well)];
    const jobs = [
      row('train', running),
      row('lost', running),
      row('index', running),
      row('done', { status: 'Complete' }),
    ];
    expect(chosen({ Job: jobs, Pod: pods })).toEqual(['Job lost']);
  });

  test('a pod of another namespace or of a longer name is not its own', () => {
    const pods = [row('train-x7k2p', well, 'other'), row('train-extra-x7k2p', well)];
    expect(chosen({ Job: [row('train', running)], Pod: pods })).toEqual(['Job train']);
  });

  test('autoscalers without metrics and namespaces in deletion are read', () => {
    const autoscalers = [row('blind', { targets: 'cpu: <unknown>/80%' }), row('well', { targets: 'cpu: 4%/80%' })];
    const namespaces = [row('old', { status: 'Terminating' }, null), row('shop', { status: 'Active' }, null)];
    const rows = { HorizontalPodAutoscaler: autoscalers, Namespace: namespaces };
    expect(chosen(rows)).toEqual(['HorizontalPodAutoscaler blind', 'Namespace old']);
  });

  test('Ingresses are read in turn', () => {
    const rows = { Ingress: ['a', 'b', 'c'].map((name) => row(name)) };
    const limits = { ...sweepLimits, nodesInTurn: 2 };
    expect(chosen(rows, { limits })).toEqual(['Ingress a', 'Ingress b']);
    expect(chosen(rows, { limits, memory: after('Ingress', 'shop/b') })).toEqual(['Ingress c', 'Ingress a']);
  });
});
