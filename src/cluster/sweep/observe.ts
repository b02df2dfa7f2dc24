import type { FaultEpisode } from '../../domain/records.ts';
import type { Observation } from '../../domain/state-store.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { isHealthy } from '../../kube/health.ts';
import { type CronJob, type Pod, controllerOf, timeOf } from '../../kube/objects.ts';
import { isSuspectRow } from './rows.ts';
import { placeKey, type Seen, type SweepView } from './view.ts';

/** Ids of the sweep's findings, and the kinds of which detectors saw every object in question. */
export interface Found {
  readonly ids: ReadonlySet<string>;
  /** Keys `kind/namespace/name` of objects with at least one finding of an object detector. */
  readonly faulty: ReadonlySet<string>;
  /** When the newest active failure of a CronJob's Jobs was first seen, by `placeKey` of the CronJob. */
  readonly newestFailures: ReadonlyMap<string, number>;
}

/** The newest active failure of each CronJob. */
export function newestFailures(active: readonly FaultEpisode[]): Map<string, number> {
  const newest = new Map<string, number>();
  for (const { resource, owner, firstSeen } of active) {
    if (resource.kind !== 'Job' || owner.kind !== 'CronJob') continue;
    const key = placeKey('CronJob', owner.namespace, owner.name);
    newest.set(key, Math.max(newest.get(key) ?? 0, firstSeen));
  }
  return newest;
}

/**
 * What the sweep says of a fault that stood before it (docs/clusters.md): cleared is only what is gone or healthy
 * without a restart since; what could not be read is unknown.
 */
export function observe(episode: FaultEpisode, view: SweepView, found: Found): Observation {
  if (found.ids.has(episode.faultId)) return 'active';
  const seen = view.read(episode.resource);
  if (seen === 'gone') return failsStill(episode, view, found) ? 'unknown' : 'absent';
  if (episode.outcome === null) return hasPassed(episode, view) ? 'healthy' : 'unknown';
  if (seen === 'unknown') return isIll(view.seen(episode.resource)) ? 'active' : 'unknown';
  const { kind, namespace, name } = episode.resource;
  const isFaulty = found.faulty.has(placeKey(kind, namespace, name));
  if (!isFaulty && isHistory(seen)) return kind === 'Job' ? 'healthy' : 'absent';
  const healthy = isHealthy(seen, episode.clearSeenAt);
  if (healthy === false) return 'active';
  if (healthy === null && (episode.faultType !== 'WarningEvent' || seen.metadata.deletionTimestamp)) return 'unknown';
  return silenceCounts(episode, view) ? 'healthy' : 'unknown';
}

/**
 * Whether the CronJob of a failed Job that was deleted has not succeeded since: a Job that is cleaned up has not got well.
 * Of several failures the newest stands for all.
 */
function failsStill(episode: FaultEpisode, view: SweepView, { newestFailures }: Found): boolean {
  const { resource, owner, firstSeen, since } = episode;
  if (resource.kind !== 'Job' || owner.kind !== 'CronJob') return false;
  const { namespace, name } = owner;
  if ((newestFailures.get(placeKey('CronJob', namespace, name)) ?? 0) > firstSeen) return false;
  const seen = view.read({ apiVersion: 'batch/v1', kind: 'CronJob', namespace, name, uid: null });
  if (seen === 'gone' || seen === 'unknown') return false;
  const { spec, status }: CronJob = seen;
  return spec?.suspend !== true && (timeOf(status?.lastSuccessfulTime) ?? 0) <= (since ?? firstSeen);
}

/**
 * Whether a pending fault shows no more: nobody was told of it, so it is over as soon as no detector finds it, although its
 * object may have some way to go until it is well.
 */
function hasPassed(episode: FaultEpisode, view: SweepView): boolean {
  const seen = view.seen(episode.resource);
  if (seen === 'gone' || !silenceCounts(episode, view)) return false;
  if (seen !== 'unknown') return true;
  // More pods than can be read one by one: a row that looks well is enough for what nobody was told of.
  const row = episode.resource.kind === 'Pod' ? view.row(episode.resource) : null;
  return row !== null && !isSuspectRow('Pod', row);
}

/** A full object of a list that is not well needs no second look to stand. */
function isIll(seen: Seen): boolean {
  return seen !== 'gone' && seen !== 'unknown' && isHealthy(seen) === false;
}

/** Kinds of which the object does not tell whether it is well: another kind does. */
const notifiedBy: Record<string, string> = { Service: 'EndpointSlice', Ingress: 'Service' };

/** Whether all was read in which the fault would show if it stood. */
function silenceCounts({ faultType, resource }: FaultEpisode, view: SweepView): boolean {
  const { kind, namespace } = resource;
  // The events of a node or a volume are in a namespace that is not theirs.
  if (faultType === 'WarningEvent' && kind !== 'Pod' && !view.isWhole('Event', namespace)) return false;
  const other = notifiedBy[kind];
  return other === undefined || view.isWhole(other, namespace);
}

/** A failed Job after which its CronJob succeeded, an ended pod that its controller has replaced or tries again. */
function isHistory(object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp) return false;
  const owner = controllerOf(object);
  if (object.kind === 'Job') return owner?.kind === 'CronJob' && isHealthy(object) === false && !isActive(object);
  return object.kind === 'Pod' && owner !== undefined && (object as Pod).status?.phase === 'Failed';
}

function isActive(job: KubeObject): boolean {
  const status = job['status'] as { active?: unknown } | undefined;
  return typeof status?.active === 'number' && status.active > 0;
}
