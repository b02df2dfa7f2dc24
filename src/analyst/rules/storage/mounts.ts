import type { Mechanism } from '../../../domain/mechanism.ts';
import type { Confidence, Entity, EvidenceRef } from '../../../domain/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityKey, entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { conditionAt, textAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { PodView, Workload } from '../../model/workload.ts';
import { missingDriver, mountEvents, type MountWait } from '../../signals/mount-events.ts';
import { type Conclusion, conclusion, editCommand, type Rule, type RuleView, step } from '../rule.ts';

export const mountRules: readonly Rule[] = [
  {
    id: 'mount-failed',
    catalogue: [42, 95],
    needs: 'FailedMount or FailedAttachVolume events of a pod that is not ready, or the error of a VolumeAttachment',
    conclude: mounts,
  },
];

/** What one message about a volume means. */
interface Reading {
  readonly entity: Entity;
  readonly mechanism: Mechanism;
  readonly wrongValue: string | null;
  readonly statement: string;
  readonly weight: number;
  readonly confidence: Confidence;
  readonly ruledOut: readonly string[];
  readonly todo: string;
  readonly refs: readonly (EvidenceRef | null)[];
}

interface Mount {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly message: string;
  /** The volume as the message names it: a PersistentVolume, or a volume of the pod. */
  readonly volume: string;
}

type Reader = (mount: Mount) => (Partial<Reading> & Pick<Reading, 'mechanism' | 'statement' | 'todo'>) | null;

/** The classes of messages, the most definite first. */
const readers: readonly Reader[] = [
  hostPath,
  attachedElsewhere,
  providerMissing,
  serverUnknown,
  pathRefused,
  helperMissing,
  damaged,
  volumeGone,
  noRoom,
  refusedByProvider,
  serverSilent,
  accountGone,
];

function mounts({ graph, workloads }: RuleView): Conclusion[] {
  return mountEvents(graph, workloads).flatMap((wait) => read(graph, wait) ?? []);
}

function read(graph: EvidenceGraph, wait: MountWait): Conclusion | null {
  const { workload, pod, events } = wait;
  if (events.some((event) => missingDriver(event.message) !== null)) return null;
  const words = [
    ...events.map((event) => ({ message: event.message, ref: graph.eventRef(event) })),
    ...attachErrors(graph, pod),
  ];
  for (const reader of readers) {
    for (const { message, ref } of words) {
      const volume = /volume "([^"]+)"/.exec(message)?.[1] ?? '';
      const found = reader({ graph, workload, pod, message: told(message), volume });
      if (found) return conclude(workload, found, ref);
    }
  }
  return null;
}

/** Errors of the attachments of the pod's volumes to its node. */
function attachErrors(graph: EvidenceGraph, pod: PodView): { message: string; ref: EvidenceRef | null }[] {
  const volumes = new Set(claimsOf(graph, pod).map((claim) => textAt(claim, 'spec', 'volumeName')));
  return graph
    .all('VolumeAttachment')
    .filter((it) => volumes.has(textAt(it, 'spec', 'source', 'persistentVolumeName')))
    .flatMap((it) => {
      const message = textAt(it, 'status', 'attachError', 'message');
      return message === '' ? [] : [{ message, ref: graph.fieldRef(it, 'message', message) }];
    });
}

function claimsOf(graph: EvidenceGraph, pod: PodView): KubeObject[] {
  return podReferences(pod.object['spec'])
    .filter((reference) => reference.kind === 'PersistentVolumeClaim')
    .flatMap((reference) => graph.get('PersistentVolumeClaim', pod.namespace, reference.name) ?? []);
}

function conclude(workload: Workload, found: NonNullable<ReturnType<Reader>>, ref: EvidenceRef | null): Conclusion {
  const entity = found.entity ?? workload.entity;
  return conclusion('mount-failed', {
    entity,
    mechanism: found.mechanism,
    wrongValue: found.wrongValue ?? null,
    statement: found.statement,
    weight: found.weight ?? 93,
    confidence: found.confidence ?? 'high',
    evidence: [ref, ...(found.refs ?? [])],
    affects: entityKey(entity) === entityKey(workload.entity) ? [entity] : [workload.entity],
    ruledOut: found.ruledOut ?? ['image, settings and code: no container of the pod has started'],
    remediation: step(
      found.todo,
      entity.kind === 'Node' || entity.kind === 'PersistentVolume'
        ? `kubectl describe ${entity.kind.toLowerCase()} ${entity.name}`
        : editCommand(entity),
      entity.kind === 'Node' || entity.kind === 'PersistentVolume' ? 'none' : 'low',
    ),
  });
}

