import type { Entity } from '../../../domain/verdict.ts';
import { entityText, fileOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { dig, listAt, numberAt, textAt } from '../../model/fields.ts';
import { pathsIn } from '../../model/names-in-text.ts';
import { type Mount, mountOf, mountsOf } from '../../model/pod-references.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, editCommand, type Rule, step, where } from '../rule.ts';

/** Reasons of an end that the log states and the pod's own set-up explains. */
export const exitReasonRules: readonly Rule[] = [
  { id: 'disk-full', catalogue: [14, 15, 96], needs: 'ENOSPC in a log', conclude: eachCrash(noSpace) },
  { id: 'port-conflict', catalogue: [10], needs: '"address already in use" in a log', conclude: eachCrash(portTaken) },
  {
    id: 'hook-failed',
    catalogue: [18],
    needs: 'a failed lifecycle hook in the events',
    conclude: eachCrash(hookFailed),
  },
];

function noSpace(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  const entry = it.entries.findLast((x) =>
    /No space left on device|ENOSPC|disk (?:is )?full|Disk quota exceeded/i.test(x.message),
  );
  if (!entry || !it.log) return null;
  const text = it.entries
    .slice(-15)
    .map((x) => x.message)
    .join('\n');
  const evidence = [graph.ref(it.log.path, entry.message), ...endRefs(graph, it)];
  return /\/dev\/shm|shared memory|\bshm\b/i.test(text)
    ? sharedMemory(graph, it, entry.message, evidence)
    : volumeFull(graph, it, text, evidence);
}

type Evidence = Parameters<typeof conclusion>[1]['evidence'];

function sharedMemory(graph: EvidenceGraph, it: Trouble, message: string, evidence: Evidence): Conclusion {
  return conclusion('shm-exhausted', {
    entity: it.workload.entity,
    mechanism: 'shm_exhausted',
    wrongValue: '/dev/shm',
    statement: `The ${where(it)} has filled /dev/shm (64 MiB unless a memory-backed emptyDir is mounted there): ${message}`,
    weight: 92,
    evidence: [...evidence, it.log ? graph.ref(it.log.path, '/dev/shm') : null],
    ruledOut: ['the disk of the node: only /dev/shm is full'],
    remediation: [step('Mount an emptyDir with medium Memory at /dev/shm', editCommand(it.workload.entity), 'low')],
  });
}

function volumeFull(graph: EvidenceGraph, it: Trouble, text: string, evidence: Evidence): Conclusion {
  const mount = writtenMount(it, text);
  const claim: Entity | null =
    mount?.kind === 'persistentVolumeClaim'
      ? { kind: 'PersistentVolumeClaim', namespace: it.pod.namespace, name: mount.name }
      : null;
  const size = claim
    ? textAt(graph.get(claim.kind, claim.namespace, claim.name), 'spec', 'resources', 'requests', 'storage')
    : textAt(mount?.source, 'emptyDir', 'sizeLimit');
  const volume = mount
    ? `The ${claim ? `claim ${claim.name}` : `emptyDir ${mount.volume}`} at ${mount.path}`
    : 'A volume';
  const holder = claim ?? it.workload.entity;
  return conclusion('disk-full', {
    entity: holder,
    mechanism: 'disk_full',
    wrongValue: size || mount?.path || 'No space left on device',
    statement: `${volume}${size === '' ? '' : ` (${size})`} of ${entityText(it.workload.entity)} is full: No space left on device.`,
    weight: 91,
    confidence: mount ? 'high' : 'medium',
    evidence: [...evidence, size === '' ? null : graph.ref(fileOf(holder), size)],
    affects: [it.workload.entity],
    ruledOut: ['memory: the container was not OOMKilled'],
    remediation: [
      step(
        `Make ${mount ? `volume ${mount.volume}` : 'the volume'} larger, or write less to it`,
        editCommand(holder),
        'low',
      ),
    ],
  });
}

/** The bounded volume that the log writes to, else the only bounded one. */
function writtenMount(it: Trouble, text: string): Mount | null {
  const bounded = (mount: Mount | null): mount is Mount =>
    mount !== null && (mount.kind === 'persistentVolumeClaim' || mount.kind === 'emptyDir');
  for (const path of pathsIn(text)) {
    const mount = mountOf(it.workload, it.container.name, path);
    if (bounded(mount)) return mount;
  }
  const all = mountsOf(it.workload, it.container.name).filter(bounded);
  return all.length === 1 ? (all[0] ?? null) : null;
}

function portTaken(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  if (!/address already in use|EADDRINUSE|bind\(\).*failed|Address in use|port is already allocated/i.test(it.text))
    return null;
  const said =
    /(?::|port[ =:]+)(\d{2,5})\b/i.exec(it.reason?.text ?? '')?.[1] ??
    /(?::|port[ =:]+)(\d{2,5})\b/i.exec(it.text)?.[1];
  const own = listAt(it.container.spec, 'ports').map((port) => String(numberAt(port, 'containerPort')));
  const others = it.pod.containers.filter((other) => other.name !== it.container.name && !other.init);
  const theirs = others.flatMap((other) =>
    listAt(other.spec, 'ports').map((x) => String(numberAt(x, 'containerPort'))),
  );
  const port = said ?? own.find((x) => theirs.includes(x)) ?? own[0] ?? theirs[0] ?? null;
  const holder =
    others.find((other) => listAt(other.spec, 'ports').some((x) => String(numberAt(x, 'containerPort')) === port)) ??
    others[0];
  const hostNetwork = dig(it.pod.object, 'spec', 'hostNetwork') === true;
  return conclusion('port-conflict', {
    entity: it.workload.entity,
    mechanism: hostNetwork && !holder ? 'host_port' : 'port_conflict',
    wrongValue: port,
    statement: `The ${where(it)} cannot bind port ${port ?? '(unknown)'}: it is taken${holder ? ` by container ${holder.name} of the same pod` : ''}.`,
    weight: 92,
    confidence: holder ? 'high' : 'medium',
    evidence: [
      reasonRef(graph, it),
      port === null ? null : graph.ref(fileOf(it.workload.entity), `"containerPort": ${port}`),
      ...endRefs(graph, it),
    ],
    remediation: [
      step(
        `Give container ${it.container.name} another port than ${port ?? 'now'}`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}

function hookFailed(graph: EvidenceGraph, it: Trouble): Conclusion | null {
  const events = graph.events.filter(
    (event) => event.name === it.pod.name && event.objectNamespace === it.pod.namespace,
  );
  const event = events.findLast(
    (x) =>
      /PostStartHook|PreStopHook|postStart|PreStart/i.test(`${x.reason} ${x.message}`) &&
      /fail|error/i.test(`${x.reason} ${x.message}`),
  );
  if (!event) return null;
  const hook = /prestop/i.test(`${event.reason} ${event.message}`) ? 'preStop' : 'postStart';
  const spec = dig(it.container.spec, 'lifecycle', hook);
  const command = listAt(spec, 'exec', 'command').map(String);
  const action = command.join(' ') || textAt(spec, 'httpGet', 'path');
  return conclusion('hook-failed', {
    entity: it.workload.entity,
    mechanism: 'hook_failed',
    wrongValue: command.at(-1) ?? (action || hook),
    statement: `The ${hook} hook of the ${where(it)} fails${action === '' ? '' : ` (${action})`}, so the container is ended each time.`,
    weight: 94,
    evidence: [
      graph.ref(event.path, event.message),
      graph.ref(fileOf(it.workload.entity), `"${hook}"`),
      command.length === 0 ? null : graph.ref(fileOf(it.workload.entity), JSON.stringify(command.at(-1))),
    ],
    ruledOut: ['the application: the hook fails, and the kubelet ends the container for it'],
    remediation: [
      step(
        `Correct or remove the ${hook} hook of container ${it.container.name}`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}
