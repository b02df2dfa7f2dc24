import { entityOf, fileOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { containerSpec, templateContainer } from '../../model/workload.ts';
import { endRefs, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, editCommand, type Rule, step, where } from '../rule.ts';

function outOfMemory(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  const ends = [it.container.terminated, it.container.lastTerminated];
  if (!ends.some((end) => end?.reason === 'OOMKilled')) return null;
  const limit = textAt(it.container.spec, 'resources', 'limits', 'memory');
  const wanted = textAt(templateContainer(it.workload, it.container.name), 'resources', 'limits', 'memory');
  // Another rule tells who rewrote the limit.
  if (limit !== '' && wanted !== limit && it.workload.object !== null) return null;
  const statement =
    limit === ''
      ? `The ${where(it)} was OOMKilled although it has no memory limit of its own: the node or a parent group ran out.`
      : `The ${where(it)} was OOMKilled: it needs more than its memory limit of ${limit}.`;
  return conclusion('oom-killed', {
    entity: it.workload.entity,
    mechanism: limit === '' ? 'memory_pressure' : 'oom_limit',
    wrongValue: limit || null,
    statement,
    weight: 90,
    confidence: limit === '' ? 'medium' : 'high',
    evidence: [
      graph.fieldRef(it.pod.object, 'reason', 'OOMKilled'),
      limit === '' ? null : graph.fieldRef(it.pod.object, 'memory', limit),
      graph.fieldRef(it.pod.object, 'exitCode', 137),
      lastLine(graph, it),
    ],
    ruledOut: ['an error of the application: the kernel ended it, its log ends without one'],
    remediation: [
      step(
        `Raise the memory limit of container ${it.container.name} above ${limit || 'what it needs'}`,
        limit === '' ? null : setResources(it, '<new limit>'),
        'low',
      ),
    ],
  });
}

function setResources(it: Trouble, limit: string): string | null {
  const { kind, namespace, name } = it.workload.entity;
  if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)) return null;
  return `kubectl -n ${namespace} set resources ${kind.toLowerCase()}/${name} -c ${it.container.name} --limits=memory=${limit}`;
}

function lastLine(graph: EvidenceGraph, it: Trouble) {
  const last = it.entries.at(-1);
  return it.log && last ? graph.ref(it.log.path, last.message) : null;
}

const programErrors: readonly RegExp[] = [
  /exec: "([^"]+)": executable file not found/,
  /exec: "([^"]+)": stat [^:]+: no such file or directory/,
  /stat ([^:\s]+): no such file or directory/,
  /exec: "([^"]+)": permission denied/,
  /unable to start container process: .*?"([^"]+)"/,
  /^(?:\/bin\/)?(?:sh|bash|ash|dash)(?:: line \d+|: \d+)*: ([^\s:]+): (?:command )?not found/m,
  /^[^\s:]+: (?:line )?\d+: ([^\s:]+): (?:command )?not found/m,
  /(?:^|\s)([\w./-]+): (?:command )?not found/m,
  /can't open file '([^']+)'/,
  /No module named '?([\w.-]+)'?/,
  /Cannot find module '([^']+)'/,
  /Could not find or load main class (\S+)/,
];

function badCommand(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  if (it.kind !== 'crash') return null;
  const starting = startError(it);
  const name = missingProgram(it, starting);
  if (name === null) return null;
  const end = `${it.end?.reason ?? 'no reason'}, exit code ${it.end?.exitCode ?? 'unknown'}`;
  return conclusion('command-missing', {
    entity: it.workload.entity,
    mechanism: 'bad_command',
    wrongValue: name,
    statement: `The ${where(it)} runs ${name}, which does not exist or cannot be run in its image (${end}).`,
    weight: 92,
    evidence: [
      starting === null ? null : graph.ref(fileOf(entityOf(it.pod.object)), starting),
      it.log ? graph.ref(it.log.path, name) : null,
      ...endRefs(graph, it),
      graph.ref(fileOf(it.workload.entity), name),
    ],
    ruledOut: it.end?.reason === 'OOMKilled' ? [] : [`out of memory: the container ended with ${end}, not OOMKilled`],
    remediation: [
      step(`Correct the command of container ${it.container.name} (${name})`, editCommand(it.workload.entity), 'low'),
    ],
  });
}

/** What the runtime says when it could not start the program at all. */
function startError(it: Trouble): string | null {
  const reasons = `${it.end?.reason ?? ''} ${it.container.waitingReason}`;
  if (!/StartError|ContainerCannotRun|RunContainerError/.test(reasons)) return null;
  return it.end?.message || it.container.waitingMessage;
}

/** Exit codes 126 and 127 are the shell's word for it; else the name must be a part of the command. */
function missingProgram(it: Trouble, starting: string | null): string | null {
  if (starting !== null) return firstMatch(programErrors, `${starting}\n${it.container.waitingMessage}`);
  const byCode = it.end?.exitCode === 127 || it.end?.exitCode === 126;
  const name = firstMatch(programErrors, byCode ? it.text : (it.reason?.text ?? ''));
  return name !== null && (byCode || isCommandPart(it, name)) ? name : null;
}

function isCommandPart(it: Trouble, name: string): boolean {
  const spec = containerSpec(it.workload, it.container.name);
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

function wrongArchitecture(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  if (it.kind !== 'crash') return null;
  const text = `${it.text}\n${it.end?.message ?? ''}\n${it.container.waitingMessage}`;
  if (!/exec format error/i.test(text)) return null;
  return conclusion('wrong-architecture', {
    entity: it.workload.entity,
    mechanism: 'wrong_arch',
    wrongValue: it.container.image,
    statement: `The image ${it.container.image} of the ${where(it)} is built for another CPU architecture than node ${it.pod.node || '(unknown)'}: exec format error.`,
    weight: 93,
    evidence: [
      graph.ref(it.log?.path ?? fileOf(entityOf(it.pod.object)), 'exec format error'),
      graph.fieldRef(it.pod.object, 'image', it.container.image),
    ],
    remediation: [
      step(
        'Build the image for the architecture of the node, or pin the pods to nodes that fit',
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}

export const crashRules: readonly Rule[] = [
  { id: 'oom-killed', catalogue: [2, 3], needs: 'a container that was OOMKilled', conclude: eachCrash(outOfMemory) },
  {
    id: 'command-missing',
    catalogue: [5, 18],
    needs: 'a start error or exit code 126/127',
    conclude: eachCrash(badCommand),
  },
  { id: 'wrong-architecture', catalogue: [24], needs: 'exec format error', conclude: eachCrash(wrongArchitecture) },
];
