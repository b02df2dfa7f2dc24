import type { Redactor } from '../lib/redact/redact.ts';
import type { EvidenceFile } from './ports.ts';

/*
 * What a run of an agent may use and what it used. Money is US dollars at the provider's list prices.
 */

/** What an agent is started for: an investigation, or the answer to a question. */
export type AgentPurpose = 'run' | 'question';

/** What one run may use; null: no limit. */
export interface RunBudget {
  readonly usd: number | null;
  readonly tokens: number | null;
}

/** Tokens of a model. `input` includes `cached`, the part that the provider read from its cache. */
export interface TokenUse {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

/** What one answer of a model used; `usd` is null when the model has no price. */
export interface ModelSpend {
  readonly provider: 'anthropic' | 'openai' | 'gemini';
  readonly model: string;
  readonly tokens: TokenUse;
  readonly usd: number | null;
}

/** What a run used; null when not known. */
export interface RunUsage {
  readonly turns: number | null;
  readonly tokens: TokenUse | null;
  readonly usd: number | null;
  readonly requests: { readonly kubernetes: number; readonly model: number; readonly refused: number } | null;
}

/** A run as the gateway knows it. */
export interface GatewayRun {
  readonly runId: string;
  /** A `question` is answered from what is kept: its agent reaches models, and no cluster. */
  readonly purpose: AgentPurpose;
  readonly incidentId: string;
  readonly cluster: string;
  /** Absolute path of the run's workspace. */
  readonly workspace: string;
  /** Who may open the socket; null: the user of this process. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly budget: RunBudget;
  readonly redact: Redactor;
  /** Told when the answer of a model has ended, also when it broke. */
  readonly onSpend: (spend: ModelSpend) => void;
}

/** What an agent can reach during its run. */
export interface RunGateway {
  /** Folder that holds `gateway.sock` and nothing else. */
  readonly socketDir: string;
  /** Text of the agent's kubeconfig: it shows to the gateway and holds no credential. */
  readonly kubeconfig: string;
  usage(): RunUsage;
  /** What the cluster answered, redacted, as `evidence/agent/…`; bounded. */
  served(): readonly EvidenceFile[];
  /** Ends every request and removes the socket. Never rejects; a second call waits for the first. */
  close(): Promise<void>;
}

export interface AgentGateway {
  /** @throws ProblemError when the socket cannot be made */
  open(run: GatewayRun): Promise<RunGateway>;
  /** Removes what an earlier process left; resolves to how many sockets that were. */
  endAbandoned(): Promise<number>;
}
