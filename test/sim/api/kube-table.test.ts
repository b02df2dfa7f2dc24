import { describe, expect, test } from 'vitest';
import { listTable } from '../../../src/sim/api/kube-table.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

function object(apiVersion: string, kind: string, parts: object, name = 'x'): KubeObject {
  const metadata = { name, namespace: 'shop', creationTimestamp: '2026-11-20T10:00:00Z' };
  return { apiVersion, kind, metadata, ...parts };
}

/** The cells of the one row, by column. */
function row(item: KubeObject): Record<string, string> {
  const [header = '', line = ''] = listTable(item.apiVersion, item.kind, [item], now).split('\n');
  const names = [...header.matchAll(/\S+(?: \S+)*/g)];
  return Object.fromEntries(
    names.map((match, i) => [match[0], line.slice(match.index, names[i + 1]?.index ?? line.length).trim()]),
  );
}

describe('pods', () => {
  const status = (name: string, state: object, more: object = {}) => ({
    name,
    ready: false,
    restartCount: 0,
    state,
    ...more,
  });
  const pod = (parts: { containers?: object[]; init?: object[]; status: object; meta?: object }) => {
    const made = object('v1', 'Pod', {
      spec: { containers: parts.containers ?? [{ name: 'a' }], initContainers: parts.init },
      status: parts.status,
    });
    return { ...made, metadata: { ...made.metadata, ...parts.meta } };
  };
  const running = { running: {} };
  const done = { terminated: { exitCode: 0, reason: 'Completed' } };

  test.each([
    ['Running', { phase: 'Running', containerStatuses: [status('a', running, { ready: true })] }, '1/1'],
    [
      'CrashLoopBackOff',
      { phase: 'Running', containerStatuses: [status('a', { waiting: { reason: 'CrashLoopBackOff' } })] },
      '0/1',
    ],
    [
      'OOMKilled',
      { phase: 'Running', containerStatuses: [status('a', { terminated: { exitCode: 137, reason: 'OOMKilled' } })] },
      '0/1',
    ],
    ['ExitCode:3', { phase: 'Failed', containerStatuses: [status('a', { terminated: { exitCode: 3 } })] }, '0/1'],
    [
      'Signal:9',
      { phase: 'Failed', containerStatuses: [status('a', { terminated: { exitCode: 137, signal: 9 } })] },
      '0/1',
    ],
    ['Evicted', { phase: 'Failed', reason: 'Evicted' }, '0/1'],
    ['Completed', { phase: 'Succeeded', containerStatuses: [status('a', done)] }, '0/1'],
    ['Pending', { phase: 'Pending' }, '0/1'],
    [
      'SchedulingGated',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      '0/1',
    ],
  ])('%s', (text, podStatus, ready) => {
    expect(row(pod({ status: podStatus }))).toMatchObject({ STATUS: text, READY: ready });
  });

  test.each([
    ['Init:0/2', [status('i', running), status('j', { waiting: { reason: 'PodInitializing' } })]],
    ['Init:1/2', [status('i', done), status('j', running)]],
    ['Init:CrashLoopBackOff', [status('i', { waiting: { reason: 'CrashLoopBackOff' } }), status('j', {})]],
    ['Init:Error', [status('i', { terminated: { exitCode: 1, reason: 'Error' } }), status('j', {})]],
  ])('%s', (text, initContainerStatuses) => {
    const made = pod({ init: [{ name: 'i' }, { name: 'j' }], status: { phase: 'Pending', initContainerStatuses } });
    expect(row(made)['STATUS']).toBe(text);
  });

  test('a started sidecar counts as a container and does not hold the pod up', () => {
    const made = pod({
      init: [{ name: 'proxy', restartPolicy: 'Always' }],
      status: {
        phase: 'Running',
        initContainerStatuses: [status('proxy', running, { started: true, ready: true })],
        containerStatuses: [status('a', running, { ready: true })],
      },
    });
    expect(row(made)).toMatchObject({ STATUS: 'Running', READY: '2/2' });
  });

  test('one container done and one running and ready is Running, not ready is NotReady', () => {
    const of = (ready: string) =>
      row(
        pod({
          containers: [{ name: 'a' }, { name: 'b' }],
          status: {
            phase: 'Running',
            conditions: [{ type: 'Ready', status: ready }],
            containerStatuses: [status('a', done), status('b', running, { ready: true })],
          },
        }),
      )['STATUS'];
    expect([of('True'), of('False')]).toEqual(['Running', 'NotReady']);
  });

  test('being deleted, and lost with its node', () => {
    const meta = { deletionTimestamp: '2026-11-20T11:59:00Z' };
    expect(row(pod({ meta, status: { phase: 'Running' } }))['STATUS']).toBe('Terminating');
    expect(row(pod({ meta, status: { phase: 'Running', reason: 'NodeLost' } }))['STATUS']).toBe('Unknown');
  });

  test('restarts with the age of the last', () => {
    const lastState = { terminated: { exitCode: 1, finishedAt: '2026-11-20T11:40:00Z' } };
    const made = pod({
      status: { phase: 'Running', containerStatuses: [status('a', running, { restartCount: 4, lastState })] },
    });
    expect(row(made)['RESTARTS']).toBe('4 (20m ago)');
  });
});

