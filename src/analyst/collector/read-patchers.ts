import type { KubeObject } from '../../kube/cluster-reader.ts';
import { listAt, textAt } from '../graph/fields.ts';
import type { Workload } from '../graph/workload.ts';
import type { ClusterWalk } from './cluster-walk.ts';

const usual = /^(?:kubectl|helm|kube-controller-manager|kube-scheduler|kubelet|argocd|flux|kustomize|terraform)/i;
const maxActors = 3;

/** Who else writes a workload that is not well: CronJobs of any namespace, the newest of their pods and its log. */
export async function readPatchers(walk: ClusterWalk, own: readonly Workload[]): Promise<void> {
  if (!own.some((it) => it.object !== null && isWrittenBySomebody(it.object))) return;
  const actors = (await walk.list('CronJob', { limit: 100 })).filter(
    (it) => listAt(it, 'status', 'active').length > 0 || textAt(it, 'status', 'lastScheduleTime') !== '',
  );
  const recent = actors.toSorted((a, b) => (lastRun(a) < lastRun(b) ? 1 : -1)).slice(0, maxActors);
  await Promise.all(recent.map((actor) => readRuns(walk, actor)));
}

/** A field manager that is no common tool, or a spec that was changed several times. */
function isWrittenBySomebody(object: KubeObject): boolean {
  const managers = (object.metadata.managedFields ?? []).map((it) => it.manager ?? '');
  return managers.some((it) => it !== '' && !usual.test(it)) || (object.metadata.generation ?? 0) >= 3;
}

const lastRun = (cron: KubeObject): string => textAt(cron, 'status', 'lastScheduleTime');

async function readRuns(walk: ClusterWalk, actor: KubeObject): Promise<void> {
  const namespace = actor.metadata.namespace ?? '';
  const jobs = await walk.list('Job', { namespace });
  const names = jobs
    .filter((job) => (job.metadata.ownerReferences ?? []).some((it) => it.name === actor.metadata.name))
    .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1))
    .map((job) => job.metadata.name);
  const [newest] = names;
  if (newest === undefined) return;
  const pods = await walk.list('Pod', { namespace, labelSelector: `job-name=${newest}`, limit: 5 });
  const [pod] = pods;
  const container = textAt(listAt(pod, 'spec', 'containers')[0], 'name');
  if (pod && container !== '') await walk.log(namespace, pod.metadata.name, container, false);
}
