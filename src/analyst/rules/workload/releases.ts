import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { fileOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, numberAt, textAt } from '../../model/fields.ts';
import { containerSpec, imageTag, type Workload } from '../../model/workload.ts';
import { failureOf } from '../../signals/calls.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, editCommand, type Rule, type RuleView, step, where } from '../rule.ts';

export const releaseRules: readonly Rule[] = [
  {
    id: 'bad-release',
    catalogue: [7, 8, 9, 57],
    needs: 'a crashing new revision with another image, and the revision before',
    conclude: badRelease,
  },
  {
    id: 'init-failed',
    catalogue: [59],
    needs: 'an init container that ends with an error',
    conclude: eachCrash(initFailed),
  },
  { id: 'app-exit', catalogue: [1, 19, 67], needs: 'a container that ended by itself', conclude: eachCrash(appExit) },
];

function badRelease({ graph, troubles }: RuleView): Conclusion[] {
  return troubles.flatMap((it): Conclusion[] => {
    if (it.kind !== 'crash' || it.end?.reason === 'OOMKilled' || failureOf(it.reason?.text ?? '') !== null) return [];
    const before = imageBefore(it.workload, it.container.name, it.container.image);
    if (!before) return [];
    const tag = imageTag(it.container.image);
    const peers = troubles.filter(
      (x) => x.workload !== it.workload && imageTag(x.container.image) === tag && x.reason?.text === it.reason?.text,
    );
    const names = [...new Set(peers.map((x) => x.workload.entity.name))];
    const { ready } = before;
    const also = names.length === 0 ? '' : ` The same tag crashes ${names.join(', ')} in the same way: one bad build.`;
    return [
      conclusion('bad-release', {
        entity: it.workload.entity,
        mechanism: 'bad_image_release',
        wrongValue: tag || it.container.image,
        statement: `The ${where(it)} crashes since its image is ${tag} (before: ${imageTag(before.image)}${ready > 0 ? ', still ready' : ''}): ${it.reason?.text ?? 'no log'}.${also}`,
        weight: 70,
        confidence: ready > 0 && it.reason?.kind === 'trace' ? 'high' : 'medium',
        evidence: [
          reasonRef(graph, it),
          graph.fieldRef(it.pod.object, 'image', it.container.image),
          graph.fieldRef(before.object, 'image', before.image),
          ready > 0 ? graph.fieldRef(before.object, 'readyReplicas', ready) : null,
          ...endRefs(graph, it),
        ],
        affects: [it.workload.entity, ...peers.map((x) => x.workload.entity)],
        ruledOut:
          ready > 0
            ? [`the node and what it depends on: the revision with ${imageTag(before.image)} runs beside it`]
            : [],
        remediation: [
          step(
            `Roll ${it.workload.entity.name} back to ${imageTag(before.image)}`,
            `kubectl -n ${it.workload.entity.namespace} rollout undo deployment/${it.workload.entity.name}`,
            'medium',
          ),
        ],
      }),
    ];
  });
}

interface Before {
  readonly object: KubeObject;
  readonly image: string;
  readonly ready: number;
}

/** The newest older revision that had another image of the container; of other kinds a ready pod that still has one. */
function imageBefore(workload: Workload, container: string, image: string): Before | null {
  for (const set of workload.replicaSets.slice(1)) {
    const spec = listAt(set, 'spec', 'template', 'spec', 'containers').find((it) => textAt(it, 'name') === container);
    const other = textAt(spec, 'image');
    const ready = numberAt(set, 'status', 'readyReplicas') ?? 0;
    if (other !== '' && other !== image) return { object: set, image: other, ready };
  }
  for (const pod of workload.replicaSets.length > 0 ? [] : workload.pods.filter((it) => it.ready)) {
    const other = pod.containers.find((it) => it.name === container)?.image ?? '';
    if (other !== '' && other !== image) return { object: pod.object, image: other, ready: 1 };
  }
  return null;
}

function initFailed(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  if (!it.container.init || it.kind !== 'crash') return null;
  return conclusion('init-failed', {
    entity: it.workload.entity,
    mechanism: 'init_failed',
    wrongValue: it.container.name,
    statement: `The init ${where(it)} ends with exit code ${it.end?.exitCode ?? 'unknown'}, so the pod never starts: ${it.reason?.text ?? 'its log says nothing'}`,
    weight: 75,
    confidence: it.reason && it.reason.kind !== 'last' ? 'high' : 'medium',
    evidence: [reasonRef(graph, it), ...endRefs(graph, it)],
    ruledOut: ['the application container: it has not started'],
    remediation: [
      step(`Correct what init container ${it.container.name} does`, editCommand(it.workload.entity), 'low'),
    ],
  });
}

function appExit(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  if (it.kind !== 'crash' || !it.end || it.end.reason === 'OOMKilled') return null;
  const clean = it.end.exitCode === 0;
  const subject = clean ? finishingArgument(it) : subjectOf(it);
  const said = it.reason?.text ?? 'its log says nothing';
  return conclusion('app-exit', {
    entity: it.workload.entity,
    mechanism: 'app_exit',
    wrongValue: subject ?? `${it.end.exitCode}`,
    statement: clean
      ? `The ${where(it)} ends by itself with exit code 0${subject === null ? '' : ` (${subject})`}, and its controller restarts it for ever: ${said}`
      : `The ${where(it)} ends by itself with exit code ${it.end.exitCode}${subject === null ? '' : ` at ${subject}`}: ${said}`,
    weight: 40,
    confidence: clean || (it.reason !== null && it.reason.kind !== 'last') ? 'high' : 'low',
    evidence: [
      reasonRef(graph, it),
      it.log && subject ? graph.ref(it.log.path, subject) : null,
      clean && subject ? graph.ref(fileOf(it.workload.entity), subject) : null,
      ...endRefs(graph, it),
    ],
    ruledOut: ['out of memory: the container was not OOMKilled'],
    remediation: [
      clean
        ? step(
            `Run ${it.workload.entity.name} as a Job or CronJob, or without ${subject ?? 'what makes it end'}`,
            editCommand(it.workload.entity),
            'low',
          )
        : step(`Correct what makes ${it.container.name} end: ${said.slice(0, 200)}`, null, 'none'),
    ],
  });
}

/** The argument that makes a program end after its work: the log repeats its word. */
function finishingArgument(it: Trouble): string | null {
  const spec = containerSpec(it.workload, it.container.name);
  const words = [...listAt(spec, 'args'), ...listAt(spec, 'command')].map(String).filter((word) => word.length < 60);
  const text = it.entries
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

const working =
  /\b(?:migration|step|task|stage|job|batch|record|row|file|chunk|partition|segment|item|order|message|applying|processing|running|executing|handling|importing|loading|replaying)\s+["']?([\w./:-]*[\d_./-][\w./:-]*)/i;

/** What the program was working on when it ended. */
function subjectOf(it: Trouble): string | null {
  const line = it.reason?.line ?? Infinity;
  const before = it.entries
    .filter((x) => x.line <= line)
    .slice(-10)
    .reverse();
  for (const entry of before) {
    const found = working.exec(entry.message)?.[1]?.replace(/[.:,]+$/, '');
    if (found !== undefined && found.length >= 3 && !/^\d+$/.test(found)) return found;
  }
  return it.reason?.error || null;
}
