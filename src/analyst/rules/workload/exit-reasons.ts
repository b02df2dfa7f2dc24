import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { pathsIn } from '../../model/names-in-text.ts';
import { type Mount, mountOf, mountsOf } from '../../model/pod-references.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Quotes, type Rule, where } from '../rule.ts';

/** Reasons of an end that the log states and the pod's own set-up explains. */
export const exitReasonRules: readonly Rule[] = [
  {
    id: 'disk-full',
    catalogue: [14, 15, 96],
    needs: 'ENOSPC in a log',
    unless: 'the container was OOMKilled, or the write fails for rights',
    conclude: eachCrash(noSpace),
  },
  {
    id: 'port-conflict',
    catalogue: [10],
    needs: '"address already in use" in a log',
    unless: 'no other container of the pod or the node has the port',
    conclude: eachCrash(portTaken),
  },
  {
    id: 'hook-failed',
    catalogue: [18],
    needs: 'a failed lifecycle hook in the events',
    unless: 'the hook is that of another container, or the container ended before it',
    conclude: eachCrash(hookFailed),
  },
];

function noSpace(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { entries, log } = trouble;
  const entry = entries.findLast(({ message }) => says.diskFull.test(message) && !says.overcome.test(message));
  if (!entry || !log) return null;
  const text = entries
    .slice(-15)
    .map((x) => x.message)
    .join('\n');
  const evidence = [graph.ref(log.path, entry.message), ...endRefs(graph, trouble)];
  return says.sharedMemory.test(text)
    ? sharedMemory(graph, trouble, entry.message, evidence)
    : volumeFull(graph, trouble, text, evidence);
}

function sharedMemory(graph: EvidenceGraph, trouble: Trouble, message: string, evidence: Quotes): Conclusion {
  const { log, workload } = trouble;
  return conclusion('shm-exhausted', {
    entity: workload.entity,
    mechanism: 'shm_exhausted',
    wrongValue: '/dev/shm',
    statement: `The ${where(trouble)} has filled /dev/shm (64 MiB unless a memory-backed emptyDir is mounted there): ${message}`,
    weight: 92,
    evidence: [...evidence, log ? graph.ref(log.path, '/dev/shm') : null],
    ruledOut: 'the disk of the node: only /dev/shm is full',
    remediation: edit('Mount an emptyDir with medium Memory at /dev/shm', workload.entity),
  });
}

function volumeFull(graph: EvidenceGraph, trouble: Trouble, text: string, evidence: Quotes): Conclusion {
  const { workload } = trouble;
  const mount = writtenMount(trouble, text);
  const claim: Entity | null =
    mount?.kind === 'persistentVolumeClaim'
      ? { kind: 'PersistentVolumeClaim', namespace: trouble.pod.namespace, name: mount.name }
      : null;
  const size = claim
    ? textAt(graph.get(claim.kind, claim.namespace, claim.name), 'spec', 'resources', 'requests', 'storage')
    : textAt(mount?.source, 'emptyDir', 'sizeLimit');
  const volume = mount
    ? `The ${claim ? `claim ${claim.name}` : `emptyDir ${mount.volume}`} at ${mount.path}`
    : 'A volume';
  const holder = claim ?? workload.entity;
  return conclusion('disk-full', {
    entity: holder,
    mechanism: 'disk_full',
    wrongValue: size || mount?.path || 'No space left on device',
    statement: `${volume}${size === '' ? '' : ` (${size})`} of ${entityText(workload.entity)} is full: No space left on device.`,
    weight: 91,
    confidence: mount ? 'high' : 'medium',
    evidence: [...evidence, size === '' ? null : graph.refIn(holder, size)],
    affects: [workload.entity],
    ruledOut: 'memory: the container was not OOMKilled',
    remediation: edit(`Make ${mount ? `volume ${mount.volume}` : 'the volume'} larger, or write less to it`, holder),
  });
}

