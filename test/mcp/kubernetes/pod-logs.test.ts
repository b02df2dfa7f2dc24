import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterReader, ReadError } from '../../../src/kube/cluster-reader.ts';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { FallbackReader } from '../../../src/kube/read/fallback-reader.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { putInEtcd } from '../../support/etcd.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { container, object, pod } from '../../support/kube-objects.ts';
import { type CallKubernetesTool, kubernetesTools } from '../../support/kubernetes-tools.ts';
import { type KubeletLogs, startKubeletLogs } from '../../support/kubelet-logs.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

interface Logs {
  readonly containers: readonly {
    readonly container: string;
    readonly lines: readonly string[];
    readonly truncated: boolean;
    readonly [key: string]: unknown;
  }[];
}

const numbered = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join('');

const cart = pod(
  'cart-0',
  {
    phase: 'Running',
    initContainerStatuses: [container({ terminated: { exitCode: 0 } }, { name: 'migrate' })],
    containerStatuses: [
      container({ running: {} }, { name: 'app', restartCount: 2, lastState: { terminated: { exitCode: 1 } } }),
      container({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }, { name: 'proxy' }),
    ],
  },
  {
    spec: {
      nodeName: 'n1',
      initContainers: [{ name: 'migrate', image: 'x' }],
      containers: [
        { name: 'app', image: 'x' },
        { name: 'proxy', image: 'x' },
      ],
    },
  },
);
const asked = { namespace: 'shop', pod: 'cart-0' };

describe.skipIf(cannotRun('logs of a real API server'))('K8S-6: logs through a real API server', () => {
  let plane: ControlPlane;
  let kubelet: KubeletLogs;
  let call: CallKubernetesTool;
  const only = async (args: Record<string, unknown> = {}) =>
    (await call<Logs>('get_pod_logs', { ...asked, container: 'app', ...args })).containers[0]!;

  beforeAll(async () => {
    kubelet = await startKubeletLogs();
    plane = await startControlPlane();
    const status = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
    };
    for (const one of [object('Namespace', 'shop'), object('Node', 'n1', { status }), cart]) {
      await putInEtcd(plane, one);
    }
    call = kubernetesTools(await openApiReader(plane.kubeconfig, null));
  }, 60_000);

  afterAll(async () => {
    await plane?.stop();
    await kubelet?.stop();
  });

  test('of every container, in the order in which they start; one without a log says why', async () => {
    kubelet.set('shop', 'cart-0', 'migrate', 'migrated\n');
    kubelet.set('shop', 'cart-0', 'app', numbered(3));
    const { containers } = await call<Logs>('get_pod_logs', asked);
    expect(containers).toEqual([
      { container: 'migrate', kind: 'init', lines: ['migrated'], truncated: false },
      { container: 'app', kind: 'container', lines: ['line 1', 'line 2', 'line 3'], truncated: false },
      {
        container: 'proxy',
        kind: 'container',
        lines: [],
        truncated: false,
        no_log: 'it waits to start (ImagePullBackOff: no such image)',
      },
    ]);
  });

  test('the last lines, and whether there are older ones', async () => {
    kubelet.set('shop', 'cart-0', 'app', numbered(200));
    const last = await only({ tail: 2 });
    expect(last).toMatchObject({ lines: ['line 199', 'line 200'], truncated: true });
    expect(last['truncated_reason']).toBe('there are older lines');
    expect(await only({ tail: 200 })).toMatchObject({ truncated: false });
    expect((await only()).lines).toHaveLength(100);
    expect((await only({ tail: 5000 })).lines).toHaveLength(200);
    await expect(only({ tail: 5001 })).rejects.toThrow('<=5000');
  });

  test('what kubectl logs prints', async () => {
    kubelet.set('shop', 'cart-0', 'app', 'first\n\n  indented\tand {"json": true}\nwithout an end');
    const printed = await plane.kubectl(['logs', '-n', 'shop', 'cart-0', '-c', 'app', '--tail=3']);
    expect((await only({ tail: 3 })).lines).toEqual(printed.split('\n'));
  });

  test('of the run before; without one it says so', async () => {
    kubelet.set('shop', 'cart-0', 'app', 'fatal: out of luck\n', true);
    expect(await only({ previous: true })).toMatchObject({ lines: ['fatal: out of luck'] });
    const { containers } = await call<Logs>('get_pod_logs', { ...asked, previous: true });
    expect(containers.map((one) => one['no_log'])).toEqual([
      'it has not restarted: there is no run before this one',
      undefined,
      'it has not restarted: there is no run before this one',
    ]);
  });

  test('only lines that hold a text, which is no expression', async () => {
    kubelet.set('shop', 'cart-0', 'app', 'error (1)\nok\nerror (2)\nerror 3\n');
    expect(await only({ grep: 'error (' })).toMatchObject({ lines: ['error (1)', 'error (2)'], matched: 2 });
    expect(await only({ grep: '.*' })).toMatchObject({ lines: [], matched: 0 });
  });

  test('a line of 10 MiB among others is cut, and the newest lines are there', async () => {
    kubelet.set('shop', 'cart-0', 'app', `before\n${'x'.repeat(10 * 1024 * 1024)}\nafter\n`);
    const { lines, ...rest } = await only();
    expect(lines.map(({ length }) => length)).toEqual([6, 16_384, 5]);
    expect(rest).toMatchObject({ truncated: true, truncated_reason: 'long lines are cut to 16384 characters' });
  });

  test('lines that are together larger than can be read give the newest of them', async () => {
    const large = 'y'.repeat(1024 * 1024);
    kubelet.set(
      'shop',
      'cart-0',
      'app',
      `${Array.from({ length: 30 }, (_, at) => `${at} ${large}`).join('\n')}\nend\n`,
    );
    const { lines, truncated_reason: why } = await only({ tail: 80 });
    expect(lines.at(-1)).toBe('end');
    expect(lines.at(-2)).toMatch(/^29 y+…$/);
    expect(lines.length).toBeGreaterThan(5);
    expect(why).toContain(`only the last ${lines.length} lines`);
  });

  test('one line that is larger than can be read is there from its start', async () => {
    kubelet.set('shop', 'cart-0', 'app', `old\n${'z'.repeat(13 * 1024 * 1024)}`);
    const { lines, truncated_reason: why } = await only();
    expect(lines).toEqual([`${'z'.repeat(16_383)}…`]);
    expect(why).toContain('of the last line the end is missing');
  });

  test('what is no text is marked, and no control reaches the reader', async () => {
    const bytes = Array.from({ length: 4096 }, (_, at) => String.fromCharCode((at * 7) % 32)).join('');
    kubelet.set('shop', 'cart-0', 'app', `${bytes}\nend\n`);
    const { lines, binary } = await only();
    expect(binary).toBe(true);
    expect(lines.at(-1)).toBe('end');
    expect(lines.join('')).toMatch(/^[^\u0000-\u0008\u000b-\u001f]*$/);
  });

  test('colours are taken out, and the ends of lines of Windows', async () => {
    kubelet.set('shop', 'cart-0', 'app', '\u001b[1;31mERROR\u001b[0m failed\r\nplain\r\n');
    const log = await only();
    expect(log.lines).toEqual(['ERROR failed', 'plain']);
    expect(log).not.toHaveProperty('binary');
  });

  test('K8S-3: without the right to read logs it names the rule', async () => {
    const read = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
    await plane.apply(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'pods' }, rules: [read] },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'pods' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'pods' },
        subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'pods' }],
      },
    );
    const reader = await openApiReader(await plane.kubeconfigOf('default', 'pods'), null);
    await expect(kubernetesTools(reader)('get_pod_logs', asked)).rejects.toMatchObject({
      failure: 'forbidden',
      message: expect.stringContaining('cannot get resource "pods/log"'),
    });
  });
});

