import type { FaultEpisode } from '../../domain/records.ts';
import type { Observation } from '../../domain/state-store.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { isHealthy } from '../../kube/health.ts';
import { type Pod, controllerOf } from '../../kube/objects.ts';
import { placeKey, type SweepView } from './view.ts';

/** Ids of the sweep's findings, and the kinds of which detectors saw every object in question. */
export interface Found {
  readonly ids: ReadonlySet<string>;
  /** Keys `kind/namespace/name` of objects with at least one finding of an object detector. */
  readonly faulty: ReadonlySet<string>;
}

/**
 * What the sweep says of a fault that stood before it (CONTRACT.md section 6a): cleared is only what is gone or healthy
 * without a restart since; what could not be read is unknown.
 */
export function observe(episode: FaultEpisode, view: SweepView, found: Found): Observation {
  if (found.ids.has(episode.faultId)) return 'stands';
  const seen = view.seen(episode.resource);
  if (seen === 'gone') return 'absent';
  if (seen === 'unknown') return 'unknown';
  const { kind, namespace, name } = episode.resource;
  const isFaulty = found.faulty.has(placeKey(kind, namespace, name));
  if (!isFaulty && isHistory(seen)) return kind === 'Job' ? 'healthy' : 'absent';
  const healthy = isHealthy(seen, episode.clearSeenAt);
  if (healthy !== null) return healthy ? 'healthy' : 'stands';
  // A kind that cannot be judged: its fault came from events, so the end of the events is all that can be seen.
  const events = view.lists.kinds.get('Event');
  const judged = episode.faultType === 'WarningEvent' && !seen.metadata.deletionTimestamp;
  return judged && events?.read === true && !events.unread.has(namespace ?? '') ? 'healthy' : 'unknown';
}

/** A failed Job after which its CronJob succeeded, an ended pod that its controller has replaced. */
function isHistory(object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp) return false;
  const owner = controllerOf(object);
  if (object.kind === 'Job') return owner?.kind === 'CronJob' && isHealthy(object) === false && !isActive(object);
  return (
    object.kind === 'Pod' && owner !== undefined && owner.kind !== 'Job' && (object as Pod).status?.phase === 'Failed'
  );
}

function isActive(job: KubeObject): boolean {
  const status = job['status'] as { active?: unknown } | undefined;
  return typeof status?.active === 'number' && status.active > 0;
}
