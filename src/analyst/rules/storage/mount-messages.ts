import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { conditionAt, listAt, textAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import { damaged, helperMissing, pathRefused, serverSilent, serverUnknown } from './file-systems.ts';
import { staleAttachment } from './attachments.ts';
import { claimsOf, type Mount, nodeOf, type Reader, short, volumeOf } from './mount-reading.ts';

/** The classes of messages, the most definite first. */
export const mountReaders: readonly Reader[] = [
  hostPath,
  attachedElsewhere,
  providerMissing,
  storeRefuses,
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
  const stale = holder ? null : staleAttachment(mount);
  if (stale) return stale;
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

/** A store of secrets that answers the provider of a volume, and does not give what the volume asks for. */
function storeRefuses({ graph, workload, pod, message, volume }: Mount): ReturnType<Reader> {
  if (!/secrets[ -]store|SecretProviderClass/i.test(message)) return null;
  // The reason stands at the end of a chain of those who passed it on.
  const reason = message.replace(/^.*\berr: (?:rpc error: code = \w+ desc = )?/, '').slice(-400);
  const isDenied = /\b40[13]\b|permission denied|AccessDenied|Forbidden|Unauthorized|not authorized/i.test(reason);
  const isAbsent = /\b404\b|not found|NotFound|does not exist|no value found|no secrets? exist/i.test(reason);
  if (!isDenied && !isAbsent) return null;
  const secret = /secret:? ["']?([\w./-]{2,})["']?/i.exec(reason)?.[1] ?? null;
  const volumes = listAt(pod.object, 'spec', 'volumes');
  const own = volumes.find((one) => textAt(one, 'name') === volume);
  const provider = textAt(own, 'csi', 'volumeAttributes', 'secretProviderClass');
  const named = provider === '' ? '' : ` (SecretProviderClass ${provider})`;
  return {
    mechanism: isDenied ? 'other' : 'dependency_missing',
    wrongValue: secret ?? (provider || null),
    statement: `The secrets store ${isDenied ? 'refuses' : 'does not have'} what ${entityText(workload.entity)} mounts${named}: ${reason}`,
    confidence: 'medium',
    todo: isDenied
      ? `Let the ServiceAccount of ${workload.entity.name} read ${secret ?? 'the secret'} in the store, or correct the role${named}`
      : `Create ${secret ?? 'the secret'} in the store, or correct its name${named}`,
    ruledOut: ['files and groups of the container: it has not started'],
    refs: [provider === '' ? null : graph.fieldRef(pod.object, 'secretProviderClass', provider)],
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