/** The part of a message that tells, without what wraps it. */
function told(message: string): string {
  return message
    .replace(/^(?:MountVolume|AttachVolume|MapVolume)\.\w+ failed for volume "[^"]*" ?: /, '')
    .replace(/\s+/g, ' ')
    .trim();
}

const short = (message: string): string => message.slice(0, 280).replace(/[.\s]+$/, '');
const nodeOf = (pod: PodView): Entity => ({ kind: 'Node', namespace: null, name: pod.node });

/** The PersistentVolume that a message speaks of, when it was read, else the workload. */
function volumeOf({ graph, volume, workload, pod }: Mount): Entity {
  if (graph.get('PersistentVolume', null, volume)) return { kind: 'PersistentVolume', namespace: null, name: volume };
  const [claim] = claimsOf(graph, pod);
  const bound = textAt(claim, 'spec', 'volumeName');
  return bound !== '' && graph.get('PersistentVolume', null, bound)
    ? { kind: 'PersistentVolume', namespace: null, name: bound }
    : workload.entity;
}

function hostPath({ graph, workload, pod, message }: Mount): ReturnType<Reader> {
  const path = /hostPath type check failed: (\S+)/.exec(message)?.[1];
  if (path === undefined) return null;
  return {
    mechanism: 'hostpath_missing',
    wrongValue: path,
    statement: `${entityText(workload.entity)} mounts the host path ${path}, which is not there in the wanted form on ${pod.node}: ${message.slice(message.indexOf('hostPath type check')).slice(0, 200)}`,
    weight: 94,
    ruledOut: ['a missing ConfigMap, Secret or claim: the message names the path'],
    todo: `Create ${path} on ${pod.node}, or correct path and type of the volume`,
    refs: [graph.refIn(workload.entity, `"path": "${path}"`)],
  };
}

/** A volume for one node that another node still has. */
function attachedElsewhere(mount: Mount): ReturnType<Reader> {
  const { graph, workload, pod, message, volume } = mount;
  if (!/Multi-Attach|already (?:exclusively )?attached|already used by|is in use by/i.test(message)) return null;
  const holder = holderOf(mount);
  const where = holder ? ` Pod ${holder.metadata.name} on node ${textAt(holder, 'spec', 'nodeName')} holds it.` : '';
  const node = holder ? graph.get('Node', null, textAt(holder, 'spec', 'nodeName')) : null;
  if (node && conditionAt(node, 'Ready', 'True') === undefined) {
    return {
      entity: entityOf(node),
      mechanism: 'node_down',
      wrongValue: textAt(conditionAt(node, 'Ready'), 'reason') || node.metadata.name,
      statement: `Node ${node.metadata.name} does not report and still has the volume of ${entityText(workload.entity)}, so it cannot be attached to ${pod.node}: ${short(message)}`,
      weight: 97,
      todo: `Bring ${node.metadata.name} back, or when it is off for sure, taint it node.kubernetes.io/out-of-service so that its volumes are let go`,
      refs: [graph.fieldRef(node, 'type', 'Ready')],
    };
  }
  return {
    mechanism: 'other',
    wrongValue: /volume "([^"]+)"/.exec(message)?.[1] ?? (volume || null),
    statement: `A volume of ${entityText(workload.entity)} is still attached to another node than ${pod.node}: ${short(message)}.${where}`,
    weight: 85,
    confidence: 'medium',
    todo: holder
      ? `Let pod ${holder.metadata.name} end first, or run both on one node; a volume for several nodes needs the access mode ReadWriteMany`
      : 'Look at the VolumeAttachment of the volume: which node still has it',
    refs: holder ? [graph.fieldRef(holder, 'nodeName', textAt(holder, 'spec', 'nodeName'))] : [],
  };
}

/** Another pod that mounts one of the pod's claims on another node. */
function holderOf({ graph, pod }: Mount): KubeObject | null {
  const claims = new Set(claimsOf(graph, pod).map((claim) => claim.metadata.name));
  const found = graph
    .all('Pod', pod.namespace)
    .find(
      (other) =>
        other.metadata.name !== pod.name &&
        !['', pod.node].includes(textAt(other, 'spec', 'nodeName')) &&
        !['Succeeded', 'Failed'].includes(textAt(other, 'status', 'phase')) &&
        podReferences(other['spec']).some((it) => it.kind === 'PersistentVolumeClaim' && claims.has(it.name)),
    );
  return found ?? null;
}

