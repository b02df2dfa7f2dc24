import { z } from 'zod';
import { clusterArgs, clusterOf, type ToolClusters } from '../clusters.ts';
import { define, type Tool } from '../tool.ts';
import { objectArgs, objectOf, objectText, requireKnownObject } from './object-args.ts';
import { orToolError } from './problem-failure.ts';

export interface TriggerTriageDeps {
  readonly clusters: ToolClusters;
  /** Opens an incident by hand and queues its run. @throws ProblemError for what a person can put right */
  readonly manualTriage: (
    cluster: string,
    kind: string,
    namespace: string | null,
    name: string,
  ) => Promise<{ readonly incident_id: string; readonly run_id: string }>;
}

/** The tool `trigger_triage`. */
export function triggerTriage({ clusters, manualTriage }: TriggerTriageDeps): Tool {
  return define({
    name: 'trigger_triage',
    toolset: 'incidents',
    title: 'Investigate an object',
    description:
      'Has nightcrier investigate one object now: opens an incident for it, or joins the one that is open, and queues a run. It reads the cluster and changes nothing in it; people may get a message, and an agent may cost money, so ask first. Then ask get_incident_report for the incident until its report is there.',
    input: z.strictObject({ ...clusterArgs, ...objectArgs }),
    output: z.object({
      incident_id: z.string(),
      run_id: z.string(),
      cluster: z.string(),
      object: z.string().describe('KIND/NAMESPACE/NAME.'),
    }),
    audiences: ['assistant', 'operator'],
    rate: 'logs',
    changes: 'own',
    foreign: false,
    run: async (args, call) => {
      const { name: cluster } = clusterOf(args, clusters, call);
      const object = objectOf(args);
      requireKnownObject(object);
      const opened = await orToolError(() => manualTriage(cluster, object.kind, object.namespace, object.name));
      const { incident_id, run_id } = opened;
      return { incident_id, run_id, cluster, object: objectText(object) };
    },
  });
}
