import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { wellBeside } from '../../signals/across-pods.ts';
import { exitMeaning } from '../../signals/why-it-ended.ts';
import { containerSpec, imageTag, type Workload } from '../../model/workload.ts';
import { failureOf } from '../../signals/calls.ts';
import { imageBefore } from '../../signals/rollout/image-before.ts';
import { changeText, type RevisionChange, revisionChange } from '../../signals/rollout/revision-change.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import {
  type Conclusion,
  conclusion,
  eachCrash,
  edit,
  rollBack,
  type Rule,
  type RuleView,
  step,
  where,
} from '../rule.ts';

export const releaseRules: readonly Rule[] = [
  {
    id: 'bad-release',
    catalogue: [7, 8, 9, 57],
    needs: 'a crashing new revision with another image, and the revision before',
    unless: 'the revision before fails in the same way, or the program fails at somebody it calls',
    conclude: (view) => view.troubles.flatMap((trouble) => badRelease(view, trouble) ?? []),
  },
  {
    id: 'init-failed',
    catalogue: [59],
    needs: 'an init container that ends with an error',
    unless: 'the init container runs and waits, or a rule knows why it ends',
    conclude: eachCrash(initFailed),
  },
  {
    id: 'app-exit',
    catalogue: [1, 19, 67],
    needs: 'a container that ended by itself',
    unless: 'any rule that explains the end: this one only says what the program said',
    conclude: eachCrash(appExit),
  },
];

function badRelease({ graph, troubles }: RuleView, trouble: Trouble): Conclusion | null {
  const { container, end, pod, reason, workload } = trouble;
  if (trouble.kind !== 'crash' || end?.reason === 'OOMKilled' || failureOf(reason?.text ?? '') !== null) return null;
  const before = imageBefore(workload, container.name, container.image);
  if (!before) return null;
  const tag = imageTag(container.image);
  const earlier = imageTag(before.image);
  const peers = sameBuild(troubles, trouble);
  const names = [...new Set(peers.map((peer) => peer.name))];
  const { ready } = before;
  const apart = apartFrom(graph, workload);
  const also = names.length === 0 ? '' : ` The same tag crashes ${names.join(', ')} in the same way: one bad build.`;
  return conclusion('bad-release', {
    entity: workload.entity,
    mechanism: 'bad_image_release',
    wrongValue: tag || container.image,
    statement: `The ${where(trouble)} crashes since its image is ${tag} (before: ${earlier}${ready > 0 ? ', still ready' : ''}): ${reason?.text ?? 'no log'}.${also}${apart.text}`,
    weight: 70,
    confidence: ready > 0 && reason?.kind === 'trace' && !apart.isMore ? 'high' : 'medium',
    evidence: [
      reasonRef(graph, trouble),
      graph.fieldRef(pod.object, 'image', container.image),
      graph.fieldRef(before.object, 'image', before.image),
      ready > 0 ? graph.fieldRef(before.object, 'readyReplicas', ready) : null,
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity, ...peers],
    ruledOut: [
      ...(ready > 0 ? [`the node and what it depends on: the revision with ${earlier} runs beside it`] : []),
      ...apart.ruledOut,
    ],
    remediation: rollBack(workload.entity, `Roll ${workload.entity.name} back to ${earlier}`),
  });
}

/** Other workloads that crash with the same tag and the same words. */
function sameBuild(troubles: readonly Trouble[], { container, reason, workload }: Trouble): readonly Entity[] {
  const tag = imageTag(container.image);
  return troubles
    .filter((other) => other.workload !== workload && imageTag(other.container.image) === tag)
    .filter((other) => other.reason?.text === reason?.text)
    .map((other) => other.workload.entity);
}

interface Apart {
  readonly text: string;
  readonly isMore: boolean;
  readonly ruledOut: readonly string[];
}

/** What two revisions have apart beside the image: suspects too, or nothing, which rules the settings out. */
function apartFrom(graph: EvidenceGraph, workload: Workload): Apart {
  const apart = revisionChange(graph, workload);
  if (!apart) return { text: '', isMore: false, ruledOut: [] };
  const others = otherChanges(apart);
  if (others.length === 0) {
    const same = `its settings: pod ${apart.runs.name} runs the image of before with the same ones, and none was changed since it started`;
    return { text: '', isMore: false, ruledOut: [same] };
  }
  const has = others.length === 1 ? 'this has' : 'these have';
  const text = ` With the image ${has} changed too, and may be it: ${others.slice(0, 4).join('; ')}.`;
  return { text, isMore: true, ruledOut: [] };
}

/** What changed with the revision beside the image, or in a ConfigMap or Secret since the pods of before started. */
function otherChanges({ changes, touched }: RevisionChange): string[] {
  return [
    ...changes.filter(({ what }) => what !== 'image' && what !== 'probe').map(changeText),
    ...touched.map(({ object, at }) => `${object.kind} ${object.metadata.name} (at ${at})`),
  ];
}

function initFailed(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, reason, workload } = trouble;
  if (!container.init || trouble.kind !== 'crash') return null;
  return conclusion('init-failed', {
    entity: workload.entity,
    mechanism: 'init_failed',
    wrongValue: container.name,
    statement: `The init ${where(trouble)} ends with exit code ${trouble.end?.exitCode ?? 'unknown'}, so the pod never starts: ${reason?.text ?? silence(trouble)}`,
    weight: 75,
    confidence: 'medium',
    evidence: [reasonRef(graph, trouble), ...endRefs(graph, trouble)],
    ruledOut: 'the application container: it has not started',
    remediation: lookFurther(trouble, reason?.line ?? null),
  });
}

