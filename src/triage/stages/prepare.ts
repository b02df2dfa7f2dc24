import { incidentJson } from '../../domain/wire/incident.ts';
import { type PermissionDirectory, unknownPermissions } from '../../domain/permissions.ts';
import { errorText } from '../../lib/problem.ts';
import { type RunContext, type Stage, withFailure } from './run-context.ts';
import { credentialsIn } from '../workspace/run-secrets.ts';

export interface PrepareStageOptions {
  readonly permissions: PermissionDirectory;
  readonly now: () => number;
  /** One context of a kubeconfig as a file of its own. */
  readonly flattenKubeconfig: (file: string, context: string | null) => Promise<string>;
}

/** Writes what the run may know of itself: the incident, the permission snapshot (PER-4), and the run's kubeconfig. */
export function prepareStage(options: PrepareStageOptions): Stage {
  return {
    name: 'permissions',
    async run(context) {
      const { claim, cluster } = context;
      const { incident, faults } = claim;
      const answered = options.permissions.current(incident.cluster);
      const snapshot = answered ?? (await options.permissions.firstAnswer(incident.cluster));
      const permissions =
        snapshot ??
        unknownPermissions(incident.cluster, options.now(), 'nobody answered in time', cluster?.allowSecrets ?? false);
      // Its credentials first: from then on nothing shows them.
      const { kubeconfig, context: next } = await runKubeconfig({ ...context, permissions }, options);
      const { redact, workspace } = next;
      try {
        await workspace.write('incident.json', json(redact.value(incidentJson(incident, faults, claim))));
        await workspace.write('incident_cluster_permissions.json', json(redact.value(permissions)));
        // An agent in a container gets the gateway's instead.
        if (kubeconfig !== null && context.agent.runner === 'process') await workspace.write('kubeconfig', kubeconfig);
        return next;
      } catch (error) {
        return withFailure(next, 'permissions', errorText(error));
      }
    },
  };
}

/** The kubeconfig of the run, null when there is none; its credentials are secret from then on. */
async function runKubeconfig(
  context: RunContext,
  options: PrepareStageOptions,
): Promise<{ kubeconfig: string | null; context: RunContext }> {
  const { cluster } = context;
  if (!cluster?.kubeconfig) return { kubeconfig: null, context };
  try {
    const kubeconfig = await options.flattenKubeconfig(cluster.kubeconfig, cluster.context);
    context.redact.learn(credentialsIn(kubeconfig));
    return { kubeconfig, context };
  } catch (error) {
    return { kubeconfig: null, context: withFailure(context, 'permissions', `kubeconfig: ${errorText(error)}`) };
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
