import { entityOf, entityText } from '../../model/entities.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, step } from '../rule.ts';
import { type Claimed, requested } from './claimed.ts';

/** A claim whose volume was asked to grow and has not. */
export function notGrown({ view: { graph }, claim, users }: Claimed): Conclusion | null {
  const conditions = listAt(claim, 'status', 'conditions').filter((it) => textAt(it, 'status') === 'True');
  const waits = conditions.find((it) => textAt(it, 'type') === 'FileSystemResizePending');
  const failed = graph
    .eventsOf(entityOf(claim))
    .findLast(({ reason }) => reason === 'VolumeResizeFailed' || reason === 'FileSystemResizeFailed');
  const has = textAt(claim, 'status', 'capacity', 'storage');
  const wanted = requested(claim);
  if ((!waits && !failed) || has === '' || has === wanted) return null;
  const entity = entityOf(claim);
  const [user] = users;
  const shared = {
    entity,
    mechanism: 'other' as const,
    wrongValue: wanted,
    affects: [entity, ...users],
    ruledOut: [],
  };
  if (waits)
    return conclusion('resize-waits', {
      ...shared,
      statement: `The volume of claim ${entity.name} has grown to ${wanted}, and its file system is still ${has}: it grows when a pod mounts it anew${user ? `, and ${entityText(user)} still runs with the old mount` : ''}.`,
      weight: 94,
      evidence: [
        graph.fieldRef(claim, 'type', 'FileSystemResizePending'),
        graph.fieldRef(claim, 'storage', wanted),
        graph.fieldRef(claim, 'storage', has),
      ],
      remediation: step(
        `Restart ${user ? entityText(user) : 'the pod'}, so that its node grows the file system`,
        user && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(user.kind)
          ? `kubectl -n ${user.namespace} rollout restart ${user.kind.toLowerCase()}/${user.name}`
          : null,
        'medium',
      ),
    });
  return conclusion('resize-failed', {
    ...shared,
    statement: `Claim ${entity.name} was to grow from ${has} to ${wanted} and cannot: ${failed?.message ?? ''}.`,
    weight: 92,
    confidence: 'medium',
    evidence: [graph.eventRef(failed), graph.fieldRef(claim, 'storage', wanted), graph.fieldRef(claim, 'storage', has)],
    remediation: step(
      'Read what the driver says; the old size stays in use meanwhile',
      `kubectl -n ${entity.namespace} describe pvc ${entity.name}`,
      'none',
    ),
  });
}
