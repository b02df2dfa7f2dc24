/*
 * What a run of an agent may use and what it used. Money is US dollars at the provider's list prices.
 */

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
