import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { conditionAt, numberAt, textAt, timeAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { hostsIn } from '../../model/names-in-text.ts';
import type { Workload } from '../../model/workload.ts';
import { authorOf, authorText } from '../../signals/purpose.ts';
import { hasHost } from '../../signals/calls.ts';
import { settingsOf } from '../../signals/settings.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const jobRules: readonly Rule[] = [
  {
    id: 'sidecar-blocks',
    catalogue: [69],
    needs: 'a pod of a Job whose main container is done while another runs',
    unless: 'the Job is complete or failed, or the main container still runs',
    conclude: (view) => jobsOf(view).flatMap(({ workload, job }) => sidecar(view, workload, job) ?? []),
  },
  {
    id: 'cron-suspended',
    catalogue: [70],
    needs: 'a suspended CronJob, and what waits for its work',
    unless: 'somebody wrote why, and nothing lacks what it makes: then it is suspended on purpose',
    conclude: each(suspended),
  },
  {
    id: 'cron-blocked',
    catalogue: [70],
    needs: 'a CronJob with concurrencyPolicy Forbid and a Job that runs on',
    unless: 'a Job was made after the event, or the active one has just begun',
    conclude: each(blocked),
  },
];

function each(read: (view: RuleView, workload: Workload) => Conclusion | null): Rule['conclude'] {
  return (view) => view.workloads.filter((it) => it.entity.kind === 'CronJob').flatMap((it) => read(view, it) ?? []);
}

const jobsOf = ({ workloads }: RuleView): { workload: Workload; job: KubeObject }[] =>
  workloads.flatMap((workload) => workload.jobs.slice(0, 3).map((job) => ({ workload, job })));

function sidecar({ graph }: RuleView, workload: Workload, job: KubeObject): Conclusion | null {
  if (conditionAt(job, 'Complete', 'True') ?? conditionAt(job, 'Failed', 'True')) return null;
  const pods = workload.pods.filter((pod) =>
    (pod.object.metadata.ownerReferences ?? []).some((it) => it.name === job.metadata.name),
  );
  for (const pod of pods) {
    const main = pod.containers.filter((it) => !it.init);
    const done = main.find((it) => it.terminated?.exitCode === 0);
    const running = main.find((it) => it.running);
    if (!done || !running) continue;
    return conclusion('sidecar-blocks', {
      entity: workload.entity,
      mechanism: 'sidecar_blocks',
      wrongValue: running.name,
      statement: `Job ${job.metadata.name} does not complete: container ${done.name} has ended with exit code 0, and container ${running.name} of the same pod runs on.`,
      weight: 94,
      evidence: [
        graph.fieldRef(pod.object, 'reason', 'Completed'),
        graph.refIn(entityOf(pod.object), `"name": "${running.name}"`),
        graph.fieldRef(job, 'active', numberAt(job, 'status', 'active')),
      ],
      affects: [workload.entity, entityOf(job)],
      ruledOut: 'the work itself: it is done',
      remediation: edit(
        `Make ${running.name} a native sidecar (an init container with restartPolicy: Always)`,
        workload.entity,
      ),
    });
  }
  return null;
}

/** Whose trouble speaks of what the CronJob works on, or of old data. */
function suspended(view: RuleView, workload: Workload): Conclusion | null {
  const { graph, troubles } = view;
  const { entity, object } = workload;
  if (!object || textAt(object, 'spec', 'suspend') !== 'true') return null;
  const settings = settingsOf(graph, workload, '');
  const waiting = troubles.filter((trouble) => {
    if (trouble.workload.entity.namespace !== entity.namespace || trouble.workload.entity.kind === 'CronJob')
      return false;
    const shared = hostsIn(trouble.text).some((mention) =>
      settings.some((setting) => hasHost(setting.value, mention.host)),
    );
    return says.staleData.test(trouble.text) || shared;
  });
  const last = timeAt(object, 'status', 'lastScheduleTime');
  return conclusion('cron-suspended', {
    entity,
    mechanism: 'cron_suspended',
    wrongValue: 'suspend',
    statement: `CronJob ${entity.name} is suspended (spec.suspend: true${authorText(authorOf(object, 'suspend'))})${last === null ? '' : `; it last ran at ${new Date(last).toISOString()}`}${waiting[0] ? `, and ${entityText(waiting[0].workload.entity)} lacks what it makes: ${waiting[0].reason?.text ?? ''}` : ''}.`,
    weight: waiting.length > 0 ? 94 : 86,
    evidence: [
      graph.refIn(entity, '"suspend": true'),
      ...waiting.slice(0, 1).map((it) => (it.log && it.reason ? graph.ref(it.log.path, it.reason.quote) : null)),
      last === null ? null : graph.fieldRef(object, 'lastScheduleTime', textAt(object, 'status', 'lastScheduleTime')),
    ],
    affects: [entity, ...waiting.map((it) => it.workload.entity)],
    ruledOut: waiting.length > 0 ? ['the probe and the store in between: they answer as they should'] : [],
    remediation: step(
      `Resume CronJob ${entity.name}`,
      `kubectl -n ${entity.namespace} patch cronjob ${entity.name} -p '{"spec":{"suspend":false}}'`,
      'low',
    ),
  });
}

function blocked({ graph }: RuleView, { entity, object, jobs, currentPods: pods }: Workload): Conclusion | null {
  if (!object || textAt(object, 'spec', 'concurrencyPolicy') !== 'Forbid') return null;
  const event = graph
    .eventsOf(entity)
    .findLast(
      (event) =>
        event.reason === 'JobAlreadyActive' ||
        /concurrency policy is Forbid|prior execution is running/i.test(event.message),
    );
  const active = jobs.find((job) => (numberAt(job, 'status', 'active') ?? 0) > 0);
  if (!active) return null;
  const started = timeAt(active, 'status', 'startTime') ?? timeAt(active, 'metadata', 'creationTimestamp');
  // Without the event only a Job that hangs for long is a lead.
  if (!event && graph.now - (started ?? graph.now) < 10 * 60_000) return null;
  return conclusion('cron-blocked', {
    entity,
    mechanism: 'cron_blocked',
    wrongValue: 'Forbid',
    statement: `CronJob ${entity.name} (concurrencyPolicy Forbid) starts no new Job because ${active.metadata.name} is still active${started === null ? '' : ` since ${new Date(started).toISOString()}`}.`,
    // Where its pod has not even started, what keeps it from that is the cause.
    weight: pods.some((pod) => pod.phase === 'Pending') ? 80 : 93,
    confidence: event ? 'high' : 'medium',
    evidence: [
      graph.eventRef(event),
      graph.refIn(entity, '"concurrencyPolicy": "Forbid"'),
      graph.fieldRef(active, 'active', numberAt(active, 'status', 'active')),
    ],
    affects: [entity, entityOf(active)],
    remediation: [
      step(
        `Look at why ${active.metadata.name} hangs`,
        `kubectl -n ${entity.namespace} logs job/${active.metadata.name} --all-containers --tail=200`,
        'none',
      ),
      edit(`Give the Jobs of ${entity.name} an activeDeadlineSeconds, so that one that hangs ends`, entity),
      step(
        `When what ${active.metadata.name} has begun may break off: delete it, and the next Job starts`,
        `kubectl -n ${entity.namespace} delete job ${active.metadata.name}`,
        'medium',
        false,
      ),
    ],
  });
}
