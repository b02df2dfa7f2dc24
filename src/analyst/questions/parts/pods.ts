import { quote, say } from '../../../report/answer-lines.ts';
import { clockTime } from '../../../lib/format.ts';
import { listed, plural } from '../../../lib/text.ts';
import { entityText, fileOf } from '../../model/entities.ts';
import { conditionAt, listAt, textAt } from '../../model/fields.ts';
import { type ContainerView, type PodView, type Termination } from '../../model/workload.ts';
import { namedText } from '../view/incident-objects.ts';
import { containersIn, podsOf, podText, type PartOf, type QuestionView, workloadsOf } from '../view/view.ts';
import { describe, podsAround, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined } from '../view/words.ts';
import { impact } from './impact.ts';

const maxPods = 10;

/** Which pods and what else, and how each stands. */
export const affected: PartOf = (view) => {
  const { kept } = view;
  const pods = podsOf(view);
  const victims = view.named.entities.length > 0 ? [] : (kept.verdict?.victims ?? []);
  const { storm } = kept.detail;
  const of = workloadsOf(view);
  const serving = impact(view);
  if (pods.length + victims.length + of.length === 0 && storm === undefined) return joined(serving, faultsOnly(view));
  return {
    lines: [
      ...serving.lines,
      ...pods.slice(0, maxPods).map((pod) => say(podLine(pod))),
      ...(pods.length > maxPods ? [`And ${pods.length - maxPods} more.`] : []),
      ...(victims.length === 0 ? [] : [say(`The cause affects ${listed(victims.map(entityText), 10)}.`)]),
      ...(storm === undefined ? [] : [say(`It stands for ${plural(storm.members.length, 'member')} of a storm.`)]),
    ],
    sources: [
      ...serving.sources,
      ...pods.slice(0, maxPods).map(fileOfPod),
      ...(victims.length > 0 ? ['verdict.json'] : []),
    ],
  };
};

const fileOfPod = (pod: PodView): string => fileOf({ kind: 'Pod', namespace: pod.namespace, name: pod.name });

function faultsOnly(view: QuestionView): AnswerPart {
  const { kept } = view;
  const show = wouldShow(view, podsAround(view));
  const named = namedText(view);
  if (named !== '') return { lines: [say(`No pod of ${named} is in the evidence.`), ...show], sources: [] };
  const names = kept.detail.faults.map(({ resource }) =>
    entityText({ ...resource, namespace: resource.namespace ?? null }),
  );
  const unique = [...new Set(names)];
  const none =
    unique.length === 0 ? 'No object is kept of this incident.' : `Faults were received about ${listed(unique, 10)}.`;
  return { lines: [say(none), ...show], sources: ['faults'] };
}

function podLine(pod: PodView): string {
  const node = pod.node === '' ? 'no node' : `node ${pod.node}`;
  const restarts = pod.containers.reduce((sum, one) => sum + one.restarts, 0);
  const why = pod.containers
    .filter((one) => !one.ready)
    .flatMap((one) => (stateOf(one) === '' ? [] : [`${one.name}: ${stateOf(one)}`]));
  const deleting = pod.deleting ? ', being deleted' : '';
  return `${podText(pod)}: ${pod.phase || 'no phase'}${pod.ready ? ', ready' : ', not ready'}${deleting}, ${plural(restarts, 'restart')}, ${node}${why.length === 0 ? '' : `; ${listed(why, 3)}`}`;
}

function stateOf({ waitingReason, terminated, running }: ContainerView): string {
  if (waitingReason !== '') return waitingReason;
  if (terminated !== null) return `ended, ${terminated.reason || 'no reason'}`;
  return running ? 'runs, not ready' : '';
}

/** Exit codes, restarts, and what a container said when it ended. */
export const exits: PartOf = (view) => {
  const pods = podsOf(view);
  const shown = pods.flatMap((pod) =>
    containersIn(view, pod)
      .filter(
        (one) =>
          one.restarts > 0 ||
          one.terminated !== null ||
          one.lastTerminated !== null ||
          view.named.containers.includes(one.name),
      )
      .map((one) => ({ pod, one })),
  );
  if (shown.length === 0) {
    const none =
      pods.length === 0
        ? 'No pod of it is in the evidence.'
        : `No container of ${listed(pods.map(podText), 5)} has ended or restarted.`;
    const show = pods.length === 0 ? wouldShow(view, podsAround(view)) : [];
    return { lines: [say(none), ...show], sources: pods.slice(0, 5).map(fileOfPod) };
  }
  return {
    lines: shown.slice(0, maxPods).flatMap(({ pod, one }) => exitLines(pod, one)),
    sources: [...new Set(shown.slice(0, maxPods).map(({ pod }) => fileOfPod(pod)))],
  };
};

