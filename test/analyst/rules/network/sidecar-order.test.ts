import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { endpoints } from './callers.ts';

type Fields = Record<string, unknown>;

const redirects = (name: string): Fields => ({
  name,
  image: `registry.test/${name}:1`,
  securityContext: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
});
const proxy = (name: string, more: Fields = {}): Fields => ({ name, image: `registry.test/${name}:1`, ...more });
const setup = (more: Fields = {}): Fields => ({ name: 'setup', image: 'registry.test/setup:1', ...more });
const app: Fields = { name: 'app', image: 'registry.test/app:1' };

interface Pod {
  readonly init: readonly Fields[];
  readonly containers: readonly Fields[];
  /** Containers of the template, when the pod has others. */
  readonly template?: readonly Fields[];
  readonly log: string;
  readonly waits?: boolean;
}

/** A Deployment `app` whose init container `setup` fails, or waits, with a log; Service `db` has two endpoints. */
function initFails({ init, containers, template, log, waits = false }: Pod): TestCluster {
  const cluster = new TestCluster();
  const own = { name: 'setup', ready: false, restartCount: waits ? 0 : 3 };
  const end = { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T10:03:58Z', finishedAt: '2026-01-01T10:04:00Z' };
  const state = waits
    ? { state: { running: { startedAt: '2026-01-01T10:00:05Z' } } }
    : { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: end } };
  const before = init.slice(
    0,
    init.findIndex((it) => it['name'] === 'setup'),
  );
  cluster.deployment('ns', 'app', {
    spec: { initContainers: init, containers },
    status: {
      initContainerStatuses: [
        ...before.map((it) => ({
          name: it['name'],
          ready: true,
          restartCount: 0,
          state:
            it['restartPolicy'] === 'Always'
              ? { running: { startedAt: '2026-01-01T10:00:02Z' } }
              : { terminated: { exitCode: 0, reason: 'Completed' } },
        })),
        { ...own, ...state },
      ],
      containerStatuses: containers.map((it) => ({
        name: it['name'],
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: 'PodInitializing' } },
      })),
    },
  });
  if (template) {
    for (const object of cluster.objects) {
      if (object.kind === 'Pod') continue;
      const spec = object['spec'] as { template: { spec: Fields } };
      spec.template = { ...spec.template, spec: { containers: template, initContainers: [setup()] } };
    }
  }
  cluster.log('ns', 'app-5d8f-abcde', 'setup', log, !waits);
  cluster.service('ns', 'db', { port: 5432 });
  endpoints(cluster, 'db', 2);
  cluster.running('ns', 'db', 'ready to accept connections');
  cluster.node('n1');
  return cluster;
}

const refused = 'dial tcp 10.0.0.1:5432: connect: connection refused';
const python =
  'psycopg2.OperationalError: connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused';
const own = 'connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused';
const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');
const wanted = (name: string): string => `Deployment app sidecar_order [${name}] high`;

