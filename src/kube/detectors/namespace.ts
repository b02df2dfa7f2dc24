import type { KubeObject } from '../cluster-reader.ts';
import { type Condition, items } from '../objects.ts';
import { sentence } from './container.ts';
import type { DetectContext, Finding } from './finding.ts';
import { stuckDeletion } from './stuck.ts';

/** Faults of a Namespace: its deletion does not end, and what its conditions say of what is left in it. */
export function detectNamespace(object: KubeObject, context: DetectContext): Finding[] {
  const status = object['status'] as { readonly conditions?: readonly Condition[] } | undefined;
  const left = items(status?.conditions).filter(
    ({ type, status: value }) => value === 'True' && (type ?? '').startsWith('Namespace'),
  );
  const remaining = left.map(({ message }) => message ?? '').join(' ');
  return stuckDeletion(object, context).map((one) => ({ ...one, context: sentence(one.context, { remaining }) }));
}