/** A class of secrets that a volume names and that is not there, or whose provider is not on the node. */
function providerMissing({ workload, pod, message }: Mount): ReturnType<Reader> {
  const named = /(?:SecretProviderClass\S* "?([\w.-]+)"? not found|failed to get secretproviderclass ([\w./-]+))/i.exec(
    message,
  );
  if (named) {
    const name = (named[1] ?? named[2] ?? '').split('/').at(-1) ?? '';
    return {
      mechanism: 'dependency_missing',
      wrongValue: name,
      statement: `${entityText(workload.entity)} mounts secrets of the SecretProviderClass ${name}, which does not exist in ${pod.namespace}: ${short(message)}`,
      todo: `Create the SecretProviderClass ${name} in ${pod.namespace}, or correct the name in ${workload.entity.name}`,
    };
  }
  const provider = /provider not found: provider "([^"]+)"/.exec(message)?.[1];
  if (provider === undefined) return null;
  return {
    entity: nodeOf(pod),
    mechanism: 'dependency_missing',
    wrongValue: provider,
    statement: `The secrets provider ${provider} does not run on node ${pod.node}, so ${entityText(workload.entity)} gets no secrets volume: ${short(message)}`,
    todo: `Let the DaemonSet of the provider ${provider} run on ${pod.node}`,
  };
}

function serverUnknown(mount: Mount): ReturnType<Reader> {
  const { message, workload } = mount;
  const host =
    /(?:Failed to resolve server|could not resolve|lookup) "?([\w.-]+)"?(?::| on|:? )[^"]*(?:not known|no such host|failure in name)/i.exec(
      message,
    )?.[1];
  if (host === undefined) return null;
  return {
    entity: volumeOf(mount),
    mechanism: 'wrong_dns_name',
    wrongValue: host,
    statement: `The server ${host} of a volume of ${entityText(workload.entity)} cannot be resolved on the node: ${short(message)}. Nodes do not use the cluster's DNS.`,
    todo: `Correct the server of the volume, or give its address; nodes resolve by their own DNS`,
  };
}

/** A file server that answers and does not give the path. */
function pathRefused(mount: Mount): ReturnType<Reader> {
  const { message, workload } = mount;
  if (!/mount(?:\.\w+)?[^:]*:|mount failed/i.test(message)) return null;
  const source =
    /mounting (\S+:\/\S*)/.exec(message)?.[1] ?? /Mounting arguments: .*?(\S+:\/\S*) /.exec(message)?.[1] ?? null;
  const what = source === null ? 'its volume' : source;
  if (/access denied by server|permission denied|mount error\(13\)/i.test(message)) {
    return {
      entity: volumeOf(mount),
      mechanism: 'other',
      wrongValue: source ?? 'access denied',
      statement: `The file server refuses node ${mount.pod.node} the export ${what} that ${entityText(workload.entity)} mounts: ${short(message)}`,
      todo: `Allow the address of ${mount.pod.node} for ${what} on the file server, or correct path and credential of the volume`,
    };
  }
  if (!/No such file or directory|mount error\(2\)/i.test(message) || source === null) return null;
  return {
    entity: volumeOf(mount),
    mechanism: 'missing_file',
    wrongValue: source,
    statement: `The file server has no export ${source}, which ${entityText(workload.entity)} mounts: ${short(message)}`,
    todo: `Create ${source} on the file server, or correct the path of the volume`,
  };
}

function helperMissing({ workload, pod, message }: Mount): ReturnType<Reader> {
  const helper = /need a (\/sbin\/mount\.\S+|\/sbin\/mount\.<type>) helper/.exec(message)?.[1];
  const type = /unknown filesystem type '?"?([\w.]+)/.exec(message)?.[1];
  if (helper === undefined && type === undefined) return null;
  const name = type ?? /-t (\w+)/.exec(message)?.[1] ?? helper ?? '';
  return {
    entity: nodeOf(pod),
    mechanism: 'dependency_missing',
    wrongValue: name,
    statement: `Node ${pod.node} cannot mount file systems of type ${name}, which a volume of ${entityText(workload.entity)} needs: ${short(message)}`,
    todo: `Install the mount helper or kernel module for ${name} on ${pod.node} (and on every node that may run ${workload.entity.name})`,
  };
}

/** What lies on the disk is no file system that can be mounted. */
function damaged(mount: Mount): ReturnType<Reader> {
  const { message, workload } = mount;
  const said =
    /wrong fs type, bad option, bad superblock|Structure needs cleaning|fsck found errors[^:]*|can't read superblock|Input\/output error/i.exec(
      message,
    )?.[0];
  if (said === undefined) return null;
  return {
    entity: volumeOf(mount),
    mechanism: 'volume_content',
    wrongValue: said,
    statement: `The file system on a volume of ${entityText(workload.entity)} cannot be mounted (${said}): ${short(message)}`,
    todo: 'Take a snapshot of the disk first, then check the file system with the volume attached to no pod',
    ruledOut: ['the workload: the node itself cannot mount the disk'],
  };
}