/** What is left when nothing explains the end: what the program said, and never more than that. */
function appExit(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { end, log, reason, workload } = trouble;
  if (trouble.kind !== 'crash' || !end || end.reason === 'OOMKilled') return null;
  const clean = end.exitCode === 0;
  const subject = clean ? finishingArgument(trouble) : subjectOf(trouble);
  return conclusion('app-exit', {
    entity: workload.entity,
    mechanism: 'app_exit',
    wrongValue: subject ?? `${end.exitCode}`,
    statement: clean ? endsClean(trouble, subject) : endsBadly(graph, trouble, subject),
    weight: 40,
    confidence: clean && subject !== null ? 'high' : clean || hasReason(trouble) ? 'medium' : 'low',
    evidence: [
      reasonRef(graph, trouble),
      log && subject ? graph.ref(log.path, subject) : null,
      clean && subject ? graph.refIn(workload.entity, subject) : null,
      ...endRefs(graph, trouble),
    ],
    ruledOut: notReasons(trouble),
    remediation: clean
      ? edit(
          `Run ${workload.entity.name} as a Job or CronJob, or without ${subject ?? 'what makes it end'}`,
          workload.entity,
        )
      : lookFurther(trouble, reason?.line ?? null),
  });
}

function notReasons({ end, pod, workload }: Trouble): string[] {
  const beside = wellBeside(workload, pod);
  return [
    ...(end?.exitCode === 137 ? [] : ['out of memory: the container was not OOMKilled']),
    ...(beside === null ? [] : [`the image and the settings: ${beside}`]),
  ];
}

const hasReason = ({ reason }: Trouble): boolean => reason !== null && reason.kind !== 'last';

function endsClean(trouble: Trouble, subject: string | null): string {
  const said = trouble.reason?.text ?? silence(trouble);
  return `The ${where(trouble)} ends by itself with exit code 0${subject === null ? '' : ` (${subject})`}, and its controller restarts it for ever: ${said}`;
}

function endsBadly(graph: EvidenceGraph, trouble: Trouble, subject: string | null): string {
  const { end, reason } = trouble;
  const code = end?.exitCode ?? null;
  const meaning = exitMeaning(code);
  const isKilled = code === 137 || code === 143;
  const how = isKilled ? `is ended from outside${whoKilled(graph, trouble)}` : 'ends by itself';
  const head = `The ${where(trouble)} ${how} with exit code ${code ?? 'unknown'}${meaning === null ? '' : ` (${meaning})`}${subject === null ? '' : ` at ${subject}`}`;
  if (reason === null) return `${head}; ${silence(trouble)}, so why is not shown.`;
  if (reason.kind === 'last') return `${head}; why is not shown, the last line of its log is: ${reason.text}`;
  return `${head}. This is what it said, why is not shown: ${reason.text}`;
}

const endings = /^(?:Killing|Evicted|Preempt|TaintManagerEviction|ExceededGracePeriod|NodeShutdown)/;

/** What the events of a pod say of whoever ended its containers; the newest. */
function whoKilled(graph: EvidenceGraph, { pod }: Trouble): string {
  const event = graph.eventsOf(entityOf(pod.object)).findLast((it) => endings.test(it.reason));
  return event === undefined ? '' : ` (${event.reason}: ${event.message.slice(0, 200)})`;
}

/** Why there is no word of the program: a log that nobody could read is not one that says nothing. */
const silence = ({ log }: Trouble): string =>
  log === null ? 'no line of its log could be read' : 'its log says nothing of it';

function lookFurther(trouble: Trouble, line: number | null) {
  const { container, pod } = trouble;
  const previous = container.restarts > 0 ? ' --previous' : '';
  const place = line === null ? '' : ` (line ${line})`;
  return step(
    `Read the whole log of the run that ended${place}, and what changed before the first end`,
    `kubectl -n ${pod.namespace} logs ${pod.name} -c ${container.name}${previous}`,
    'none',
  );
}

/** The argument that makes a program end after its work: the log repeats its word. */
function finishingArgument(trouble: Trouble): string | null {
  const spec = containerSpec(trouble.workload, trouble.container.name);
  const words = [...listAt(spec, 'args'), ...listAt(spec, 'command')].map(String).filter((word) => word.length < 60);
  const text = trouble.entries
    .slice(-6)
    .map((x) => x.message.toLowerCase())
    .join('\n');
  const known = words.find((word) =>
    /^-{1,2}(?:once|one-?shot|run-once|single|exit|dry-run|help|version|batch)\b/.test(word),
  );
  const repeated = words.find(
    (word) => word.startsWith('-') && text.includes(word.replace(/^-+/, '').split('=')[0]?.toLowerCase() ?? '-'),
  );
  return known ?? repeated ?? null;
}

/** What the program was working on when it ended. */
function subjectOf(trouble: Trouble): string | null {
  const { reason } = trouble;
  const line = reason?.line ?? Infinity;
  const before = trouble.entries
    .filter((x) => x.line <= line)
    .slice(-10)
    .reverse();
  for (const entry of before) {
    const found = says.workingOn.exec(entry.message)?.[1]?.replace(/[.:,]+$/, '');
    if (found !== undefined && found.length >= 3 && !/^\d+$/.test(found)) return found;
  }
  return reason && !/^(?:|Error|Exception|panic|Fatal error)$/.test(reason.error) ? reason.error : null;
}
