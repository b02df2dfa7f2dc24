import type { ListAnswer } from '../../../kube/cluster-reader.ts';
import { namespaceName } from '../../kubernetes/read/args.ts';

/** For tools whose default is all namespaces. */
export const namespaceArg = namespaceName.optional().describe('Only this namespace; all of them by default.');

/** For tools about one object. */
export const oneNamespaceArg = namespaceName.default('flux-system');

/** What pages say when the cluster did not give the whole list; undefined when it did. */
export function cutReason(...lists: readonly ListAnswer[]): string | undefined {
  const cut = lists.find(({ truncated }) => truncated);
  if (cut === undefined) return undefined;
  return `the cluster gave only the first ${cut.items.length} objects; name a namespace to see its others`;
}
