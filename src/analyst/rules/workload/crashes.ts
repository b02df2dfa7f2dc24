import { entityOf, fileOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { programMissing, says } from '../../model/lexicon.ts';
import { containerSpec, templateContainer } from '../../model/workload.ts';
import { endRefs, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, step, where } from '../rule.ts';

function outOfMemory(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, pod, workload } = trouble;
  const ends = [container.terminated, container.lastTerminated];
  if (!ends.some((end) => end?.reason === 'OOMKilled')) return null;
  const limit = textAt(container.spec, 'resources', 'limits', 'memory');
  const wanted = textAt(templateContainer(workload, container.name), 'resources', 'limits', 'memory');
  // Another rule tells who rewrote the limit.
  if (limit !== '' && wanted !== limit && workload.object !== null) return null;
  const statement =
    limit === ''
      ? `The ${where(trouble)} was OOMKilled although it has no memory limit of its own: the node or a parent group ran out.`
      : `The ${where(trouble)} was OOMKilled: it needs more than its memory limit of ${limit}.`;
  return conclusion('oom-killed', {
    entity: workload.entity,
    mechanism: limit === '' ? 'memory_pressure' : 'oom_limit',
    wrongValue: limit || null,
    statement,
    weight: 90,
    confidence: limit === '' ? 'medium' : 'high',
    evidence: [
      graph.fieldRef(pod.object, 'reason', 'OOMKilled'),
      limit === '' ? null : graph.fieldRef(pod.object, 'memory', limit),
      graph.fieldRef(pod.object, 'exitCode', 137),
      lastLine(graph, trouble),
    ],
    ruledOut: 'an error of the application: the kernel ended it, its log ends without one',
    remediation: step(
      `Raise the memory limit of container ${container.name} above ${limit || 'what it needs'}`,
      limit === '' ? null : setResources(trouble, '<new limit>'),
      'low',
    ),
  });
}

function setResources(trouble: Trouble, limit: string): string | null {
  const { kind, namespace, name } = trouble.workload.entity;
  if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)) return null;
  return `kubectl -n ${namespace} set resources ${kind.toLowerCase()}/${name} -c ${trouble.container.name} --limits=memory=${limit}`;
}

function lastLine(graph: EvidenceGraph, trouble: Trouble) {
  const { log } = trouble;
  const last = trouble.entries.at(-1);
  return log && last ? graph.ref(log.path, last.message) : null;
}

function badCommand(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { log, workload } = trouble;
  if (trouble.kind !== 'crash') return null;
  const starting = startError(trouble);
  const name = missingProgram(trouble, starting);
  if (name === null) return null;
  const end = `${trouble.end?.reason ?? 'no reason'}, exit code ${trouble.end?.exitCode ?? 'unknown'}`;
  return conclusion('command-missing', {
    entity: workload.entity,
    mechanism: 'bad_command',
    wrongValue: name,
    statement: `The ${where(trouble)} runs ${name}, which does not exist or cannot be run in its image (${end}).`,
    weight: 92,
    evidence: [
      starting === null ? null : graph.refIn(entityOf(trouble.pod.object), starting),
      log ? graph.ref(log.path, name) : null,
      ...endRefs(graph, trouble),
      graph.refIn(workload.entity, name),
    ],
    ruledOut:
      trouble.end?.reason === 'OOMKilled' ? [] : [`out of memory: the container ended with ${end}, not OOMKilled`],
    remediation: edit(`Correct the command of container ${trouble.container.name} (${name})`, workload.entity),
  });
}

/** What the runtime says when it could not start the program at all. */
function startError(trouble: Trouble): string | null {
  const { container, end } = trouble;
  const reasons = `${end?.reason ?? ''} ${container.waitingReason}`;
  if (!/StartError|ContainerCannotRun|RunContainerError/.test(reasons)) return null;
  return end?.message || container.waitingMessage;
}

/** Exit codes 126 and 127 are the shell's word for it; else the name must be a part of the command. */
function missingProgram(trouble: Trouble, starting: string | null): string | null {
  const { end } = trouble;
  if (starting !== null) return firstMatch(programMissing, `${starting}\n${trouble.container.waitingMessage}`);
  const byCode = end?.exitCode === 127 || end?.exitCode === 126;
  const name = firstMatch(programMissing, byCode ? trouble.text : (trouble.reason?.text ?? ''));
  return name !== null && (byCode || isCommandPart(trouble, name)) ? name : null;
}

function isCommandPart(trouble: Trouble, name: string): boolean {
  const spec = containerSpec(trouble.workload, trouble.container.name);
  const words = [...listAt(spec, 'command'), ...listAt(spec, 'args')].map(String);
  return words.some((word) => word.includes(name));
}

function firstMatch(forms: readonly RegExp[], text: string): string | null {
  for (const form of forms) {
    const found = form.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}

function wrongArchitecture(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, pod, workload } = trouble;
  if (trouble.kind !== 'crash') return null;
  const text = `${trouble.text}\n${trouble.end?.message ?? ''}\n${container.waitingMessage}`;
  // A script has no architecture.
  if (!says.wrongArchitecture.test(text) || /exec \/\S+\.(?:sh|bash|py|rb|pl|js): /.test(text)) return null;
  return conclusion('wrong-architecture', {
    entity: workload.entity,
    mechanism: 'wrong_arch',
    wrongValue: container.image,
    statement: `The image ${container.image} of the ${where(trouble)} is built for another CPU architecture than node ${pod.node || '(unknown)'}: exec format error.`,
    weight: 93,
    evidence: [
      graph.ref(trouble.log?.path ?? fileOf(entityOf(pod.object)), 'exec format error'),
      graph.fieldRef(pod.object, 'image', container.image),
    ],
    remediation: edit(
      'Build the image for the architecture of the node, or pin the pods to nodes that fit',
      workload.entity,
    ),
  });
}

export const crashRules: readonly Rule[] = [
  {
    id: 'oom-killed',
    catalogue: [2, 3],
    needs: 'a container that was OOMKilled',
    unless: 'the container ended for another reason than OOMKilled, or a webhook or a job rewrites its limit',
    conclude: eachCrash(outOfMemory),
  },
  {
    id: 'command-missing',
    catalogue: [5, 18],
    needs: 'a start error or exit code 126/127',
    unless: 'the program was started and wrote a log of its own',
    conclude: eachCrash(badCommand),
  },
  {
    id: 'wrong-architecture',
    catalogue: [24],
    needs: 'exec format error',
    unless: 'the same image runs on a node of that architecture',
    conclude: eachCrash(wrongArchitecture),
  },
];
