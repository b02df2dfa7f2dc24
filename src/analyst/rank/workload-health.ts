import type { Mechanism } from '../../domain/verdict/mechanism.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { plural } from '../../lib/text.ts';
import { entityOf, sameEntity } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, listAt, numberAt, textAt, timeAt } from '../model/fields.ts';
import { type ContainerView, isLeftover, type PodView, type Workload } from '../model/workload.ts';
import type { Conclusion, RuleView } from '../rules/rule.ts';
import { failureOf, type JobHistory, historyText, jobHistory } from '../signals/job-history.ts';
import { authorOf, authorText, purposeOf } from '../signals/purpose.ts';
import { bad, type Health, shown, well } from './health-state.ts';
import { holdsRoom, pausedOnPurpose, updatesByHand } from './held-back.ts';
import { idleAtZero } from './idle.ts';
import { rollingOut, standby } from './not-ready.ts';

/** The health of a workload as its own status tells it. */
export function workloadHealth(view: RuleView, workload: Workload): Health {
  const { graph } = view;
  const { entity, object } = workload;
  if (entity.kind === 'Pod') return podHealth(graph, workload);
  if (!object) {
    return workload.pods.every((pod) => pod.ready) ? well('its pods are ready') : bad('not all its pods are ready');
  }
  if (entity.kind === 'Job') return jobHealth(graph, workload);
  if (entity.kind === 'CronJob') return cronJobHealth(view, workload);
  const idle = idleAtZero(view, workload);
  if (idle) return shown('by_design', idle.why, idle.proof, restatesZero(view, workload));
  const paused = pausedOnPurpose(graph, workload);
  if (paused) return shown('by_design', paused.why, paused.proof, restatesOne(workload, pauses));
  const lacking = lack(workload, object);
  if (lacking === null) return recovery(graph, workload, object);
  return byDesign(view, workload) ?? lacking;
}

const probes: ReadonlySet<Mechanism> = new Set([
  'readiness_failing',
  'probe_wrong',
  'probe_aggressive',
  'rollout_deadlock',
  'rollout_strategy',
  'bad_image_release',
  'app_exit',
  'other',
]);

/** Not ready, and as it should be: a standby, or a rollout that is not over. Nothing of it crashes. */
function byDesign(view: RuleView, workload: Workload): Health | null {
  if (view.troubles.some((trouble) => trouble.workload === workload && trouble.kind === 'crash')) return null;
  const room = holdsRoom(view.graph, workload);
  if (room) return shown('by_design', room.why, room.proof, restatesOne(workload, placement));
  const reason = standby(view.graph, workload) ?? rollingOut(view.graph, workload);
  return reason && shown('by_design', reason.why, reason.proof, restatesOne(workload, probes));
}

const pauses: ReadonlySet<Mechanism> = new Set(['rollout_paused']);

const placement: ReadonlySet<Mechanism> = new Set([
  'insufficient_resources',
  'preemption',
  'node_pod_limit',
  'taint',
  'node_selector',
  'cordoned',
]);

/** Conclusions of such a mechanism about the workload itself. */
function restatesOne({ entity }: Workload, of: ReadonlySet<Mechanism>): NonNullable<Health['explains']> {
  return (conclusion) => of.has(conclusion.mechanism) && sameEntity(conclusion.entity, entity);
}

const ofZero: ReadonlySet<Mechanism> = new Set([
  'scaled_to_zero',
  'selector_mismatch',
  'hpa_no_metrics',
  'hpa_target_missing',
  'service_missing',
]);

/** Conclusions about a workload that idles, its Services and its autoscaler. */
export function restatesZero({ workloads }: RuleView, workload: Workload): NonNullable<Health['explains']> {
  const others = workloads.filter((one) => one !== workload);
  return (conclusion) =>
    ofZero.has(conclusion.mechanism) && !others.some((one) => sameEntity(one.entity, conclusion.entity));
}

/** What a controller that keeps pods running still lacks; null when it lacks nothing. */
function lack(workload: Workload, object: KubeObject): Health | null {
  const { entity, desired } = workload;
  const daemon = entity.kind === 'DaemonSet';
  const ready = readyPods(workload, object);
  const updated = numberAt(object, 'status', daemon ? 'updatedNumberScheduled' : 'updatedReplicas') ?? ready;
  if (ready < desired) return bad(`${ready} of ${desired} ready`);
  if (updated < desired && entity.kind !== 'StatefulSet' && !updatesByHand(workload))
    return bad(`${updated} of ${desired} are of the newest revision`);
  const failed = listAt(object, 'status', 'conditions').find(
    (it) => ['Progressing', 'Available'].includes(textAt(it, 'type')) && textAt(it, 'status') === 'False',
  );
  if (failed && desired > 0) return bad(`${textAt(failed, 'type')} is False: ${textAt(failed, 'reason')}`);
  return workload.currentPods.some((pod) => !pod.ready && pod.phase !== 'Succeeded') ? bad('a pod is not ready') : null;
}