describe('QUA-1: calls through a container of the pod that does not run yet', () => {
  test.each<[string, Pod, string]>([
    [
      'traffic is redirected before the init container calls',
      { init: [redirects('net-init'), setup()], containers: [app, proxy('mesh-proxy')], log: `ERROR ${refused}` },
      'mesh-proxy',
    ],
    [
      'the same, by the name of the callee',
      { init: [redirects('net-init'), setup()], containers: [app, proxy('envoy')], log: `ERROR ${python}` },
      'envoy',
    ],
    [
      'it goes on waiting',
      {
        init: [redirects('net-init'), setup()],
        containers: [app, proxy('data-proxy')],
        log: 'waiting for db:5432 ... connection refused\n'.repeat(6),
        waits: true,
      },
      'data-proxy',
    ],
    [
      'a proxy that is injected, and the node redirects',
      { init: [setup()], containers: [app, proxy('side-proxy')], template: [app], log: `ERROR ${refused}` },
      'side-proxy',
    ],
    [
      'a native sidecar that stands after it',
      {
        init: [redirects('net-init'), setup(), proxy('mesh-proxy', { restartPolicy: 'Always' })],
        containers: [app],
        log: `ERROR ${refused}`,
      },
      'mesh-proxy',
    ],
    [
      'the port of a sibling, as it declares it',
      { init: [setup()], containers: [app, proxy('sql', { ports: [{ containerPort: 5432 }] })], log: `FATAL ${own}` },
      'sql',
    ],
    [
      'the port of a sibling, as its arguments tell it',
      {
        init: [setup()],
        containers: [app, proxy('sql', { args: ['--port=5432', 'a:b:c'] })],
        log: "Error: P1001: Can't reach database server at `localhost:5432`: connect ECONNREFUSED 127.0.0.1:5432",
      },
      'sql',
    ],
    [
      'the port of a secrets agent',
      {
        init: [setup()],
        containers: [app, proxy('secrets', { env: [{ name: 'LISTEN', value: ':8200' }] })],
        log: 'curl: (7) Failed to connect to localhost port 8200: Connection refused',
      },
      'secrets',
    ],
  ])('%s', async (_title, pod, sidecar) => {
    expect(await about(initFails(pod))).toBe(wanted(sidecar));
  });

  test.each<[string, Pod]>([
    [
      'a native sidecar that stands before it',
      {
        init: [redirects('net-init'), proxy('mesh-proxy', { restartPolicy: 'Always' }), setup()],
        containers: [app],
        log: `ERROR ${refused}`,
      },
    ],
    [
      'nothing redirects its traffic',
      { init: [setup()], containers: [app, proxy('mesh-proxy')], log: `ERROR ${refused}` },
    ],
    [
      'it runs as the user of the proxy',
      {
        init: [redirects('net-init'), setup({ securityContext: { runAsUser: 1337 } })],
        containers: [app, proxy('mesh-proxy', { securityContext: { runAsUser: 1337 } })],
        log: `ERROR ${refused}`,
      },
    ],
    [
      'no container of the pod has that port',
      { init: [setup()], containers: [app, proxy('sql', { args: ['--port=15432'] })], log: `FATAL ${own}` },
    ],
    [
      'it fails for a reason of its own',
      {
        init: [redirects('net-init'), setup()],
        containers: [app, proxy('mesh-proxy')],
        log: 'FATAL required variable API_KEY is not set',
      },
    ],
  ])('not: %s', async (_title, pod) => {
    expect(await about(initFails(pod))).not.toContain('sidecar_order');
  });

  test('not: the callee has no endpoint', async () => {
    const cluster = initFails({
      init: [redirects('net-init'), setup()],
      containers: [app, proxy('mesh-proxy')],
      log: `ERROR ${python}`,
    });
    const left = cluster.objects.filter((it) => it.kind !== 'EndpointSlice');
    cluster.objects.splice(0, cluster.objects.length, ...left);
    endpoints(cluster, 'db', 0);
    expect(await about(cluster)).not.toContain('sidecar_order');
  });

  test.each<[string, string, string, boolean]>([
    ['a Job that is not tried again', 'Never', '2026-01-01T10:00:09Z', true],
    ['one that is tried again', 'OnFailure', '2026-01-01T10:00:09Z', false],
    ['a sibling that ran before', 'Never', '2026-01-01T10:00:01Z', false],
  ])('a main container that is faster than its sibling: %s', async (_title, restartPolicy, startedAt, isEarly) => {
    const cluster = new TestCluster();
    const containers = [app, proxy('sql', { args: ['--port=5432'] })];
    const end = { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T10:00:04Z', finishedAt: '2026-01-01T10:00:06Z' };
    cluster.deployment('ns', 'app', {
      spec: { restartPolicy, containers },
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { terminated: end } },
          { name: 'sql', ready: true, restartCount: 0, state: { running: { startedAt } } },
        ],
      },
    });
    cluster.log('ns', 'app-5d8f-abcde', 'app', `FATAL ${own}`);
    cluster.node('n1');
    expect((await about(cluster)) === wanted('sql')).toBe(isEarly);
  });

  test('it says why, what is not at fault, and what to do', async () => {
    const cluster = initFails({
      init: [redirects('net-init'), setup()],
      containers: [app, proxy('mesh-proxy')],
      log: `ERROR ${python}`,
    });
    const { verdict, markdown } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain(
      'net-init has sent all traffic of the pod there, and mesh-proxy is no sidecar of the init phase, so it starts only when all init containers are done',
    );
    expect(markdown).toContain('Service db: it has 2 ready endpoints');
    expect(verdict.remediation[0]?.action).toContain('that stands before setup');
  });
});
