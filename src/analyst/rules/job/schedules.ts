import { entityOf } from '../../model/entities.ts';
import type { ClusterEvent, EvidenceGraph } from '../../model/evidence-graph.ts';
import { numberAt, textAt, timeAt } from '../../model/fields.ts';
import type { Workload } from '../../model/workload.ts';
import { isComplete } from '../../signals/job-history.ts';
import { type Conclusion, conclusion, edit, type Rule } from '../rule.ts';

/* Why a CronJob makes no Job, or makes them in vain. */
export const scheduleRules: readonly Rule[] = [
  {
    id: 'cron-schedule',
    catalogue: [70],
    needs: 'an event of a CronJob whose schedule or time zone cannot be read',
    unless: 'a Job was made after the event',
    conclude: ({ graph, workloads }) => ofCronJobs(workloads, (workload) => unreadable(graph, workload)),
  },
  {
    id: 'cron-missed',
    catalogue: [70],
    needs: 'an event of a CronJob that missed its time, and its startingDeadlineSeconds',
    unless: "a Job was made after the event, or the window is longer than the controller's round",
    conclude: ({ graph, workloads }) => ofCronJobs(workloads, (workload) => missed(graph, workload)),
  },
  {
    id: 'cron-replaced',
    catalogue: [70],
    needs: 'a CronJob with concurrencyPolicy Replace and events of Jobs that it deletes before they end',
    unless: 'a Job of it was completed',
    conclude: ({ graph, workloads }) => ofCronJobs(workloads, (workload) => replaced(graph, workload)),
  },
];

const ofCronJobs = (workloads: readonly Workload[], read: (one: Workload) => Conclusion | null): Conclusion[] =>
  workloads.filter(({ entity }) => entity.kind === 'CronJob').flatMap((one) => read(one) ?? []);

/** The last event with one of these reasons, unless a Job was made after it. */
function lastEvent(graph: EvidenceGraph, { entity, jobs }: Workload, reasons: RegExp): ClusterEvent | undefined {
  const event = graph.eventsOf(entity).findLast(({ reason }) => reasons.test(reason));
  const made = timeAt(jobs[0], 'metadata', 'creationTimestamp');
  return event && made !== null && made > (event.lastAt ?? 0) ? undefined : event;
}

function unreadable(graph: EvidenceGraph, workload: Workload): Conclusion | null {
  const { entity, object } = workload;
  const event = lastEvent(graph, workload, /^(?:Unparseable|UnParseableCronJob|Invalid)Schedule$|^UnknownTimeZone$/i);
  if (!object || !event) return null;
  const field = /TimeZone/.test(event.reason) ? 'timeZone' : 'schedule';
  const value = textAt(object, 'spec', field);
  if (value === '' || !event.message.includes(value)) return null;
  return conclusion('cron-schedule', {
    entity,
    mechanism: 'other',
    wrongValue: value,
    statement: `CronJob ${entity.name} makes no Job: its ${field} "${value}" cannot be read (${event.message}).`,
    weight: 94,
    evidence: [graph.eventRef(event), graph.fieldRef(object, field, value)],
    affects: [entity],
    remediation: edit(
      field === 'schedule'
        ? `Write the schedule of ${entity.name} as five fields (minute hour day month weekday)`
        : `Give ${entity.name} a time zone of the IANA list (Europe/Berlin, Etc/UTC)`,
      entity,
    ),
  });
}

/** The controller looks at its CronJobs every ten seconds: a window below that can lie between two looks. */
const lookSeconds = 10;

function missed(graph: EvidenceGraph, workload: Workload): Conclusion | null {
  const { entity, object } = workload;
  const event = lastEvent(graph, workload, /^(?:MissSchedule|TooManyMissedTimes|FailedNeedsStart)$/);
  if (!object || !event) return null;
  const seconds = numberAt(object, 'spec', 'startingDeadlineSeconds');
  const isTooMany = event.reason !== 'MissSchedule';
  if (seconds === null && !isTooMany) return null;
  const isShort = seconds !== null && seconds < lookSeconds;
  const last = textAt(object, 'status', 'lastScheduleTime');
  const why = isTooMany
    ? `more starts were missed than the controller looks back at${last === '' ? '' : `, since ${last}`}`
    : isShort
      ? `its startingDeadlineSeconds of ${seconds} s is shorter than the ${lookSeconds} s after which the controller looks again`
      : `the controller came later than its startingDeadlineSeconds of ${seconds} s`;
  return conclusion('cron-missed', {
    entity,
    mechanism: 'other',
    wrongValue: seconds === null ? null : String(seconds),
    statement: `CronJob ${entity.name} did not start its Job in time: ${why}${last === '' || isTooMany ? '' : `; it last started one at ${last}`}.`,
    weight: isShort ? 94 : 86,
    confidence: isShort ? 'high' : 'medium',
    evidence: [
      graph.eventRef(event),
      seconds === null ? null : graph.fieldRef(object, 'startingDeadlineSeconds', seconds),
      last === '' ? null : graph.fieldRef(object, 'lastScheduleTime', last),
    ],
    affects: [entity],
    remediation: edit(
      isTooMany && seconds === null
        ? `Give ${entity.name} a startingDeadlineSeconds (200), so that only recent starts count`
        : `Raise startingDeadlineSeconds of ${entity.name} (to 200), or take it out`,
      entity,
    ),
  });
}

function replaced(graph: EvidenceGraph, workload: Workload): Conclusion | null {
  const { entity, object, jobs } = workload;
  if (!object || textAt(object, 'spec', 'concurrencyPolicy') !== 'Replace' || jobs.some(isComplete)) return null;
  const events = graph.eventsOf(entity);
  const deleted = events.filter(
    ({ reason, message }) => reason === 'SuccessfulDelete' && message.startsWith('Deleted job'),
  );
  if (
    deleted.length < 2 ||
    events.some(({ reason, message }) => reason === 'SawCompletedJob' && /Complete/.test(message))
  )
    return null;
  const [active] = jobs;
  const schedule = textAt(object, 'spec', 'schedule');
  return conclusion('cron-replaced', {
    entity,
    mechanism: 'cron_blocked',
    wrongValue: 'Replace',
    statement: `No Job of CronJob ${entity.name} comes to its end: each takes longer than its schedule (${schedule}) gives it, and concurrencyPolicy Replace deletes it for the next one.`,
    weight: 92,
    confidence: 'medium',
    evidence: [
      ...deleted.slice(-2).map((event) => graph.eventRef(event)),
      graph.refIn(entity, '"concurrencyPolicy": "Replace"'),
      graph.fieldRef(object, 'schedule', schedule),
    ],
    affects: [entity, ...(active ? [entityOf(active)] : [])],
    remediation: edit(
      `Set concurrencyPolicy of ${entity.name} to Forbid, or give it a schedule with more time between two runs`,
      entity,
    ),
  });
}
