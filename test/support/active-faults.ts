import type { ControlPlane } from './control-plane.ts';
import type { KubeletLogs } from './kubelet-logs.ts';
import { waitUntil } from './wait-until.ts';

const namespace = 'shop';

/** A credential that may read what triage needs, and with `logs: false` everything but logs. */
export async function readOnlyCredential(plane: ControlPlane, logs: boolean): Promise<string> {
  const read = { verbs: ['get', 'list', 'watch'] };
  const core = ['pods', 'events', 'nodes', 'services', 'configmaps', 'namespaces', 'serviceaccounts'];
  const more = ['persistentvolumeclaims', 'resourcequotas', 'limitranges', 'secrets', ...(logs ? ['pods/log'] : [])];
  await plane.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'triage' } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'triage' },
      rules: [
        { apiGroups: [''], resources: [...core, ...more], ...read },
        { apiGroups: ['apps', 'batch', 'discovery.k8s.io'], resources: ['*'], ...read },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'triage' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'triage' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'triage', name: 'triage' }],
    },
  );
  return plane.kubeconfigOf('triage', 'triage');
}

/** Two nodes and the namespace `shop`, with what its faults need; nothing is wrong yet. */
export async function prepareShop(plane: ControlPlane): Promise<void> {
  await plane.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...['node-a', 'node-b'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    })),
  );
  await waitUntil(
    async () => (await plane.kubectl(['get', 'serviceaccount', 'default', '-n', namespace, '-o', 'name'])) !== '',
    'the default service account',
    20_000,
  ).catch(() => {});
}

/** A Deployment `api` whose container runs, crashes and loops, with the log that says why. Pushed as PodCrash, CrashLoop. */
export async function crashLoop(plane: ControlPlane, logs: KubeletLogs): Promise<void> {
  await plane.apply(deployment('api', 'manual'));
  const pod = await podOf(plane, 'app=api');
  await patchStatus(plane, 'pod', pod, runningStatus('api'));
  // The watcher of a push server looks once a second; a pod that it meets already looping is never sent.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const fatal = 'api: fatal: required environment variable PAYMENTS_TOKEN is not set\n';
  logs.set(namespace, pod, 'api', fatal);
  logs.set(namespace, pod, 'api', fatal, true);
  await patchStatus(plane, 'pod', pod, crashedStatus('api'));
}

/** A Deployment `search` whose image cannot be pulled. */
export async function imagePull(plane: ControlPlane): Promise<void> {
  await plane.apply(deployment('search', 'manual'));
  const pod = await podOf(plane, 'app=search');
  const message =
    'Back-off pulling image "registry.example/search:9.9": ErrImagePull: rpc error: code = NotFound desc = failed to ' +
    'pull and unpack image "registry.example/search:9.9": registry.example/search:9.9: not found';
  await patchStatus(plane, 'pod', pod, {
    phase: 'Pending',
    startTime: now(),
    containerStatuses: [{ ...container('search'), state: { waiting: { reason: 'ImagePullBackOff', message } } }],
  });
}

/** A Job `nightly` that fails for good after its one pod exits 3. */
export async function failedJob(plane: ControlPlane, logs: KubeletLogs): Promise<void> {
  await plane.apply({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'nightly', namespace },
    spec: {
      backoffLimit: 0,
      template: { metadata: { labels: { app: 'nightly', kubelet: 'manual' } }, spec: podSpec('nightly', 'Never') },
    },
  });
  const pod = await podOf(plane, 'app=nightly');
  logs.set(namespace, pod, 'nightly', 'error: could not connect to archive-db:5432: no such host\n');
  await patchStatus(plane, 'pod', pod, {
    phase: 'Failed',
    startTime: now(),
    containerStatuses: [
      {
        ...container('nightly'),
        state: { terminated: { exitCode: 3, reason: 'Error', startedAt: now(), finishedAt: now() } },
      },
    ],
  });
}

function deployment(app: string, kubelet: string) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app, namespace },
    spec: {
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app, kubelet } }, spec: podSpec(app, 'Always') },
    },
  };
}

function podSpec(app: string, restartPolicy: string) {
  return { restartPolicy, containers: [{ name: app, image: `registry.example/${app}:9.9` }] };
}

async function podOf(plane: ControlPlane, selector: string): Promise<string> {
  return waitUntil(
    async () => {
      const text = await plane.kubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', 'json']);
      const pods = (JSON.parse(text) as { items: { metadata: { name: string }; spec: { nodeName?: string } }[] }).items;
      return pods.find(({ spec }) => spec.nodeName !== undefined)?.metadata.name;
    },
    `a scheduled pod with ${selector}`,
    30_000,
  );
}

async function patchStatus(plane: ControlPlane, kind: string, name: string, status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  await plane.kubectl(['patch', kind, name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
}

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

function container(name: string) {
  return { name, image: `registry.example/${name}:9.9`, imageID: '', ready: false, restartCount: 0 };
}

function conditions(ready: boolean) {
  return ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: ready || type === 'Initialized' || type === 'PodScheduled' ? 'True' : 'False',
    lastTransitionTime: now(),
  }));
}

function runningStatus(app: string) {
  return {
    phase: 'Running',
    startTime: now(),
    conditions: conditions(true),
    containerStatuses: [{ ...container(app), ready: true, started: true, state: { running: { startedAt: now() } } }],
  };
}

function crashedStatus(app: string) {
  const terminated = { exitCode: 1, reason: 'Error', startedAt: now(), finishedAt: now() };
  const message = `back-off 1m20s restarting failed container=${app} pod=${app}_${namespace}`;
  return {
    phase: 'Running',
    conditions: conditions(false),
    containerStatuses: [
      {
        ...container(app),
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff', message } },
        lastState: { terminated },
      },
    ],
  };
}