/** How many pods are ready by the status of what keeps them running. */
export const readyPods = ({ entity }: Workload, object: KubeObject): number =>
  numberAt(object, 'status', entity.kind === 'DaemonSet' ? 'numberReady' : 'readyReplicas') ?? 0;

const ready = (workload: Workload, object: KubeObject): string =>
  `${readyPods(workload, object)} of ${workload.desired} ready`;

function recovery(graph: EvidenceGraph, workload: Workload, object: KubeObject): Health {
  const { entity } = workload;
  const text = ready(workload, object);
  const field = graph.fieldRef(
    object,
    entity.kind === 'DaemonSet' ? 'numberReady' : 'readyReplicas',
    readyPods(workload, object),
  );
  if (workload.desired === 0 && numberAt(object, 'spec', 'replicas') === 0) {
    const why = `it is scaled to 0 replicas${authorText(authorOf(object, 'replicas'))}, and nothing that was read misses it`;
    const ref = graph.fieldRef(object, 'replicas', 0);
    return { ...well(why), proof: ref ? [ref] : [] };
  }
  const left = workload.pods.filter(isLeftover);
  if (left.length > 0) return leftovers(graph, workload, object);
  const warnings = graph.events.filter(
    (it) => it.warning && it.objectNamespace === entity.namespace && it.name.startsWith(`${entity.name}-`),
  );
  const last = warnings.at(-1);
  if (last) {
    const why = `${text}, the warnings about it (${last.reason}) are over`;
    return shown('recovered', why, [field, graph.eventRef(last)]);
  }
  const restarted = workload.currentPods.find((pod) => pod.containers.some((it) => it.restarts > 0));
  if (!restarted) return { ...well(text), proof: field ? [field] : [] };
  const ended = lastRestart(graph, restarted);
  return shown('recovered', `${text}${ended.text}`, [field, ...ended.proof]);
}

/** Since when a pod is ready again, and how and when its container ended last. */
function lastRestart(graph: EvidenceGraph, { object, containers }: PodView) {
  const endOf = ({ lastTerminated }: ContainerView): number => lastTerminated?.finishedAt ?? 0;
  const [container] = containers.filter((one) => one.restarts > 0).toSorted((a, b) => endOf(b) - endOf(a));
  const restarts = container?.restarts ?? 0;
  const count = graph.fieldRef(object, 'restartCount', restarts);
  const since = textAt(conditionAt(object, 'Ready', 'True'), 'lastTransitionTime');
  const text = `${since === '' ? '' : ` since ${since}`}, after ${plural(restarts, 'restart')}`;
  const end = container?.lastTerminated;
  if (!container || typeof end?.finishedAt !== 'number') return { text, proof: [count] };
  const how = [end.reason, end.exitCode === null ? '' : `exit code ${end.exitCode}`].filter((part) => part !== '');
  const finishedAt = new Date(end.finishedAt).toISOString().replace('.000Z', 'Z');
  return {
    text: `${text}; container ${container.name} ended last at ${finishedAt}${how.length === 0 ? '' : ` (${how.join(', ')})`}`,
    proof: [
      count,
      since === '' ? null : graph.fieldRef(object, 'lastTransitionTime', since),
      graph.fieldRef(object, 'finishedAt', finishedAt),
      graph.fieldRef(object, 'reason', end.reason),
    ],
  };
}

/** Ended pods of a workload that has all it wants. */
function leftovers(graph: EvidenceGraph, workload: Workload, object: KubeObject): Health {
  const left = workload.pods.filter(isLeftover);
  const reasons = [...new Set(left.map((pod) => textAt(pod.object, 'status', 'reason') || pod.phase))].join(', ');
  const field = graph.fieldRef(
    object,
    workload.entity.kind === 'DaemonSet' ? 'numberReady' : 'readyReplicas',
    readyPods(workload, object),
  );
  const shownPods = left.slice(0, 3).map((pod) => {
    const reason = textAt(pod.object, 'status', 'reason');
    return reason === ''
      ? graph.fieldRef(pod.object, 'phase', pod.phase)
      : graph.fieldRef(pod.object, 'reason', reason);
  });
  const what = left.length === 1 ? `one ended pod is left over` : `${left.length} ended pods are left over`;
  return shown('recovered', `${ready(workload, object)}; ${what} (${reasons}), which others have replaced`, [
    field,
    ...shownPods,
  ]);
}

