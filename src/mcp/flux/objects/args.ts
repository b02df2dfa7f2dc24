import { z } from 'zod';
import type { ListAnswer } from '../../../kube/cluster-reader.ts';

/** Kubernetes' form of a name of a namespace (RFC 1123). */
const namespacePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** For tools whose default is all namespaces. */
export const namespaceArg = z
  .string()
  .regex(namespacePattern)
  .optional()
  .describe('Only this namespace; all of them by default.');

/** For tools about one object. */
export const oneNamespaceArg = z.string().regex(namespacePattern).default('flux-system');

/** The name of an object of Flux (RFC 1123). */
export const nameArg = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);

/** What pages say when the cluster did not give the whole list; undefined when it did. */
export function cutReason(...lists: readonly ListAnswer[]): string | undefined {
  const cut = lists.find(({ truncated }) => truncated);
  if (cut === undefined) return undefined;
  return `the cluster gave only the first ${cut.items.length} objects; name a namespace to see its others`;
}