describe('other kinds', () => {
  test('nodes: roles, cordon, what is unknown', () => {
    const node = (ready: string | null, spec: object, labels = {}) => {
      const conditions = ready === null ? [] : [{ type: 'Ready', status: ready }];
      const made = object('v1', 'Node', { spec, status: { conditions, nodeInfo: { kubeletVersion: 'v1' } } }, 'n1');
      return row({ ...made, metadata: { name: 'n1', labels } });
    };
    expect(node('True', {}, { 'node-role.kubernetes.io/control-plane': '' })).toMatchObject({
      STATUS: 'Ready',
      ROLES: 'control-plane',
      'OS-IMAGE': '<unknown>',
      AGE: '<unknown>',
    });
    expect(node('Unknown', { unschedulable: true })['STATUS']).toBe('NotReady,SchedulingDisabled');
    expect(node(null, {})['STATUS']).toBe('Unknown');
  });

  test('workloads count what is ready', () => {
    const template = {
      spec: {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:2' },
        ],
      },
    };
    const spec = { replicas: 3, selector: { matchLabels: { app: 'x' } }, template };
    const deployment = object('apps/v1', 'Deployment', { spec, status: { readyReplicas: 1, updatedReplicas: 2 } });
    expect(row(deployment)).toMatchObject({ READY: '1/3', 'UP-TO-DATE': '2', AVAILABLE: '0', IMAGES: 'a:1,b:2' });
    expect(row(object('apps/v1', 'StatefulSet', { spec, status: {} }))['READY']).toBe('0/3');
    const set = { desiredNumberScheduled: 4, currentNumberScheduled: 4, numberReady: 3 };
    expect(row(object('apps/v1', 'DaemonSet', { spec: { template }, status: set }))).toMatchObject({
      DESIRED: '4',
      READY: '3',
      'NODE SELECTOR': '<none>',
    });
  });

  test.each([
    ['Complete', [{ type: 'Complete', status: 'True' }]],
    [
      'Failed',
      [
        { type: 'FailureTarget', status: 'True' },
        { type: 'Failed', status: 'True' },
      ],
    ],
    ['Running', []],
    ['Suspended', [{ type: 'Suspended', status: 'True' }]],
  ])('a job is %s', (text, conditions) => {
    const status = {
      conditions,
      succeeded: 1,
      startTime: '2026-11-20T11:58:00Z',
      completionTime: '2026-11-20T11:59:00Z',
    };
    const job = object('batch/v1', 'Job', { spec: { completions: 2 }, status });
    expect(row(job)).toMatchObject({ STATUS: text, COMPLETIONS: '1/2', DURATION: '60s' });
  });

  test('claims, services, cron jobs', () => {
    const claim = {
      spec: { storageClassName: 'fast' },
      status: { phase: 'Bound', accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] },
    };
    expect(row(object('v1', 'PersistentVolumeClaim', claim))).toMatchObject({
      STATUS: 'Bound',
      'ACCESS MODES': 'RWO,ROX',
      STORAGECLASS: 'fast',
    });
    const ports = [
      { port: 80, protocol: 'TCP' },
      { port: 443, nodePort: 30_443, protocol: 'TCP' },
    ];
    const service = { spec: { type: 'NodePort', clusterIP: '10.0.0.1', ports, selector: { app: 'x', tier: 'web' } } };
    expect(row(object('v1', 'Service', service))).toMatchObject({
      'PORT(S)': '80/TCP,443:30443/TCP',
      SELECTOR: 'app=x,tier=web',
    });
    const cron = {
      spec: { schedule: '0 3 * * *', suspend: true },
      status: { lastScheduleTime: '2026-11-20T03:00:00Z' },
    };
    expect(row(object('batch/v1', 'CronJob', cron))).toMatchObject({ SUSPEND: 'True', 'LAST SCHEDULE': '9h' });
  });

  test('events: the times of the newer form, the source with its host', () => {
    const scheduler = object('v1', 'Event', {
      type: 'Warning',
      reason: 'FailedScheduling',
      message: 'line one\nline two',
      involvedObject: { kind: 'Pod', name: 'p' },
      source: {},
      eventTime: '2026-11-20T11:50:00.5Z',
      series: { count: 7, lastObservedTime: '2026-11-20T11:59:00.5Z' },
      reportingComponent: 'default-scheduler',
    });
    expect(row(scheduler)).toMatchObject({
      'LAST SEEN': '59s',
      OBJECT: 'pod/p',
      SOURCE: 'default-scheduler',
      MESSAGE: 'line one',
      COUNT: '7',
    });
    const kubelet = { ...scheduler, series: undefined, source: { component: 'kubelet', host: 'n1' } };
    expect(row(kubelet)['SOURCE']).toBe('kubelet, n1');
  });

  test('a kind without columns of its own has its name and age; nothing is an empty text', () => {
    expect(row(object('acme.io/v1', 'Widget', {}))).toEqual({
      NAMESPACE: 'shop',
      APIVERSION: 'acme.io/v1',
      KIND: 'Widget',
      NAME: 'x',
      AGE: '120m',
      LABELS: '<none>',
    });
    expect(listTable('v1', 'Pod', [], now)).toBe('');
  });

  test('hostile objects do not break a table', () => {
    const shapes = [{}, { spec: null, status: null }, { status: { conditions: 'no list', phase: 7 } }];
    for (const kind of ['Node', 'Deployment', 'Job', 'CronJob', 'Service', 'PersistentVolumeClaim', 'Event']) {
      for (const shape of shapes) expect(listTable('v1', kind, [object('v1', kind, shape)], now)).toContain(kind);
    }
  });
});
