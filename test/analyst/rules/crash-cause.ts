import { causeOf } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';

type Fields = Record<string, unknown>;
export type Crash = Parameters<TestCluster['crash']>[2] & object;
export type More = (cluster: TestCluster) => void;
/** What it is, how the container ends, the first cause in one line, and what else the cluster has. */
export type CrashCase = [title: string, crash: Crash, wanted: string, more?: More];

/** The cause of one crashing Deployment `app` in namespace `ns`. */
export async function crashCause(crash: Crash, more: More = () => {}): Promise<string> {
  const cluster = new TestCluster();
  cluster.crash('ns', 'app', crash);
  cluster.node('n1');
  more(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

/** The cause of a Deployment `app` whose init container `setup` ends with an error and is tried again. */
export async function initCause(crash: Crash, more: More = () => {}): Promise<string> {
  const cluster = new TestCluster();
  const end = { exitCode: crash.exitCode ?? 1, reason: crash.reason ?? 'Error', message: crash.message ?? '' };
  const status = { name: 'setup', ready: false, restartCount: 3 };
  const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' };
  cluster.deployment('ns', 'app', {
    spec: {
      initContainers: [{ name: 'setup', image: 'registry.test/setup:1.0', ...crash.container }],
      containers: [{ name: 'app', image: 'registry.test/app:1.0' }],
      ...crash.spec,
    },
    status: {
      initContainerStatuses: [{ ...status, state: { waiting }, lastState: { terminated: end } }],
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
      ],
    },
  });
  if (crash.log !== undefined) cluster.log('ns', 'app-5d8f-abcde', 'setup', crash.log, true);
  more(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

/** The cause of a Deployment `app` that runs and is ready, with `log`. */
export async function runningCause(log: string, container: Fields = {}, more: More = () => {}): Promise<string> {
  const cluster = new TestCluster();
  cluster.running('ns', 'app', log, container);
  more(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

/** A pod spec whose container `app` mounts one volume at a path. */
export function mounting(mountPath: string, source: Fields, mount: Fields = {}, container: Fields = {}): Fields {
  const volumeMounts = [{ name: 'v', mountPath, ...mount }];
  return {
    containers: [{ name: 'app', image: 'registry.test/app:1.0', volumeMounts, ...container }],
    volumes: [{ name: 'v', ...source }],
  };
}

/** Adds a ConfigMap or Secret with data. */
export const holding =
  (kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string>, namespace = 'ns'): More =>
  (cluster) => {
    cluster.add(kind, namespace, name, { data });
  };
