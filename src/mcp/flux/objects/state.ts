import { type Condition, conditionOf } from '../../../kube/objects.ts';
import type { FluxObject } from './flux-object.ts';

/** How an object of Flux is, best first. */
export const fluxStates = ['ready', 'progressing', 'pending', 'suspended', 'blocked', 'failed', 'stalled'] as const;
export type FluxState = (typeof fluxStates)[number];

/**
 * How an object of Flux is. What was suspended keeps the conditions that it had, so suspension is looked at first; a
 * failure keeps `Reconciling` while it is tried again, so that says nothing; and a success counts for the spec that it was
 * a success of (`observedGeneration`, which is -1 until the first).
 */
export function stateOf({ metadata, spec, status }: FluxObject): FluxState {
  if (spec?.suspend === true) return 'suspended';
  const conditions = status?.conditions;
  if (!Array.isArray(conditions) || conditions.length === 0) return 'pending';
  if (conditionOf(conditions, 'Stalled')?.status === 'True') return 'stalled';
  const ready: Condition | undefined = conditionOf(conditions, 'Ready');
  if (ready?.status === 'False') return ready.reason === 'DependencyNotReady' ? 'blocked' : 'failed';
  if (ready?.status !== 'True') return 'progressing';
  return isObserved({ metadata, status }) ? 'ready' : 'progressing';
}

/** Whether the status speaks of the spec as it is now. */
export function isObserved({ metadata, status }: Pick<FluxObject, 'metadata' | 'status'>): boolean {
  return status?.observedGeneration === (metadata.generation ?? status?.observedGeneration);
}