/** A disk that is not there any more, or lies elsewhere. */
function volumeGone(mount: Mount): ReturnType<Reader> {
  const { message, workload } = mount;
  const zone =
    /different (?:availability )?zone|ZoneMismatch|not in the same (?:availability )?zone|node affinity conflict/i.exec(
      message,
    )?.[0];
  const gone =
    /InvalidVolume\.NotFound|code = NotFound|(?:volume|disk)\b[^.]{0,80}?\b(?:not found|does not exist)|could not find (?:volume|disk)/i.exec(
      message,
    )?.[0];
  if (zone === undefined && gone === undefined) return null;
  const entity = volumeOf(mount);
  return {
    entity,
    mechanism: zone === undefined ? 'other' : 'volume_affinity',
    wrongValue:
      zone ??
      (textAt(mount.graph.get('PersistentVolume', null, entity.name), 'spec', 'csi', 'volumeHandle') || (gone ?? null)),
    statement: `${zone === undefined ? `The disk behind ${entityText(entity)} is not found by its driver` : `The disk behind ${entityText(entity)} lies in another zone than node ${mount.pod.node}`}, so ${entityText(workload.entity)} waits: ${short(message)}`,
    todo:
      zone === undefined
        ? `Look for the disk of ${entity.name} at the provider; restore it from a snapshot when it is gone`
        : `Let ${workload.entity.name} run in the zone of its disk`,
  };
}

function noRoom({ workload, pod, message }: Mount): ReturnType<Reader> {
  const said =
    /(?:attachment|attached volumes?|volume) (?:limit|count)[^.]{0,40}(?:exceeded|reached)|maximum number of (?:attachments|volumes|disks)[^.]{0,40}|too many (?:volumes|attachments)|AttachmentLimitExceeded/i.exec(
      message,
    )?.[0];
  if (said === undefined) return null;
  return {
    entity: nodeOf(pod),
    mechanism: 'node_limit',
    wrongValue: said,
    statement: `Node ${pod.node} cannot take another volume, so ${entityText(workload.entity)} waits: ${short(message)}`,
    todo: `Move pods with volumes away from ${pod.node}, or use nodes that take more volumes`,
  };
}

function refusedByProvider(mount: Mount): ReturnType<Reader> {
  const { workload, message } = mount;
  const said =
    /UnauthorizedOperation|AccessDenied\w*|AuthorizationFailed|is not authorized to perform[^.,]*|PermissionDenied|googleapi: Error 403/i.exec(
      message,
    )?.[0];
  if (said === undefined) return null;
  return {
    entity: volumeOf(mount),
    mechanism: 'other',
    wrongValue: said,
    statement: `The storage provider refuses the volume driver what a volume of ${entityText(workload.entity)} needs (${said}): ${short(message)}`,
    todo: "Give the volume driver's cloud role the right that the message names",
    ruledOut: ['the right of the workload itself: the driver asks, not the pod'],
  };
}

function serverSilent(mount: Mount): ReturnType<Reader> {
  const { message, workload } = mount;
  const said =
    /mount[^:]*: (?:Connection timed out|Connection refused|No route to host|Network is unreachable)|(?:Connection timed out|No route to host|connection refused|i\/o timeout)/i.exec(
      message,
    )?.[0];
  if (said === undefined) return null;
  const source = /(?:mounting |Mounting arguments: .*? )(\S+:\/?\S*)/.exec(message)?.[1] ?? null;
  const entity = volumeOf(mount);
  const server = textAt(mount.graph.get('PersistentVolume', null, entity.name), 'spec', 'nfs', 'server');
  return {
    entity,
    mechanism: 'wrong_endpoint',
    wrongValue: server || source || said,
    statement: `The storage server${server === '' ? '' : ` ${server}`} of a volume of ${entityText(workload.entity)} does not answer node ${mount.pod.node} (${said}): ${short(message)}`,
    confidence: 'medium',
    todo: `From ${mount.pod.node}, see whether ${server || 'the storage server'} answers; correct the address of the volume when it is wrong`,
  };
}

/** A token volume whose ServiceAccount was deleted after the pod was made. */
function accountGone({ graph, pod, message }: Mount): ReturnType<Reader> {
  const name = /serviceaccounts? "([^"]+)" (?:is forbidden|not found)|serviceaccount "([^"]+)" not found/i.exec(
    message,
  );
  const account = name?.[1] ?? name?.[2];
  if (account === undefined || !/not found/.test(message)) return null;
  const entity = { kind: 'ServiceAccount', namespace: pod.namespace, name: account };
  return {
    entity,
    mechanism: 'missing_serviceaccount',
    wrongValue: account,
    statement: `The token of ServiceAccount ${account} cannot be made for pod ${pod.name}: the account does not exist in ${pod.namespace}: ${short(message)}`,
    todo: `Create ServiceAccount ${account} in ${pod.namespace}`,
    refs: [graph.absent('ServiceAccount', pod.namespace, account)],
  };
}