function toolsOver(logs: ClusterReader['logs']): CallKubernetesTool {
  const reader = new ObjectsReader([cart]);
  return kubernetesTools(Object.assign(reader, { logs }), { redact: createRedactor });
}

function failing(why: ReadError): ClusterReader {
  return Object.assign(new ObjectsReader([cart]), { logs: () => Promise.reject(why) });
}

test('K8S-6: only what was written lately, where that can be told', async () => {
  const seen: unknown[] = [];
  const logs: ClusterReader['logs'] = async (...[, , , options]) => {
    seen.push(options.sinceSeconds);
    return '';
  };
  const args = { ...asked, container: 'app', since_seconds: 60 };
  const { containers } = await toolsOver(logs)<Logs>('get_pod_logs', args);
  expect(seen).toEqual([60]);
  expect(containers[0]).toMatchObject({ lines: [], no_log: 'it has written nothing since' });
  // Also where the tools of an MCP server answer in place of an API that does not.
  const behind = new FallbackReader([
    () => Promise.resolve(failing(new ReadError('unreachable', 'away'))),
    () => Promise.resolve(failing(new ReadError('unsupported', 'it knows no times'))),
  ]);
  const refused = kubernetesTools(behind)('get_pod_logs', args);
  await expect(refused).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('it knows no times') as string,
  });
});

test('K8S-5: what is searched for is not searched in secrets', async () => {
  // Put together here, so that no scanner takes this file for a leak.
  const key = ['-----BEGIN PRIVATE ', 'KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END PRIVATE ', 'KEY-----'].join('');
  const call = toolsOver(
    async () => `login password=hunter2x\n${key}\nGET https://tok81kq0@git.shop/\nhunter2x again\n`,
  );
  const found = async (grep: string) => {
    const { containers } = await call<Logs>('get_pod_logs', { ...asked, container: 'app', grep });
    return [containers[0]?.['matched'], containers[0]?.lines];
  };
  for (const grep of ['password=h', 'hunter2', 'MIIE', 'BgkqhkiG', 'tok8']) expect(await found(grep)).toEqual([0, []]);
  expect(await found('login')).toEqual([1, ['login password=<redacted:pair>']]);
  expect(await found('again')).toEqual([1, ['<redacted:secret> again']]);
});

test('a container or a pod that is not there: what there is', async () => {
  const call = toolsOver(async () => '');
  await expect(call('get_pod_logs', { ...asked, container: 'db' })).rejects.toMatchObject({
    code: 'not_found',
    fix: { steps: ['Its containers are: migrate, app, proxy.'] },
  });
  await expect(call('get_pod_logs', { ...asked, pod: 'cart-1' })).rejects.toMatchObject({
    code: 'not_found',
    fix: { steps: ['The nearest name is cart-0.'] },
  });
});

test('a log that cannot be read fails as it is, for the server to explain', async () => {
  const call = toolsOver(() => Promise.reject(new ReadError('unreachable', 'no route to the node')));
  await expect(call('get_pod_logs', asked)).rejects.toThrow('no route to the node');
});
