import { z } from 'zod';
import { isLive } from '../../domain/incident.ts';
import { incidentStatuses } from '../../domain/records.ts';
import type { StateReader } from '../../domain/state-store.ts';
import type { OpenIncident } from '../../mcp/kubernetes/deps.ts';
import { issueItem } from '../../mcp/kubernetes/diagnose/issues.ts';
import type { KubernetesDiagnosis } from '../../mcp/palette/tools/diagnose-cluster.ts';
import type { ToolCall, ToolsetParts } from '../../mcp/tool.ts';

/** Of each status. */
const maxOfStatus = 50;

/** Incidents of a cluster that have not ended, the newest first. */
export async function openIncidents(store: Pick<StateReader, 'incidents'>, cluster: string): Promise<OpenIncident[]> {
  const pages = await Promise.all(
    incidentStatuses.filter(isLive).map((status) => store.incidents({ cluster, status, limit: maxOfStatus })),
  );
  return pages
    .flatMap(({ items }) => items.map(({ incident }) => incident))
    .toSorted((a, b) => b.openedAt - a.openedAt)
    .map(({ id, title, status, severity }) => ({ id, title, status, severity }));
}

const diagnosis = z.object({ score: z.int(), issues: z.array(issueItem), not_checked: z.array(z.string()) });

/** What `diagnose_cluster` of the Kubernetes tools says of a cluster, for that of Palette; null where there is none. */
export async function diagnosisOf(
  kubernetes: ToolsetParts,
  cluster: string,
  call: ToolCall,
): Promise<KubernetesDiagnosis | null> {
  const tool = kubernetes.tools.find(({ name }) => name === 'diagnose_cluster');
  if (tool === undefined) return null;
  const { score, issues, not_checked } = diagnosis.parse(await tool.run(tool.input.parse({ cluster }), call));
  return {
    score,
    not_checked,
    issues: issues.map(({ severity, resource: { kind, namespace, name }, message, recommendation }) => ({
      severity,
      resource: namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`,
      message,
      recommendation,
    })),
  };
}
