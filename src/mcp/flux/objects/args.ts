import type { ListAnswer } from '../../../kube/cluster-reader.ts';
import { namespaceName } from '../../kubernetes/read/args.ts';
import type { Page } from '../../page.ts';

/** For tools whose default is all namespaces. */
export const namespaceArg = namespaceName.optional().describe('Only this namespace; all of them by default.');

/** For tools about one object. */
export const oneNamespaceArg = namespaceName.default('flux-system');

/** What a page says when the cluster did not give the whole list: nothing when it did. */
export function cutBy(list: ListAnswer, page: Page<unknown>): { truncated?: boolean; truncated_reason?: string } {
  if (!list.truncated) return {};
  const reason = `the cluster gave only the first ${list.items.length} objects; name a namespace to see its others`;
  return { truncated: true, ...(page.next_cursor === undefined ? { truncated_reason: reason } : {}) };
}
