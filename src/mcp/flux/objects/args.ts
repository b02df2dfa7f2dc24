import { z } from 'zod';
import type { ListAnswer } from '../../../kube/cluster-reader.ts';
import type { Page } from '../../page.ts';

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

/** What a page says when the cluster did not give the whole list: nothing when it did. */
export function cutBy(list: ListAnswer, page: Page<unknown>): { truncated?: boolean; truncated_reason?: string } {
  if (!list.truncated) return {};
  const reason = `the cluster gave only the first ${list.items.length} objects; name a namespace to see its others`;
  return { truncated: true, ...(page.next_cursor === undefined ? { truncated_reason: reason } : {}) };
}
