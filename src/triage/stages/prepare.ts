import { incidentJson } from '../../domain/wire/incident.ts';
import { unknownPermissions } from '../../domain/permissions.ts';
import type { PermissionDirectory } from '../../domain/ports.ts';
import { errorText } from '../../lib/problem.ts';
import { type RunCluster, type RunContext, type Stage, withFailure } from './run-context.ts';
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
      const next: RunContext = { ...context, permissions };
      try {
        await context.workspace.write('incident.json', json(incidentJson(incident, faults)));
        await context.workspace.write('incident_cluster_permissions.json', json(permissions));
      } catch (error) {
        return withFailure(next, 'permissions', errorText(error));
      }
      return cluster ? writeKubeconfig(next, cluster, options) : next;
    },
  };
}

async function writeKubeconfig(
  context: RunContext,
  cluster: RunCluster,
  options: PrepareStageOptions,
): Promise<RunContext> {
  if (!cluster.kubeconfig) return context;
  try {
    const kubeconfig = await options.flattenKubeconfig(cluster.kubeconfig, cluster.context);
    await context.workspace.write('kubeconfig', kubeconfig);
    context.redact.learn(credentialsIn(kubeconfig));
    return context;
  } catch (error) {
    return withFailure(context, 'permissions', `kubeconfig: ${errorText(error)}`);
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
