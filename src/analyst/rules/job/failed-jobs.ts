import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf } from '../../model/entities.ts';
import type { ClusterEvent } from '../../model/evidence-graph.ts';
import { listAt, numberAt, textAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { failureOf, historyText, jobHistory, secondsOf } from '../../signals/job-history.ts';
import { type Conclusion, conclusion, edit, type Rule, type RuleView, step } from '../rule.ts';

export const failedJobRules: readonly Rule[] = [
  {
    id: 'job-failed',
    catalogue: [67, 68],
    needs: 'a Failed condition of a Job, of a CronJob those since its last success',
    unless: 'a later Job of the same CronJob succeeded',
    conclude: (view) =>
      view.workloads.flatMap((workload) =>
        jobHistory(workload)
          .failed.slice(0, 1)
          .map((job) => whyFailed(failureIn(view, workload, job))),
      ),
  },
  {
    id: 'pod-deadline',
    catalogue: [68],
    needs: 'a pod of a Job that the kubelet ended at its own deadline',
    unless: 'the program ended by itself before its deadline',
    conclude: (view) =>
      view.workloads.filter(({ jobs }) => jobs.length > 0).flatMap((it) => podDeadline(view, it) ?? []),
  },
];

interface Failure {
  readonly view: RuleView;
  readonly workload: Workload;
  readonly job: KubeObject;
  readonly reason: string;
  readonly message: string;
  /** The newest warning about one of its pods, which may be gone. */
  readonly warning: ClusterEvent | undefined;
  readonly shared: Pick<Conclusion, 'entity' | 'affects'>;
}

function failureIn(view: RuleView, workload: Workload, job: KubeObject): Failure {
  const { name, namespace } = job.metadata;
  const condition = failureOf(job);
  return {
    view,
    workload,
    job,
    reason: textAt(condition, 'reason'),
    message: textAt(condition, 'message'),
    warning: view.graph.events.findLast(
      (event) =>
        event.warning &&
        event.kind === 'Pod' &&
        event.objectNamespace === namespace &&
        event.name.startsWith(`${name}-`),
    ),
    shared: { entity: workload.entity, affects: [workload.entity, entityOf(job)] },
  };
}

function whyFailed(failure: Failure): Conclusion {
  if (failure.reason === 'DeadlineExceeded') return deadline(failure);
  if (failure.reason === 'PodFailurePolicy') return policy(failure);
  if (/FailedIndexes/.test(failure.reason)) return indexes(failure);
  return backoff(failure);
}

const conditionRefs = ({ view: { graph }, job, reason, message }: Failure) => [
  graph.fieldRef(job, 'reason', reason),
  graph.fieldRef(job, 'message', message),
];

/** How the Jobs before it went; of a Job without a CronJob nothing. */
function before({ workload }: Failure): string {
  const text = workload.entity.kind === 'CronJob' ? historyText(jobHistory(workload)) : '';
  return text === '' ? '' : ` Of CronJob ${workload.entity.name}: ${text}.`;
}

function deadline(failure: Failure): Conclusion {
  const { view, workload, job, reason, warning, shared } = failure;
  const { graph } = view;
  const seconds = numberAt(job, 'spec', 'activeDeadlineSeconds');
  const { complete } = jobHistory(workload);
  const usual = secondsOf(complete);
  const took = usual === null ? '' : ` (the last one that was complete took ${usual} s)`;
  const said = warning ? `; before that its pod had: ${warning.reason}: ${warning.message}` : '';
  return conclusion('job-deadline', {
    ...shared,
    mechanism: 'job_deadline',
    wrongValue: String(seconds ?? reason),
    statement: `Job ${job.metadata.name} was ended because it ran longer than its activeDeadlineSeconds of ${seconds ?? '?'} s${took}${said}.${before(failure)}`,
    weight: 82,
    // A pod that could not start was not slow.
    confidence: warning ? 'medium' : 'high',
    evidence: [
      ...conditionRefs(failure),
      graph.fieldRef(job, 'activeDeadlineSeconds', seconds),
      graph.eventRef(warning),
      complete ? graph.fieldRef(complete, 'completionTime', textAt(complete, 'status', 'completionTime')) : null,
    ],
    ruledOut: 'the back-off limit: the deadline came first',
    remediation: edit(
      `Raise activeDeadlineSeconds of ${workload.entity.name}, or make its work shorter`,
      workload.entity,
    ),
  });
}

function policy(failure: Failure): Conclusion {
  const { view, workload, job, message, shared } = failure;
  const [, index = ''] = /rule at index (\d+)/.exec(message) ?? [];
  const [, code] = /exit code (\d+)/.exec(message) ?? [];
  const [, condition] = /has condition (\w+)/.exec(message) ?? [];
  const what =
    code === undefined ? (condition === undefined ? message : `condition ${condition}`) : `exit code ${code}`;
  const rule = listAt(job, 'spec', 'podFailurePolicy', 'rules')[Number(index)];
  return conclusion('job-policy', {
    ...shared,
    mechanism: condition === undefined ? 'job_backoff' : 'other',
    wrongValue: code ?? condition ?? textAt(rule, 'action'),
    statement: `Job ${job.metadata.name} failed at once, without another try: ${what} of a pod fits rule ${index} (FailJob) of its podFailurePolicy.${before(failure)}`,
    weight: condition === undefined ? 30 : 82,
    confidence: 'medium',
    evidence: [...conditionRefs(failure), view.graph.refIn(entityOf(job), '"podFailurePolicy"')],
    ruledOut: 'the back-off limit: it was not reached',
    remediation:
      condition === undefined
        ? []
        : edit(
            `Let the podFailurePolicy of ${workload.entity.name} ignore ${condition}: such pods did not fail by themselves`,
            workload.entity,
          ),
  });
}

function indexes(failure: Failure): Conclusion {
  const { view, job, shared } = failure;
  const { graph } = view;
  const failed = textAt(job, 'status', 'failedIndexes');
  const done = textAt(job, 'status', 'completedIndexes');
  const limit = numberAt(job, 'spec', 'backoffLimitPerIndex');
  return conclusion('job-indexes', {
    ...shared,
    mechanism: 'job_backoff',
    wrongValue: failed || String(limit ?? ''),
    statement: `Index ${failed || '?'} of Job ${job.metadata.name} failed${limit === null ? '' : ` more than backoffLimitPerIndex (${limit}) allows`}${done === '' ? '' : `, while ${done} are complete`}: look at what these indexes work on.`,
    weight: 30,
    confidence: 'medium',
    evidence: [
      ...conditionRefs(failure),
      graph.fieldRef(job, 'failedIndexes', failed),
      done === '' ? null : graph.fieldRef(job, 'completedIndexes', done),
    ],
  });
}

function backoff(failure: Failure): Conclusion {
  const { view, workload, job, reason, warning, shared } = failure;
  const { graph } = view;
  const limit = numberAt(job, 'spec', 'backoffLimit');
  const gone = whereThePodsWent(workload, job);
  return conclusion('job-backoff', {
    ...shared,
    mechanism: 'job_backoff',
    wrongValue: String(limit ?? reason),
    statement: `Job ${job.metadata.name} has reached its back-off limit of ${limit ?? '?'}: all its pods failed${gone === '' ? '' : `, and ${gone}, so nothing shows why`}${warning ? `; the last warning about one of them: ${warning.reason}: ${warning.message}` : ''}.${before(failure)}`,
    weight: 30,
    confidence: 'medium',
    evidence: [...conditionRefs(failure), graph.fieldRef(job, 'backoffLimit', limit), graph.eventRef(warning)],
    remediation:
      gone === ''
        ? []
        : [
            edit(
              `Set restartPolicy: Never in the template of ${workload.entity.name}, so that the pods and their logs stay`,
              workload.entity,
            ),
            step(
              'Run it once more and read its log',
              workload.entity.kind === 'CronJob'
                ? `kubectl -n ${workload.entity.namespace} create job ${workload.entity.name}-look --from=cronjob/${workload.entity.name}`
                : null,
              'low',
            ),
          ],
  });
}

/** Why no pod of a failed Job is left; empty when one is. */
function whereThePodsWent({ pods }: Workload, job: KubeObject): string {
  const left = pods.some((pod) => pod.object.metadata.ownerReferences?.some(({ name }) => name === job.metadata.name));
  if (left) return '';
  return textAt(job, 'spec', 'template', 'spec', 'restartPolicy') === 'OnFailure'
    ? 'they were deleted with their logs at the limit (restartPolicy OnFailure)'
    : 'they are gone';
}

function podDeadline({ graph }: RuleView, { entity, currentPods }: Workload): Conclusion | null {
  const pod = currentPods.find(({ object }) => textAt(object, 'status', 'reason') === 'DeadlineExceeded');
  const seconds = numberAt(pod?.object, 'spec', 'activeDeadlineSeconds');
  if (!pod || seconds === null) return null;
  return conclusion('pod-deadline', {
    entity,
    mechanism: 'job_deadline',
    wrongValue: String(seconds),
    statement: `Pod ${pod.name} was ended because it ran longer than the activeDeadlineSeconds of ${seconds} s in the pod template of ${entity.kind} ${entity.name}; every retry begins anew and has the same time.`,
    weight: 84,
    evidence: [
      graph.fieldRef(pod.object, 'reason', 'DeadlineExceeded'),
      graph.fieldRef(pod.object, 'activeDeadlineSeconds', seconds),
    ],
    ruledOut: 'the exit of the program: the kubelet ended it',
    remediation: edit(
      `Raise activeDeadlineSeconds in the pod template of ${entity.name}, or put it into the spec of the Job`,
      entity,
    ),
  });
}
