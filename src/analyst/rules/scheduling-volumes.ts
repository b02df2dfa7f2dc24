import type { Entity } from '../../domain/verdict.ts';
import { listAt, recordAt, textAt, textsAt } from '../graph/fields.ts';
import { entityOf, entityText } from '../graph/owner.ts';
import { type Conclusion, conclusion, editCommand, fileOf, step } from './rule.ts';
import type { Unscheduled } from './unscheduled.ts';

export function claims(it: Unscheduled): Conclusion | null {
  const name = /persistentvolumeclaim "([^"]+)" not found/.exec(it.message)?.[1];
  if (name === undefined) return null;
  const namespace = it.pod.namespace;
  const near = it.graph.all('PersistentVolumeClaim', namespace).map((claim) => claim.metadata.name);
  return conclusion('claim-missing', {
    entity: { kind: 'PersistentVolumeClaim', namespace, name },
    mechanism: 'pvc_missing',
    wrongValue: name,
    statement: `${entityText(it.workload.entity)} mounts the claim ${name}, which does not exist in namespace ${namespace}${near.length === 0 ? '' : ` (claims there: ${near.slice(0, 5).join(', ')})`}.`,
    weight: 95,
    evidence: [
      it.ref,
      it.graph.absent('PersistentVolumeClaim', namespace, name),
      it.graph.ref(fileOf(entityOf(it.pod.object)), `"claimName": "${name}"`),
    ],
    affects: [it.workload.entity],
    remediation: [
      step(
        `Create the claim ${name}, or correct claimName in ${it.workload.entity.name}`,
        editCommand(it.workload.entity),
        'low',
      ),
    ],
  });
}

/** A volume that the scheduler cannot bring together with a node. */
export function volumes(it: Unscheduled): Conclusion | null {
  const name =
    listAt(it.pod.object, 'spec', 'volumes')
      .map((entry) => textAt(entry, 'persistentVolumeClaim', 'claimName'))
      .find((entry) => entry !== '') ?? '';
  if (/ReadWriteOncePod access mode already in-use/.test(it.message)) return oncePod(it, name);
  const affinity = /volume node affinity conflict|didn't match PersistentVolume's node affinity/.test(it.message);
  return affinity ? volumeAffinity(it, name) : null;
}

function oncePod(it: Unscheduled, name: string): Conclusion {
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: it.pod.namespace, name };
  return conclusion('rwop-conflict', {
    entity: claim,
    mechanism: 'rwop_conflict',
    wrongValue: 'ReadWriteOncePod',
    statement: `The claim ${name} is ReadWriteOncePod and already in use by another pod, so the next pod of ${entityText(it.workload.entity)} cannot be placed.`,
    weight: 94,
    evidence: [it.ref, it.graph.ref(fileOf(claim), '"ReadWriteOncePod"')],
    affects: [it.workload.entity],
    ruledOut: ['free capacity: the message names the claim'],
    remediation: [
      step(
        'Run one pod at a time (strategy Recreate, replicas 1), or use an access mode that may be shared',
        editCommand(it.workload.entity),
        'medium',
      ),
    ],
  });
}

function volumeAffinity(it: Unscheduled, name: string): Conclusion {
  const claim: Entity = { kind: 'PersistentVolumeClaim', namespace: it.pod.namespace, name };
  const volumeName = textAt(it.graph.get('PersistentVolumeClaim', it.pod.namespace, name), 'spec', 'volumeName');
  const volume = it.graph.get('PersistentVolume', null, volumeName);
  const affinity = JSON.stringify(recordAt(volume, 'spec', 'nodeAffinity'));
  const place = /"values":\["([^"]+)"/.exec(affinity)?.[1];
  const pinned = Object.entries(textsAt(it.pod.object, 'spec', 'nodeSelector'))[0];
  const selector = pinned ? ` (its node selector is ${pinned.join('=')})` : '';
  return conclusion('volume-affinity', {
    entity: volume ? entityOf(volume) : claim,
    mechanism: 'volume_affinity',
    wrongValue: place ?? (volumeName || name),
    statement: `The volume ${volumeName || 'of the claim'} behind claim ${name} can only be used on ${place ?? 'certain nodes'}, and ${entityText(it.workload.entity)} may not or cannot run there${selector}.`,
    weight: 93,
    evidence: [it.ref, place === undefined || !volume ? null : it.graph.ref(fileOf(entityOf(volume)), `"${place}"`)],
    affects: [it.workload.entity],
    ruledOut: ['free capacity: the message names the volume'],
    remediation: [
      step(
        'Let the pod run where its volume is, or move the data to a volume that fits',
        editCommand(it.workload.entity),
        'medium',
      ),
    ],
  });
}
