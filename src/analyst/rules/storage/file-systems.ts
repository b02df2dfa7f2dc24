import { entityText } from '../../model/entities.ts';
import { textAt } from '../../model/fields.ts';
import { type Mount, nodeOf, type Reader, short, volumeOf } from './mount-reading.ts';

/* What is said of file systems and file servers. */

export function serverUnknown(mount: Mount): ReturnType<Reader> {
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
export function pathRefused(mount: Mount): ReturnType<Reader> {
  const { message, workload } = mount;
  if (
    !/\bmount(?:\.\w+)?(?: to \S+ failed)?: |mount error|mounting (?:command|arguments)|mount failed: exit/i.test(
      message,
    )
  )
    return null;
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

export function helperMissing({ workload, pod, message }: Mount): ReturnType<Reader> {
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
export function damaged(mount: Mount): ReturnType<Reader> {
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

export function serverSilent(mount: Mount): ReturnType<Reader> {
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