function jobHealth(graph: EvidenceGraph, { object, pods }: Workload): Health {
  const is = (type: string): unknown => conditionAt(object, type, 'True');
  if (object && is('Complete')) {
    const failed = numberAt(object, 'status', 'failed') ?? 0;
    const proof = [
      failed > 0 ? graph.fieldRef(object, 'failed', failed) : null,
      graph.fieldRef(object, 'succeeded', numberAt(object, 'status', 'succeeded')),
      graph.fieldRef(object, 'type', 'Complete'),
    ];
    return failed > 0
      ? shown('recovered', `${failed} of its pods failed, a later try completed it`, proof)
      : { ...well('it is complete'), proof: proof.filter((ref) => ref !== null) };
  }
  const failure = is('Failed') ?? is('FailureTarget');
  if (failure) return bad(`it failed: ${textAt(failure, 'reason')}`);
  if (object && is('Suspended')) {
    return shown(
      'by_design',
      `it is suspended${authorText(authorOf(object, 'suspend'))}: it starts when that is taken away`,
      [graph.refIn(entityOf(object), '"suspend": true')],
    );
  }
  return pods.some((pod) => pod.ready) ? well('it runs') : bad('it has no running pod');
}

function cronJobHealth(view: RuleView, workload: Workload): Health {
  const { object } = workload;
  if (object && textAt(object, 'spec', 'suspend') === 'true') return suspended(view, workload, object);
  const [latest] = workload.jobs;
  const history = jobHistory(workload);
  if (!latest) return withoutJobs(view, workload, history);
  if (history.failed.length > 0) return bad(historyText(history));
  const health = jobHealth(view.graph, { ...workload, object: latest });
  const before = workload.jobs.find((job) => job !== latest && failureOf(job) !== undefined);
  if (health.state !== 'well' || !before) return health;
  return shown(
    'recovered',
    `its last Job ${latest.metadata.name} is complete; ${before.metadata.name} before it failed and is over`,
    [...(health.proof ?? []), view.graph.fieldRef(before, 'type', 'Failed')],
  );
}

/** Jobs may be removed when they have ended: the CronJob itself says whether the last one was well. */
function withoutJobs({ graph }: RuleView, { entity, object }: Workload, { succeededAt }: JobHistory): Health {
  const scheduled = timeAt(object, 'status', 'lastScheduleTime');
  const succeeded = Date.parse(succeededAt);
  if (!object || scheduled === null || !(succeeded >= scheduled)) return bad('it has no Job');
  if (graph.eventsOf(entity).some(({ warning, lastAt }) => warning && (lastAt ?? 0) > succeeded))
    return bad('it has no Job, and warnings since the last success');
  const ref = graph.fieldRef(object, 'lastSuccessfulTime', succeededAt);
  return {
    ...well(`its last Job succeeded at ${succeededAt} and has been removed since`),
    proof: ref === null ? [] : [ref],
  };
}

/** Suspended on purpose, where somebody wrote why and nothing lacks what it makes. */
function suspended({ graph, troubles }: RuleView, workload: Workload, object: KubeObject): Health {
  const author = authorText(authorOf(object, 'suspend'));
  const purpose = purposeOf(graph, object);
  const others = troubles.some(
    (it) => it.workload !== workload && it.workload.entity.namespace === workload.entity.namespace,
  );
  if (!purpose || others) return bad(`it is suspended${author}`);
  const why = `it is suspended on purpose (${purpose.text}${author}), and nothing that was read lacks what it makes`;
  const restates = ({ mechanism, entity }: Conclusion): boolean =>
    mechanism === 'cron_suspended' && sameEntity(entity, workload.entity);
  return shown('by_design', why, [purpose.ref, graph.refIn(workload.entity, '"suspend": true')], restates);
}

function podHealth(graph: EvidenceGraph, workload: Workload): Health {
  const [pod] = workload.pods;
  if (!pod) return { state: 'unknown', why: 'it was not read' };
  if (pod.phase === 'Succeeded') return well('it has completed');
  if (!pod.ready) return bad(`it is ${pod.phase} and not ready`);
  if (pod.containers.some((one) => one.restarts > 0)) {
    const ended = lastRestart(graph, pod);
    return shown('recovered', `it is ready${ended.text}`, ended.proof);
  }
  const shows = graph.fieldRef(pod.object, 'type', 'Ready');
  return { ...well('it is ready'), proof: shows ? [shows] : [] };
}
