import type { Pod } from '../../../kube/objects.ts';
import type { containersOf } from './containers.ts';

/** Why a container has no log, from what its pod says. */
export function noLogReason(
  pod: Pod,
  { state, restarts, last_state: last }: ReturnType<typeof containersOf>[number],
  { previous }: { readonly previous: boolean },
): string {
  if (previous) {
    if (restarts === 0 && last === undefined) return 'it has not restarted: there is no run before this one';
    return 'the log of the run before is gone: its node keeps it no more';
  }
  if (!pod.spec?.nodeName) return 'the pod has no node yet, so it has not started';
  if (state.state === 'waiting') {
    const why = [state.reason, state.message].filter((text) => text !== undefined).join(': ');
    return `it waits to start${why === '' ? '' : ` (${why})`}`;
  }
  if (state.state === 'unknown') return 'its node has not said anything of it yet';
  return 'its node has no log of it';
}
