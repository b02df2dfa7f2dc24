import { z } from 'zod';
import { optionalDuration } from '../../../lib/quantity.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The name of a namespace. */
export const namespaceName = z.string().regex(label, 'a name of a namespace: a-z, 0-9 and -, at most 63 characters');

/** The name of a pod and of most other objects. */
export const objectName = z.string().regex(subdomain, 'a name of an object: a-z, 0-9, - and ., at most 253 characters');

/** The name of a container. */
export const containerName = z.string().regex(label, 'a name of a container: a-z, 0-9 and -, at most 63 characters');

/** A name of any kind of object: those of roles may have colons and capitals. It becomes a part of a path. */
export const anyName = z
  .string()
  .regex(/^(?!\.{1,2}$)[^/%\s\p{C}]{1,253}$/u, 'a name of an object, without /, % and white space');

/** For lists: one namespace, or all. */
export const namespaceArgs = {
  namespace: namespaceName.optional().describe('Only of this namespace; all without it.'),
};

const selector = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^\p{C}]*$/u, 'a selector on one line');

export const labelSelectorArgs = {
  label_selector: selector.optional().describe('As kubectl -l takes it, such as app=cart,tier!=cache.'),
};

export const fieldSelectorArgs = {
  field_selector: selector
    .optional()
    .describe('As kubectl --field-selector takes it, such as status.phase=Pending or spec.nodeName=node-1.'),
};

/** For lists of what detectors judge. */
export const problemArgs = {
  problem_only: z
    .boolean()
    .default(false)
    .describe('Only what a fault stands for now, by the same detectors that open incidents.'),
};

/** One pod. */
export const podArgs = {
  namespace: namespaceName.describe('Namespace of the pod.'),
  pod: objectName.describe('Name of the pod.'),
};

/** How far back, as a text such as 30m; milliseconds after parsing. */
export const optionalSince = optionalDuration().describe(
  'Only what was seen in this time until now, such as 30m or 2h.',
);
