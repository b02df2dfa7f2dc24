import { z } from 'zod';
import { errorText } from '../../../lib/problem.ts';
import type { Tool, ToolCall } from '../../tool.ts';
import { pageItems } from '../api/pages.ts';
import { clusterEvent, profileUpdates } from '../api/shapes.ts';
import { paletteIssues, paletteScore } from '../rules/diagnosis.ts';
import { severities } from '../rules/issue.ts';
import { packDrift } from '../rules/pack-drift.ts';
import { askCluster, profilesOf } from './cluster-details.ts';
import { healthOf, healthStates } from './cluster-facts.ts';
import { clusterIdArgs, clusterUidOf } from './named.ts';
import { type Asking, definePalette, type PaletteTools } from './palette-tool.ts';

/** What the diagnosis of a configured cluster of nightcrier says, as far as it is shown here. */
export interface KubernetesDiagnosis {
  /** 0 to 100. */
  readonly score: number;
  readonly issues: readonly KubernetesIssue[];
  /** What could not be looked at. */
  readonly not_checked: readonly string[];
}

interface KubernetesIssue {
  readonly severity: 'critical' | 'warning' | 'info';
  readonly resource: string;
  readonly message: string;
  readonly recommendation: string;
}

/** The way from a cluster of Palette to the same cluster as nightcrier watches it. */
export interface MappedClusters {
  /** The configured cluster with this `palette_uid`; null when none has it. */
  clusterOf(paletteUid: string): string | null;
  /** Its diagnosis from inside; null where none can be made. @throws ToolError, ReadError */
  kubernetesDiagnosis(cluster: string, call: ToolCall): Promise<KubernetesDiagnosis | null>;
}

const output = z.object({
  cluster_uid: z.string(),
  cluster_name: z.string(),
  state: z.string(),
  health: z.enum(healthStates),
  score: z.int().describe('100: nothing is wrong; below 80 somebody should look.'),
  issues: z.array(
    z.object({
      rule: z.string(),
      severity: z.enum(severities),
      category: z.string(),
      resource: z.string(),
      message: z.string(),
      evidence: z.array(z.string()),
      recommendation: z.string(),
    }),
  ),
  recommendations: z.array(z.string()).describe('What to do, the most urgent first.'),
  kubernetes: z
    .object({
      cluster: z.string().describe('Its name in nightcrier, for the Kubernetes tools.'),
      score: z.number(),
      issues: z.array(
        z.object({
          severity: z.enum(severities),
          resource: z.string(),
          message: z.string(),
          recommendation: z.string(),
        }),
      ),
      not_checked: z.array(z.string()),
    })
    .optional()
    .describe('What nightcrier finds inside the cluster.'),
  kubernetes_reason: z.string().optional().describe('Why kubernetes is not there.'),
});

/** `diagnose_cluster` of Palette. */
export function diagnoseCluster(tools: PaletteTools, mapped: MappedClusters): Tool {
  return definePalette(
    {
      name: 'diagnose_cluster',
      title: 'Diagnose a Palette cluster',
      description:
        'What is wrong with a cluster by what Palette knows: state, health, machines, packs, capacity, events, drift from its profiles, with a score and what to do. When the cluster is configured in nightcrier (palette_uid), the diagnosis from inside Kubernetes is added.',
      input: z.strictObject(clusterIdArgs),
      output,
      rate: 'logs',
      cut: 'issues',
      run: async (args, asking) => {
        const uid = await clusterUidOf(args, asking);
        const [known, events, updates, inside] = await Promise.all([
          askCluster(uid, asking),
          asking.pages('clusterEvents', { uid }, clusterEvent)({ limit: pageItems }),
          asking.ask('profileUpdates', { uid }, profileUpdates),
          fromInside(uid, asking, mapped),
        ]);
        const profiles = profilesOf(known);
        const drift = packDrift(profiles, updates.profiles);
        const issues = paletteIssues({ ...known, profiles, events: events.items, drift, now: asking.now });
        const { metadata, status } = known.dashboard;
        return {
          cluster_uid: uid,
          cluster_name: metadata.name,
          state: status?.state ?? 'unknown',
          health: healthOf(status?.health?.state),
          score: paletteScore(issues),
          issues: issues.map((issue) => ({ ...issue, evidence: [...issue.evidence] })),
          recommendations: [...new Set(issues.map(({ recommendation }) => recommendation))],
          ...inside,
        };
      },
    },
    tools,
  );
}

type Inside = Pick<z.input<typeof output>, 'kubernetes' | 'kubernetes_reason'>;

/** Real clusters are never mixed with those of the demo. What fails there is said, and the rest is given all the same. */
async function fromInside(uid: string, { palette, call }: Asking, mapped: MappedClusters): Promise<Inside> {
  if (palette.demo) return { kubernetes_reason: 'clusters of the demo do not exist' };
  const cluster = mapped.clusterOf(uid);
  if (cluster === null) return { kubernetes_reason: `no cluster of nightcrier has the palette_uid ${uid}` };
  try {
    const found = await mapped.kubernetesDiagnosis(cluster, call);
    if (found === null) return { kubernetes_reason: `the cluster ${cluster} cannot be looked into from here` };
    const { score, issues, not_checked: notChecked } = found;
    return { kubernetes: { cluster, score, issues: issues.map(shownIssue), not_checked: [...notChecked] } };
  } catch (error) {
    call.signal.throwIfAborted();
    return { kubernetes_reason: `the diagnosis of ${cluster} failed: ${errorText(error)}` };
  }
}

/** Without what the port may give beyond it. */
function shownIssue({ severity, resource, message, recommendation }: KubernetesIssue): KubernetesIssue {
  return { severity, resource, message, recommendation };
}
