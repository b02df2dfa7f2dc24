import { ReadError } from '../../kube/cluster-reader.ts';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import { groupOf, kindsToRead, knownPlural } from '../../kube/kinds.ts';
import type { ApiRequestLimits } from '../../kube/read/api-request.ts';
import { errorText, type Problem, problem, type ProblemKind } from '../../lib/problem.ts';
import { watchProblems } from '../errors.ts';
import { mayNot } from '../permissions/ask-api.ts';
import { reactToEnd } from './reaction.ts';

/** What keeps a cluster from being watched. Problems are those that a connection of the daemon would have. */
export interface WatchProbe {
  /** Why nothing can be watched. */
  readonly failure: Problem | null;
  /** Kinds that cannot. */
  readonly partial: Problem | null;
}

interface Watched {
  readonly name: string;
  readonly watch: { readonly kubeconfig: string };
}

/** Whether a credential may list and watch what a watch reads: asked, nothing is listed. Rejects only with the signal's reason. */
export async function probeWatch(
  { name, watch }: Watched,
  open: () => Promise<ApiAccess>,
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<WatchProbe> {
  const said = (kind: ProblemKind, message: string): Problem =>
    problem(kind, message, { cluster: name, kubeconfig: watch.kubeconfig });
  try {
    const access = await open();
    const questions = kindsToRead
      .filter(({ optional }) => optional !== true)
      .flatMap(({ kind, apiVersion }) => {
        const group = groupOf(apiVersion);
        const resource = knownPlural(apiVersion, kind) ?? kind.toLowerCase();
        return ['list', 'watch'].map((verb) => ({ verb, group, resource, subresource: '' }));
      });
    const denied = await mayNot(access, questions, limits, signal);
    if (denied.length === 0) return { failure: null, partial: null };
    const message = `it cannot ${denied.slice(0, 10).join(', ')} in all namespaces`;
    if (denied.length === questions.length) return { failure: said(watchProblems.forbidden, message), partial: null };
    return { failure: null, partial: said(watchProblems.partial, message) };
  } catch (error) {
    signal.throwIfAborted();
    const known = error instanceof ReadError ? error.problem : null;
    const kind = error instanceof ReadError ? reactToEnd(error).problem : watchProblems.unauthorized;
    return { failure: known ?? said(kind, errorText(error)), partial: null };
  }
}
