import { z } from 'zod';
import { present } from '../../present.ts';
import { conditionOf, timeOf } from '../../../kube/objects.ts';
import { kubectlAge } from '../../../lib/format.ts';
import { type FluxObject, textOf } from './flux-object.ts';
import { fluxStates, stateOf } from './state.ts';

/** What each tool that lists objects of Flux says of how they are. */
export const statusShape = {
  ready: z.boolean().optional().describe('Its condition Ready; left out when it has none.'),
  reason: z.string().optional().describe('Of the condition Ready.'),
  message: z.string().optional().describe('Of the condition Ready.'),
  suspended: z.boolean().describe('It is not reconciled (spec.suspend); what else it says is from before.'),
};

/** `statusShape` of an object. */
export function statusFields({ spec, status }: FluxObject) {
  const ready = conditionOf(status?.conditions, 'Ready');
  return present({
    ready: ready === undefined ? undefined : ready.status === 'True',
    reason: textOf(ready?.reason),
    message: textOf(ready?.message),
    suspended: spec?.suspend === true,
  });
}

export const stateSchema = z
  .enum(fluxStates)
  .describe(
    'blocked: waits for a dependency; pending: not looked at yet; stalled: failed and not tried again; progressing: under way.',
  );

/** How many objects there are in each state. */
export const summarySchema = z.object(
  Object.fromEntries(fluxStates.map((state) => [state, z.int()])) as Record<(typeof fluxStates)[number], z.ZodInt>,
);

/** `summarySchema` of objects. */
export function summaryOf(objects: readonly FluxObject[]): z.output<typeof summarySchema> {
  const counts = Object.fromEntries(fluxStates.map((state) => [state, 0])) as z.output<typeof summarySchema>;
  for (const object of objects) counts[stateOf(object)] += 1;
  return counts;
}

/** How long ago a time of Kubernetes is, as kubectl writes it; undefined when it is none. */
export function since(time: unknown, now: number): string | undefined {
  const at = timeOf(time);
  return at === null ? undefined : kubectlAge(now - at);
}