/** The bounded volume that the log writes to, else the only bounded one. */
function writtenMount(trouble: Trouble, text: string): Mount | null {
  const { container, workload } = trouble;
  const bounded = (mount: Mount | null): mount is Mount =>
    mount !== null && (mount.kind === 'persistentVolumeClaim' || mount.kind === 'emptyDir');
  for (const path of pathsIn(text)) {
    const mount = mountOf(workload, container.name, path);
    if (bounded(mount)) return mount;
  }
  const all = mountsOf(workload, container.name).filter(bounded);
  return all.length === 1 ? (all[0] ?? null) : null;
}

function portTaken(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, pod, text, workload } = trouble;
  if (!says.portTaken.test(text)) return null;
  const said =
    /(?::|port[ =:]+)(\d{2,5})\b/i.exec(trouble.reason?.text ?? '')?.[1] ??
    /(?::|port[ =:]+)(\d{2,5})\b/i.exec(text)?.[1];
  const own = listAt(container.spec, 'ports').map((port) => String(numberAt(port, 'containerPort')));
  const others = pod.containers.filter((other) => other.name !== container.name && !other.init);
  const theirs = others.flatMap((other) =>
    listAt(other.spec, 'ports').map((x) => String(numberAt(x, 'containerPort'))),
  );
  const port = said ?? own.find((x) => theirs.includes(x)) ?? own[0] ?? theirs[0] ?? null;
  const holder =
    others.find((other) => listAt(other.spec, 'ports').some((x) => String(numberAt(x, 'containerPort')) === port)) ??
    others[0];
  const hostNetwork = dig(pod.object, 'spec', 'hostNetwork') === true;
  return conclusion('port-conflict', {
    entity: workload.entity,
    mechanism: hostNetwork && !holder ? 'host_port' : 'port_conflict',
    wrongValue: port,
    statement: `The ${where(trouble)} cannot bind port ${port ?? '(unknown)'}: it is taken${holder ? ` by container ${holder.name} of the same pod` : ''}.`,
    weight: 92,
    confidence: holder ? 'high' : 'medium',
    evidence: [
      reasonRef(graph, trouble),
      port === null ? null : graph.refIn(workload.entity, `"containerPort": ${port}`),
      ...endRefs(graph, trouble),
    ],
    remediation: edit(`Give container ${container.name} another port than ${port ?? 'now'}`, workload.entity),
  });
}

function hookFailed(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, pod, workload } = trouble;
  const events = graph.events.filter((event) => event.name === pod.name && event.objectNamespace === pod.namespace);
  const event = events.findLast(
    (event) =>
      /PostStartHook|PreStopHook|postStart|PreStart/i.test(`${event.reason} ${event.message}`) &&
      /fail|error/i.test(`${event.reason} ${event.message}`),
  );
  if (!event) return null;
  const hook = /prestop/i.test(`${event.reason} ${event.message}`) ? 'preStop' : 'postStart';
  const spec = dig(container.spec, 'lifecycle', hook);
  // The hook of another container of the pod.
  if (spec === undefined) return null;
  const command = listAt(spec, 'exec', 'command').map(String);
  const action = command.join(' ') || textAt(spec, 'httpGet', 'path');
  return conclusion('hook-failed', {
    entity: workload.entity,
    mechanism: 'hook_failed',
    wrongValue: command.at(-1) ?? (action || hook),
    statement: `The ${hook} hook of the ${where(trouble)} fails${action === '' ? '' : ` (${action})`}, so the container is ended each time.`,
    weight: 94,
    evidence: [
      graph.eventRef(event),
      graph.refIn(workload.entity, `"${hook}"`),
      command.length === 0 ? null : graph.refIn(workload.entity, JSON.stringify(command.at(-1))),
    ],
    ruledOut: 'the application: the hook fails, and the kubelet ends the container for it',
    remediation: edit(`Correct or remove the ${hook} hook of container ${container.name}`, workload.entity),
  });
}