function exitLines(pod: PodView, one: ContainerView): readonly string[] {
  const ends = [
    ['ended', one.terminated],
    ['ended before', one.lastTerminated],
  ] as const;
  const told = ends.flatMap(([word, end]) => (end === null ? [] : [`${word}: ${endText(end)}`]));
  const waits = one.waitingReason === '' ? '' : `; waits: ${one.waitingReason}`;
  const message = (one.terminated ?? one.lastTerminated)?.message ?? '';
  return [
    say(
      `Container ${one.name} of ${podText(pod)}: ${plural(one.restarts, 'restart')}${told.length === 0 ? '' : `; ${told.join('; ')}`}${waits}.`,
    ),
    ...(message === '' ? [] : quote(message, 5)),
  ];
}

/** What 128 + n means is POSIX's; 137 and 143 are those that people ask about. */
function endText({ exitCode, reason, startedAt, finishedAt }: Termination): string {
  const number = exitCode !== null && exitCode > 128 && exitCode < 160 ? exitCode - 128 : null;
  const signal = number === null ? '' : ` (signal ${number})`;
  const ran =
    startedAt === null || finishedAt === null
      ? ''
      : `, after ${Math.max(0, Math.round((finishedAt - startedAt) / 1000))} s`;
  const at = finishedAt === null ? '' : ` at ${clockTime(finishedAt)}`;
  return `exit code ${exitCode ?? 'unknown'}${signal}${reason === '' ? '' : `, ${reason}`}${ran}${at}`;
}

/** On which node, and how that stands. */
export const node: PartOf = (view) => {
  const { analysis, named } = view;
  if (analysis === null)
    return {
      lines: ['No evidence is kept of this incident, so nothing of its nodes.', ...wouldShow(view, podsAround(view))],
      sources: [],
    };
  const pods = podsOf(view);
  const asked = named.entities.filter(({ kind }) => kind === 'Node').map(({ name }) => name);
  const names = asked.length > 0 ? asked : [...new Set(pods.map((pod) => pod.node).filter((name) => name !== ''))];
  const objects = names.slice(0, 5).map((name) => ({ name, object: analysis.graph.get('Node', null, name) }));
  const waiting = pods.filter((pod) => pod.node === '');
  const unread = objects.flatMap(({ name, object }) =>
    object === null ? [describe({ kind: 'Node', name, namespace: null })] : [],
  );
  return {
    lines: [
      ...objects.flatMap(({ name, object }) => {
        const on = pods.filter((pod) => pod.node === name);
        const runs = on.length === 0 ? '' : ` It has ${listed(on.map(podText), 5)}.`;
        return [say(`Node ${name}: ${object === null ? 'it was not read' : conditionsOf(object)}.${runs}`)];
      }),
      ...(waiting.length === 0
        ? []
        : [say(`On no node: ${listed(waiting.map(podText), 5)}.`), ...waiting.slice(0, 2).flatMap(whyUnscheduled)]),
      ...(objects.length === 0 && waiting.length === 0
        ? ['The evidence names no node for it.', ...wouldShow(view, podsAround(view))]
        : []),
      ...wouldShow(view, unread),
    ],
    sources: [
      ...objects.flatMap(({ name, object }) =>
        object === null ? [] : [fileOf({ kind: 'Node', namespace: null, name })],
      ),
      ...pods.slice(0, 5).map(fileOfPod),
    ],
  };
};

const nodeConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

function conditionsOf(object: unknown): string {
  const told = nodeConditions.flatMap((type) => {
    const condition = conditionAt(object, type);
    return condition === undefined
      ? []
      : [`${type} is ${textAt(condition, 'status')} (${textAt(condition, 'reason')})`];
  });
  const cordoned = textAt(object, 'spec', 'unschedulable') === 'true' ? ['it is cordoned'] : [];
  const taints = listAt(object, 'spec', 'taints').map((taint) => {
    const value = textAt(taint, 'value');
    return `${textAt(taint, 'key')}${value === '' ? '' : `=${value}`}:${textAt(taint, 'effect')}`;
  });
  const tainted = taints.length === 0 ? [] : [`its taints are ${listed(taints, 5)}`];
  return [...told, ...cordoned, ...tainted].join(', ') || 'it says no condition';
}

function whyUnscheduled({ object }: PodView): readonly string[] {
  const message = textAt(conditionAt(object, 'PodScheduled', 'False'), 'message');
  return message === '' ? [] : quote(message, 2);
}
