import type { Severity } from '../../domain/fault.ts';
import type { Analyst } from '../../domain/ports.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import type { ToolClusters } from '../clusters.ts';
import type { ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';

/** An incident that has not ended, as `diagnose_cluster` names it. */
export interface OpenIncident {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly severity: Severity;
}

/** What the Kubernetes tools need of the rest of the program. */
export interface KubernetesDeps {
  readonly clusters: ToolClusters;
  readonly clock: Clock;
  /**
   * A redactor with the rules of the configuration, made anew for each call: it learns the values of Secrets that the
   * call meets, and takes them out wherever else they stand.
   */
  readonly redact: () => Redactor;
  /**
   * The built-in one, over readers of the same clusters (in the daemon: the one that triage uses, in its thread). Null
   * where none runs: `diagnose_cluster` then says what detectors find, and that no causes were looked for.
   */
  readonly analyst: Pick<Analyst, 'collect' | 'analyse'> | null;
  /** Incidents of a cluster that have not ended, the newest first; empty where none are kept. */
  readonly openIncidents: (cluster: string) => Promise<readonly OpenIncident[]>;
  /** `triage.allow_secrets_access` as it holds for the cluster: without it no release of Helm is read. */
  readonly secretsAllowed: (cluster: string) => boolean;
  /** False where `gateway.kubernetes.secrets` is `deny`: agents in containers see no Secret, not even its keys. */
  readonly agentsSeeSecrets: () => boolean;
}

/** Not even the keys of a Secret where the gateway denies Secrets to agents. @throws ToolError `forbidden` */
export function refuseSecretsToAgents(agentsSeeSecrets: () => boolean, { principal }: ToolCall): void {
  if (principal.audience !== 'agent' || agentsSeeSecrets()) return;
  throw new ToolError(
    'forbidden',
    'agents see no Secrets here',
    'Go on without it: gateway.kubernetes.secrets is deny.',
  );
}
